"""What every errand to the core needs: its clients, its pauses, and its record in the journal."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from console.core.client import CoreClient
from console.core.commands import Absent, outcome
from console.core.instants import HOUR
from console.core.messages import Command
from console.core.problems import CoreProblem, CoreUnreachable
from console.watch.outcomes import ASK, Next, of_problem
from console.watch.pauses import Pauses
from store.journal import AttemptEnd, Entry, IllegalMove, Journal, Move
from store.life import SETTLED, State

log = logging.getLogger(__name__)

TOKEN_PAUSE_S = 15.0
UNPROVEN_AFTER = HOUR
"""What the core leaves open for so long after the deadline goes to a person: 'not found' without its clock, or a
command that it still shows as waiting."""

ClientSource = Callable[[], CoreClient | None]
"""Gives the client to use now, None while there is no credential."""
Sender = Callable[[Entry], CoreClient | str]
"""Gives the client with the credential of whoever decided, or what the entry waits for: 'credential' or 'stop'."""


class Errands:
    """The desk's errands. `commands` gives the client with the operator's own credential, `reads` the one to read.

    `sender` gives the one for an entry where not every entry is the operator's own.
    """

    def __init__(
        self,
        journal: Journal,
        commands: ClientSource,
        reads: ClientSource,
        now: Callable[[], int],
        sender: Sender | None = None,
    ) -> None:
        self.journal = journal
        self.sender: Sender = sender or (lambda entry: commands() or "credential")
        self.commands = commands
        self.reads = reads
        self.now = now
        self.pauses = Pauses(now)

    def core_now(self) -> int:
        """The core's clock."""
        client = self.commands() or self.reads()
        return self.now() + (client.clock_offset_us if client else 0)

    async def _is_past(self, instant: int) -> bool:
        """Whether the core's clock is past an instant; asked before that is believed: it may have been set."""
        client = self.commands() or self.reads()
        if client is not None and self.core_now() > instant:
            await client.answers()
        return self.core_now() > instant

    async def attempt(
        self,
        entry: Entry,
        post: Callable[[CoreClient], Awaitable[tuple[int, Command]]],
        told_by: Callable[[Command], tuple[Move, Next]],
    ) -> tuple[Entry, Next, float] | None:
        """One attempt, stored before its first byte: the entry after it, what follows, the pause the core asked for.

        `told_by` is what the core's record makes of the entry. None when it could not be made: it expired, waits for a
        credential or for the end of a stop, or was overtaken.
        """
        if entry.state is State.QUEUED and await self._is_past(entry.not_after):
            self.settle(entry, Move(to=State.EXPIRED, why="never_recorded"))
            return None
        client = self.sender(entry)
        if isinstance(client, str):
            self.wait(entry, client, TOKEN_PAUSE_S)
            return None
        try:
            number = self.journal.begin_attempt(entry.command_id, self.now())
        except IllegalMove as overtaken:
            log.info("%s", overtaken)
            return None
        pause_s = 0.0
        try:
            status, command = await post(client)
        except CoreProblem as refusal:
            move, did, following = of_problem(entry, refusal.problem)
            end = AttemptEnd(number, refusal.status, did)
            pause_s = refusal.retry_after_s or 0.0
        except CoreUnreachable:
            move, following = Move(to=State.UNKNOWN, why="no_answer", waits_for="core"), ASK.next
            end = AttemptEnd(number, None, "unknown")
        else:
            move, following = told_by(command)
            end = AttemptEnd(number, status, "recorded" if status < 400 else "none")
        return self.settle(entry, move, end), following, pause_s

    async def ask(self, entry: Entry, command_id: str) -> Command | Absent | None:
        """The core's record of a command; None when it could not be read, and then the entry waits."""
        client = self.reads()
        if client is None:
            self.wait(entry, "credential", TOKEN_PAUSE_S)
            return None
        try:
            return await outcome(client, command_id)
        except CoreProblem as problem:
            self.unreadable(entry, problem)
        except CoreUnreachable:
            self.wait(entry, "core")
        return None

    def settle(self, entry: Entry, move: Move, attempt: AttemptEnd | None = None) -> Entry:
        """Store what was learned; returns the entry as it stands then, also when something else was faster."""
        try:
            after = self.journal.settle(entry.command_id, move, self.now(), attempt=attempt)
        except IllegalMove as overtaken:
            log.info("%s", overtaken)
            return self.journal.get(entry.command_id) or entry
        if after.state is not entry.state:
            self.pauses.went_on(entry.command_id)
        if after.state in SETTLED:
            self.pauses.end(entry.command_id)
        return after

    def unreadable(self, entry: Entry, problem: CoreProblem) -> None:
        """The core refused a read."""
        if problem.status == 401:
            self.wait(entry, "credential", TOKEN_PAUSE_S)
        else:
            self.wait(entry, "core", problem.retry_after_s or 0.0)

    def wait(self, entry: Entry, what: str, at_least_s: float = 0.0) -> None:
        """Put the entry off and say what it waits for."""
        current = self.journal.get(entry.command_id)
        if current is not None and current.waits_for != what and current.state not in SETTLED:
            self.journal.settle(entry.command_id, Move(to=current.state, waits_for=what), self.now())
        self.pauses.put_off(entry.command_id, at_least_s)
