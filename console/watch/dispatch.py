"""Carries journaled commands to the core and finds out what became of each.

Only the watcher runs this, so it alone sends. Nothing here waits for a timer to learn what an answer already says:
after a 200 the effect is read back at once, and the feed confirms whatever it shows first.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import msgspec

from console.core import instants
from console.core.client import CoreClient
from console.core.commands import Absent, is_same_request, outcome, shows_effect, submit
from console.core.instants import DAY, HOUR, SECOND, Instant
from console.core.messages import Account, Command, decoder
from console.core.problems import CoreProblem, CoreUnreachable
from console.watch.outcomes import ASK, Next, of_problem, of_record
from store.journal import AttemptEnd, Entry, IllegalMove, Journal, Move
from store.life import FREEZE, SETTLED, State

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0
"""Full jitter: a pause is drawn from 0 to FIRST_PAUSE_S * 2^n, never beyond LONGEST_PAUSE_S."""
UNSEEN_PAUSE_S = 1.0
"""The longest pause while only the core's progress or its clock is waited for."""
TOKEN_PAUSE_S = 15.0
APPROVAL_PAUSE_S = 5.0
"""How often a command that waits for a second person is read; the feed usually says it sooner."""
FREEZES_AT_ONCE = 6
OTHERS_AT_ONCE = 4
RECORD_KEPT = 7 * DAY
"""The least time the core keeps a record (contract, 7.1); after it a missing one proves nothing."""
UNPROVEN_AFTER = HOUR
"""A core that for so long after the deadline says 'not found' without its clock leaves the answer to a person."""
UNSEEN_AFTER = 60 * SECOND
"""A success whose effect can't be seen for so long goes to a person."""

_ACCOUNT = decoder(Account)
_COMMAND = decoder(Command)

ClientSource = Callable[[], CoreClient | None]
"""Gives the client to use now, None while there is no credential."""


@dataclass(frozen=True)
class Evidence:
    """A change of the feed that a command caused: `data` is the resource's JSON, as applied to the mirror."""

    command_id: str
    type: str
    data: bytes


class Dispatcher:
    """Sends what is QUEUED, resolves what is UNKNOWN, confirms what is ACKED.

    Commands of one account go in the order of their decision and never two at once; a freeze waits for none of them.
    """

    def __init__(
        self,
        journal: Journal,
        commands: ClientSource,
        reads: ClientSource,
        now: Callable[[], Instant] = instants.now,
    ) -> None:
        self._journal = journal
        self._commands = commands
        self._reads = reads
        self._now = now
        self._running: dict[str, asyncio.Task[None]] = {}
        self._due: dict[str, int] = {}
        self._pauses: Counter[str] = Counter()
        self._freezes = asyncio.Semaphore(FREEZES_AT_ONCE)
        self._others = asyncio.Semaphore(OTHERS_AT_ONCE)
        self._in_flight: set[str] = set()

    # ------------------------------------------------------------ scheduling

    async def run_due(self) -> None:
        """Start what can go on now and return; called each second and whenever a command was decided."""
        unresolved = self._journal.unresolved()
        if any(entry.state is State.SENDING and entry.command_id not in self._in_flight for entry in unresolved):
            self._journal.recover(self._now(), frozenset(self._in_flight))
            unresolved = self._journal.unresolved()
        busy: set[str] = set()
        for entry in sorted(unresolved, key=lambda entry: entry.type != FREEZE):
            lane = _lane(entry)
            free = lane not in self._running and lane not in busy
            if entry.state in (State.QUEUED, State.SENDING, State.UNKNOWN):
                busy.add(lane)
            if free and self._due.get(entry.command_id, 0) <= self._now():
                self._start(lane, entry)

    def credential_arrived(self) -> None:
        """A new token is here: what waited for it is due at once."""
        for entry in self._journal.unresolved():
            if entry.waits_for == "credential":
                self._due.pop(entry.command_id, None)

    async def drain(self) -> None:
        """Wait for what is in flight; start nothing new."""
        while self._running:
            await asyncio.wait(self._running.values())

    def _start(self, lane: str, entry: Entry) -> None:
        task = asyncio.create_task(self._go_on(entry), name=f"command {entry.command_id}")
        self._running[lane] = task
        self._in_flight.add(entry.command_id)
        task.add_done_callback(lambda done: self._ended(lane, entry.command_id, done))

    def _ended(self, lane: str, command_id: str, task: asyncio.Task[None]) -> None:
        del self._running[lane]
        self._in_flight.discard(command_id)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("command %s can't go on: %s: %s", command_id, type(error).__name__, error)
            self._pause(command_id)

    def _pause(self, command_id: str, at_least_s: float = 0.0, longest_s: float = LONGEST_PAUSE_S) -> None:
        """Put the command off: the pause the core asked for plus full jitter that grows with each one."""
        self._pauses[command_id] += 1
        spread = min(longest_s, FIRST_PAUSE_S * 2 ** min(self._pauses[command_id], 16))
        pause = at_least_s + random.uniform(0, spread)
        self._due[command_id] = self._now() + int(pause * SECOND)

    # ------------------------------------------------------------ one command

    async def _go_on(self, entry: Entry) -> None:
        async with self._freezes if entry.type == FREEZE else self._others:
            entry = self._journal.get(entry.command_id) or entry
            if entry.state in SETTLED:
                return
            if entry.state is State.QUEUED:
                await self._send(entry)
            elif entry.state is State.UNKNOWN:
                await self._resolve(entry)
            elif entry.core_status == "succeeded":
                await self._read_back(entry)
            else:
                await self._follow(entry)

    async def _send(self, entry: Entry) -> None:
        """One attempt, stored before its first byte; then whatever its answer asks for."""
        client = self._commands()
        if entry.state is State.QUEUED and self._core_now() > entry.not_after:
            self._settle(entry, Move(to=State.EXPIRED, why="never_recorded"))
            return
        if client is None:
            self._wait(entry, "credential", TOKEN_PAUSE_S)
            return
        try:
            number = self._journal.begin_attempt(entry.command_id, self._now())
        except IllegalMove as overtaken:
            log.info("%s", overtaken)
            return
        try:
            status, command = await submit(client, entry.command_id, entry.body, entry.if_match)
        except CoreProblem as refusal:
            move, did, following = of_problem(entry, refusal.problem)
            end = AttemptEnd(number, refusal.status, did)
            pause_s = refusal.retry_after_s or 0.0
        except CoreUnreachable:
            move, following = Move(to=State.UNKNOWN, why="no_answer", waits_for="core"), ASK.next
            end, pause_s = AttemptEnd(number, None, "unknown"), 0.0
        else:
            move, following = of_record(command)
            end, pause_s = AttemptEnd(number, status, "recorded"), 0.0
        await self._after(self._settle(entry, move, end), following, pause_s)

    async def _resolve(self, entry: Entry) -> None:
        """UNKNOWN: the core's record decides; without one the same request again, or the fence's proof."""
        found = await self._ask(entry)
        if isinstance(found, Command):
            await self._believe(entry, found)
        elif found is None:
            return
        elif found.core_clock is not None and found.core_clock > entry.created_at + RECORD_KEPT:
            self._settle(entry, Move(to=State.REVIEW, why="record_too_old"))
        elif found.proves_no_effect(entry.not_after):
            self._settle(entry, Move(to=entry.settles_as or State.EXPIRED, why="fence"))
        elif found.core_clock is None and self._core_now() > entry.not_after + UNPROVEN_AFTER:
            self._settle(entry, Move(to=State.REVIEW, why="no_proof"))
        elif entry.settles_as or self._core_now() > entry.not_after:
            self._pause(entry.command_id, longest_s=UNSEEN_PAUSE_S)
        else:
            await self._send(entry)

    async def _follow(self, entry: Entry) -> None:
        """Recorded but not done: read the record until it says more."""
        found = await self._ask(entry)
        if isinstance(found, Command):
            await self._believe(entry, found)
        elif found is not None and found.proves_no_effect(entry.not_after):
            self._settle(entry, Move(to=State.REVIEW, why="record_lost"))
        elif found is not None:
            self._pause(entry.command_id)

    async def _ask(self, entry: Entry) -> Command | Absent | None:
        """The core's record; None when it could not be read, and then the command waits."""
        client = self._reads()
        if client is None:
            self._wait(entry, "credential", TOKEN_PAUSE_S)
            return None
        try:
            return await outcome(client, entry.command_id)
        except CoreProblem as problem:
            self._unreadable(entry, problem)
        except CoreUnreachable:
            self._wait(entry, "core")
        return None

    async def _believe(self, entry: Entry, command: Command) -> None:
        if not is_same_request(entry.body, entry.if_match, command):
            self._settle(entry, Move(to=State.REVIEW, why="another_request_under_this_id"))
            return
        move, following = of_record(command)
        await self._after(self._settle(entry, move), following, 0.0)

    async def _after(self, entry: Entry, following: Next, pause_s: float) -> None:
        if entry.state in SETTLED:
            return
        if following is Next.READ_BACK:
            await self._read_back(entry)
        elif following is Next.GET_TOKEN:
            self._pause(entry.command_id, TOKEN_PAUSE_S)
        elif entry.state is State.AWAITING_APPROVAL:
            self._pause(entry.command_id, APPROVAL_PAUSE_S)
        else:
            self._pause(entry.command_id, pause_s, UNSEEN_PAUSE_S if entry.state is State.ACKED else LONGEST_PAUSE_S)

    async def _read_back(self, entry: Entry) -> None:
        """The core says done: confirm it by the account itself, or for other targets by the command's own record."""
        client = self._reads()
        if client is None:
            self._wait(entry, "credential", TOKEN_PAUSE_S)
            return
        try:
            if entry.type.startswith("account."):
                account = await client.account(entry.target_id)
                seen, version = shows_effect(entry.command_id, entry.body, account), account.version
            else:
                record = await outcome(client, entry.command_id)
                seen, version = isinstance(record, Command) and record.status == "succeeded", 0
        except CoreProblem as problem:
            if problem.status in (403, 404):
                self._conclude(entry, False, entry.resulting_version or 0)
            else:
                self._unreadable(entry, problem)
        except CoreUnreachable:
            self._wait(entry, "core")
        else:
            self._conclude(entry, seen, version)

    def _conclude(self, entry: Entry, seen: bool, version: int) -> None:
        current = version >= (entry.resulting_version or 0)
        if seen:
            self._settle(entry, Move(to=State.CONFIRMED, why="read_back"))
        elif current and self._now() > (entry.acked_at or 0) + UNSEEN_AFTER:
            self._settle(entry, Move(to=State.REVIEW, why="effect_not_seen"))
        else:
            self._pause(entry.command_id, longest_s=UNSEEN_PAUSE_S)

    # ------------------------------------------------------------ the feed

    def confirm_from_feed(self, changes: Iterable[Evidence]) -> None:
        """Take in what a page of the feed shows of our commands; called after the page was applied."""
        for change in changes:
            entry = self._journal.get(change.command_id)
            if entry is None or entry.state is State.CONFIRMED:
                continue
            move = self._told_by(entry, change)
            if move is not None and move.to is not entry.state:
                self._settle(entry, move)
                self._due.pop(entry.command_id, None)

    def _told_by(self, entry: Entry, change: Evidence) -> Move | None:
        try:
            if change.type == "account":
                shown = shows_effect(entry.command_id, entry.body, _ACCOUNT.decode(change.data))
                return _seen(entry, Move(to=State.CONFIRMED, why="feed")) if shown else None
            if change.type == "command":
                return self._recorded(entry, _COMMAND.decode(change.data))
            if change.type == entry.type.split(".")[0]:
                return _seen(entry, Move(to=State.CONFIRMED, why="feed"))
        except msgspec.MsgspecError as error:
            log.warning("a change of command %s can't be read: %s", change.command_id, error)
        return None

    def _recorded(self, entry: Entry, command: Command) -> Move | None:
        if entry.state in SETTLED and command.status != "succeeded":
            return None
        if not is_same_request(entry.body, entry.if_match, command):
            return None if entry.state in SETTLED else Move(to=State.REVIEW, why="another_request_under_this_id")
        move, following = of_record(command)
        if following is Next.READ_BACK and not entry.type.startswith("account."):
            move = replace(move, to=State.CONFIRMED)
        return _seen(entry, move)

    # ------------------------------------------------------------ small things

    def _core_now(self) -> int:
        client = self._commands() or self._reads()
        return self._now() + (client.clock_offset_us if client else 0)

    def _settle(self, entry: Entry, move: Move, attempt: AttemptEnd | None = None) -> Entry:
        try:
            after = self._journal.settle(entry.command_id, move, self._now(), attempt=attempt)
        except IllegalMove as overtaken:
            log.info("%s", overtaken)
            return self._journal.get(entry.command_id) or entry
        if after.state is not entry.state:
            self._pauses.pop(entry.command_id, None)
        if after.state in SETTLED:
            self._due.pop(entry.command_id, None)
        return after

    def _unreadable(self, entry: Entry, problem: CoreProblem) -> None:
        if problem.status == 401:
            self._wait(entry, "credential", TOKEN_PAUSE_S)
        else:
            self._wait(entry, "core", problem.retry_after_s or 0.0)

    def _wait(self, entry: Entry, what: str, at_least_s: float = 0.0) -> None:
        """Put the command off and say what it waits for."""
        current = self._journal.get(entry.command_id)
        if current is not None and current.waits_for != what and current.state not in SETTLED:
            self._journal.settle(entry.command_id, Move(to=current.state, waits_for=what), self._now())
        self._pause(entry.command_id, at_least_s)


def _lane(entry: Entry) -> str:
    """Commands of one lane go one after another: an account's, its case's, and each freeze by itself."""
    if entry.type == FREEZE:
        return entry.command_id
    return f"{entry.type.split('.')[0]}/{entry.account_id}"


def _seen(entry: Entry, move: Move) -> Move | None:
    """A command that was settled as without effect, and then shows one, goes to a person."""
    if entry.state is State.REVIEW:
        return move if move.to is State.CONFIRMED else None
    if entry.state in SETTLED:
        return Move(to=State.REVIEW, why="effect_after_refusal")
    return move
