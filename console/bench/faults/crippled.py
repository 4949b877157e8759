"""Three watchers that each lack one of the promises' supports, to see that the judge catches them.

Run as `python -m console.bench.faults.crippled KIND watch ...`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest import mock

import msgspec

from console import cli
from console.core import commands, instants
from console.core.client import CoreClient
from console.core.commands import Absent
from console.core.identifiers import new_id
from console.core.messages import Command, CommandRequest, decoder
from console.core.vocabulary import NEEDS_IF_MATCH
from console.watch import dispatch

_REQUEST = decoder(CommandRequest)
_sent: set[str] = set()


async def _with_a_new_key(
    client: CoreClient, command_id: str, body: bytes, if_match: int | None
) -> tuple[int, Command]:
    """Each attempt after the first goes out under another id."""
    key = new_id(instants.now()) if command_id in _sent else command_id
    _sent.add(command_id)
    status, command = await commands.submit(client, key, body, if_match)
    return status, msgspec.structs.replace(command, id=command_id)


async def _without_if_match(
    client: CoreClient, command_id: str, body: bytes, if_match: int | None
) -> tuple[int, Command]:
    """No version where the core lets it pass; where it insists, whatever version the account has by now."""
    asked: CommandRequest = _REQUEST.decode(body)
    version = if_match
    if asked.target.type == "account":
        needed = asked.type in NEEDS_IF_MATCH
        version = (await client.account(asked.target.id)).version if needed else None
    return await commands.submit(client, command_id, body, version)


def _new_key() -> list[AbstractContextManager[Any]]:
    return [mock.patch.object(dispatch, "submit", _with_a_new_key)]


def _no_if_match() -> list[AbstractContextManager[Any]]:
    return [
        mock.patch.object(dispatch, "submit", _without_if_match),
        mock.patch.object(dispatch, "is_same_request", lambda *_: True),
    ]


def _no_fence() -> list[AbstractContextManager[Any]]:
    """The first 404 is taken as proof that nothing happened and nothing will."""
    return [mock.patch.object(Absent, "proves_no_effect", lambda *_: True)]


KINDS: dict[str, Callable[[], list[AbstractContextManager[Any]]]] = {
    "new key per attempt": _new_key,
    "no If-Match": _no_if_match,
    "no fence": _no_fence,
}


BREAKS = {"new key per attempt": "doubled", "no If-Match": "overridden", "no fence": "lost"}
"""The category in which the judge must find each of them."""


def program(kind: str) -> tuple[str, ...]:
    """The command line, run by a crippled program."""
    return (sys.executable, "-m", __name__, kind)


if __name__ == "__main__":
    with ExitStack() as stack:
        for patch in KINDS[sys.argv[1]]():
            stack.enter_context(patch)
        sys.exit(cli.main(sys.argv[2:]))
