"""What a decision would do, by the core's own word before it is sent: `dry_run`, asked through the watcher."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from console.core import commands
from console.core.commands import Wish
from console.core.instants import Instant
from console.core.messages import UNREADABLE, Account, Command, CoreMeta, Problem, decoder, encode, present
from console.desk import hotline
from console.desk.credentials import CredentialError, Credentials
from console.paths import Home

_COMMAND, _PROBLEM, _ACCOUNT = decoder(Command), decoder(Problem), decoder(Account)

TROUBLES = ("unsupported", "credential", "core", "not_rehearsed", "watcher")
"""Why there is no preview: the core has none, no token, no answer of the core, it can't be trusted, no watcher."""


class NoPreview(Exception):
    """There is no preview now. `trouble` is one of `TROUBLES`; the decision can be sent all the same."""

    def __init__(self, trouble: str) -> None:
        super().__init__(trouble)
        self.trouble = trouble


@dataclass(frozen=True)
class Preview:
    """The core's word. `after` is the account as it would be, None for a case; `problem` is why it would refuse.

    `approval` is whether a second person would be asked, by the policy of that name.
    """

    after: Account | None = None
    approval: bool = False
    policy: str | None = None
    problem: Problem | None = None


def body(wish: Wish, meta: CoreMeta, account: Account | None, core_now: Instant) -> bytes:
    """The request of a dry run. Raises InvalidWish for what the core would refuse as it stands."""
    commands.check(wish, meta, core_now)
    message = commands.request(wish, commands.deadline(wish, meta, account, core_now))
    return encode(msgspec.structs.replace(message, dry_run=True))


def ask(home: Home, request: bytes, if_match: int | None) -> Preview:
    """Ask through the watcher; it gets the operator's token first where it has none. Raises NoPreview."""
    try:
        answer = hotline.preview(home.socket, request, if_match)
        if answer.get("trouble") == "credential" and (token := Credentials(home).sending()):
            hotline.hand_over(home.socket, token)
            answer = hotline.preview(home.socket, request, if_match)
    except hotline.SocketError as error:
        raise NoPreview("watcher") from error
    except (CredentialError, OSError) as error:
        raise NoPreview("credential") from error
    if "trouble" in answer:
        trouble = str(answer["trouble"])
        raise NoPreview(trouble if trouble in TROUBLES else "core")
    try:
        if "problem" in answer:
            return refused(_PROBLEM.decode(str(answer["problem"])))
        return of(_COMMAND.decode(str(answer.get("command"))))
    except UNREADABLE as error:
        raise NoPreview("core") from error


def refused(problem: Problem) -> Preview:
    """The preview of what the core would refuse."""
    return Preview(problem=problem)


def of(command: Command) -> Preview:
    """The preview in the core's answer to a dry run. Raises msgspec.MsgspecError when its account can't be read."""
    shows = command.type.startswith("account.") and present(command.preview)
    after = _ACCOUNT.decode(bytes(command.preview)) if shows else None
    asked = command.approval
    return Preview(after, asked is not None and asked.required, asked.policy if asked else None)
