"""What proves that a command had no effect: the core's own word after its own deadline, and nothing else."""

from __future__ import annotations

import email.utils
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import httpx
import pytest

from console.core import commands, instants
from console.core.client import CoreClient
from console.core.identifiers import new_id
from console.core.instants import HOUR, MINUTE, SECOND, Instant
from console.core.messages import encode
from console.watch.dispatch import Dispatcher
from store.journal import Entry, Intent, Journal
from store.life import State

START = instants.parse("2026-11-20T21:14:09.000000Z")
OURS = {"type": "urn:core:problem:not_found", "title": "x", "effect": "none", "retryable": False, "status": 404}


class SilentCore:
    """Answers no POST, and every look with a 404 of the given kind; its clock is the test's."""

    def __init__(self) -> None:
        self.now = START
        self.says = "page"

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            raise httpx.ReadError("lost")
        date = {"Date": email.utils.formatdate(self.now / SECOND, usegmt=True)}
        if self.says == "page":
            return httpx.Response(404, headers=date, html="<h1>no such page</h1>")
        code = {"problem": "not_found", "another": "no_such_route"}[self.says]
        return httpx.Response(404, headers=date, json=OURS | {"code": code, "server_time": instants.wire(self.now)})


@pytest.fixture
def core() -> SilentCore:
    return SilentCore()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def unanswered(journal: Journal) -> str:
    not_after = Instant(START + 2 * MINUTE)
    intent = Intent(
        command_id=new_id(START),
        type="account.freeze",
        target_type="account",
        target_id="a1",
        account_id="a1",
        body=encode(commands.request(commands.freeze("a1", "other"), not_after)),
        if_match=None,
        not_after=not_after,
        created_by="maria.k",
    )
    return journal.intend(intent, START).command_id


async def after(journal: Journal, core: SilentCore, command_id: str, *moments: int) -> Entry:
    """The command after the dispatcher ran at these instants of the core's clock."""
    client = CoreClient("http://127.0.0.1:1", lambda: "t", httpx.MockTransport(core.handle))
    dispatcher = Dispatcher(journal, lambda: client, lambda: client, lambda: core.now)
    with mock.patch.object(CoreClient, "_note_clock"):  # which compares with the machine's clock, not the test's
        for moment in moments:
            core.now = Instant(moment)
            await dispatcher.run_due()
            await dispatcher.drain()
    entry = journal.get(command_id)
    assert entry is not None
    return entry


PAST = (START, START + 20 * SECOND, START + 3 * MINUTE, START + 4 * MINUTE)


async def test_the_cores_own_404_past_the_deadline_is_proof(journal: Journal, core: SilentCore) -> None:
    core.says = "problem"
    entry = await after(journal, core, unanswered(journal), *PAST)
    assert (entry.state, entry.why) == (State.EXPIRED, "fence")


@pytest.mark.parametrize("says", ["page", "another"])
async def test_somebody_elses_404_proves_nothing(journal: Journal, core: SilentCore, says: str) -> None:
    core.says = says
    command_id = unanswered(journal)
    assert (await after(journal, core, command_id, *PAST)).state is State.UNKNOWN
    core.says = "problem"
    entry = await after(journal, core, command_id, START + 10 * MINUTE)
    assert (entry.state, entry.why) == (State.EXPIRED, "fence")


async def test_a_core_that_never_proves_it_leaves_the_command_to_a_person(journal: Journal, core: SilentCore) -> None:
    command_id = unanswered(journal)
    entry = await after(journal, core, command_id, *PAST, START + HOUR + 3 * MINUTE)
    assert (entry.state, entry.why) == (State.REVIEW, "no_proof")
