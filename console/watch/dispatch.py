"""Carries journaled commands to the core and finds out what became of each.

Only the watcher runs this, so it alone sends. Nothing here waits for a timer to learn what an answer already says:
after a 200 the effect is read back at once, and the feed confirms whatever it shows first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from console.core import instants
from console.core.commands import is_same_request, outcome, shows_answer, shows_effect, submit
from console.core.instants import DAY, SECOND, Instant
from console.core.messages import UNREADABLE, Account, Application, Command, LimitRequest, decoder
from console.core.problems import CoreProblem, CoreUnreachable
from console.watch.ballots import Ballots
from console.watch.errands import TOKEN_PAUSE_S, UNPROVEN_AFTER, ClientSource, Errands, Sender
from console.watch.outcomes import Next, of_record
from console.watch.pauses import LONGEST_PAUSE_S
from store.journal import Entry, Journal, Move
from store.life import FREEZE, SETTLED, State, is_ballot

log = logging.getLogger(__name__)

UNSEEN_PAUSE_S = 1.0
"""The longest pause while only the core's progress or its clock is waited for."""
APPROVAL_PAUSE_S = 5.0
APPROVALS_PER_S = 2
"""A command that waits for a second person is read so often, many of them so many a second together and one at a time:
the feed usually says it sooner."""
FREEZES_AT_ONCE = 6
OTHERS_AT_ONCE = 6
"""Requests of one kind at the same time: more than plans have under way, so that a single decision finds room."""
RECORD_KEPT = 7 * DAY
"""The least time the core keeps a record (contract, 7.1); after it a missing one proves nothing."""
UNSEEN_AFTER = 60 * SECOND
"""A success whose effect can't be seen for so long goes to a person."""

_ACCOUNT = decoder(Account)
_COMMAND = decoder(Command)
_PAPERS = {"application": decoder(Application), "limit_request": decoder(LimitRequest)}


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
        sender: Sender | None = None,
    ) -> None:
        self._errands = Errands(journal, commands, reads, now, sender)
        self._journal, self._pauses, self._now = journal, self._errands.pauses, now
        self._ballots = Ballots(self._errands)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._freezes = asyncio.Semaphore(FREEZES_AT_ONCE)
        self._others = asyncio.Semaphore(OTHERS_AT_ONCE)
        self._in_flight: set[str] = set()
        self._waiting = 0

    # ------------------------------------------------------------ scheduling

    async def run_due(self) -> None:
        """Start what can go on now and return; called each second and whenever a command was decided."""
        unresolved = self._journal.unresolved()
        if any(entry.state is State.SENDING and entry.command_id not in self._in_flight for entry in unresolved):
            self._journal.recover(self._now(), frozenset(self._in_flight))
            unresolved = self._journal.unresolved()
        waiting = [entry.command_id for entry in unresolved if entry.state is State.AWAITING_APPROVAL]
        self._waiting, reading = len(waiting), not self._in_flight.isdisjoint(waiting)
        busy: set[str] = set()
        for entry in sorted(unresolved, key=lambda entry: entry.type != FREEZE):
            lane = _lane(entry)
            free = lane not in self._running and lane not in busy
            if entry.state in (State.QUEUED, State.SENDING, State.UNKNOWN):
                busy.add(lane)
            waits = entry.state is State.AWAITING_APPROVAL
            if free and self._pauses.over(entry.command_id) and not (waits and reading):
                reading = reading or waits
                self._start(lane, entry)

    def credential_arrived(self) -> None:
        """A new token is here: what waited for it is due at once."""
        for entry in self._journal.unresolved():
            if entry.waits_for == "credential":
                self._pauses.end(entry.command_id)

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
            self._pauses.put_off(command_id)

    # ------------------------------------------------------------ one command

    async def _go_on(self, entry: Entry) -> None:
        async with self._freezes if entry.type == FREEZE else self._others:
            entry = self._journal.get(entry.command_id) or entry
            if entry.state in SETTLED:
                return
            if is_ballot(entry.type):
                await self._ballots.go_on(entry)
            elif entry.state is State.QUEUED:
                await self._send(entry)
            elif entry.state is State.UNKNOWN:
                await self._resolve(entry)
            elif entry.core_status == "succeeded":
                await self._read_back(entry)
            else:
                await self._follow(entry)

    async def _send(self, entry: Entry) -> None:
        """One attempt, then whatever its answer asks for."""
        told = await self._errands.attempt(
            entry, lambda client: submit(client, entry.command_id, entry.body, entry.if_match), of_record
        )
        if told is not None:
            await self._after(*told)

    async def _resolve(self, entry: Entry) -> None:
        """UNKNOWN: the core's record decides; without one the same request again, or the fence's proof."""
        found = await self._errands.ask(entry, entry.command_id)
        if isinstance(found, Command):
            await self._believe(entry, found)
        elif found is None:
            return
        elif found.core_clock is not None and found.core_clock > entry.created_at + RECORD_KEPT:
            self._errands.settle(entry, Move(to=State.REVIEW, why="record_too_old"))
        elif found.proves_no_effect(entry.not_after):
            self._errands.settle(entry, Move(to=entry.settles_as or State.EXPIRED, why="fence"))
        elif found.core_clock is None and self._errands.core_now() > entry.not_after + UNPROVEN_AFTER:
            self._errands.settle(entry, Move(to=State.REVIEW, why="no_proof"))
        elif entry.settles_as or self._errands.core_now() > entry.not_after:
            self._pauses.put_off(entry.command_id, longest_s=UNSEEN_PAUSE_S)
        else:
            await self._send(entry)

    async def _follow(self, entry: Entry) -> None:
        """Recorded but not done: read the record until it says more."""
        found = await self._errands.ask(entry, entry.command_id)
        if isinstance(found, Command):
            await self._believe(entry, found)
        elif found is not None and found.proves_no_effect(entry.not_after):
            self._errands.settle(entry, Move(to=State.REVIEW, why="record_lost"))
        elif found is not None:
            self._pauses.put_off(entry.command_id)

    async def _believe(self, entry: Entry, command: Command) -> None:
        if not is_same_request(entry.body, entry.if_match, command):
            self._errands.settle(entry, Move(to=State.REVIEW, why="another_request_under_this_id"))
            return
        move, following = of_record(command)
        await self._after(self._errands.settle(entry, move), following, 0.0)

    async def _after(self, entry: Entry, following: Next, pause_s: float) -> None:
        if entry.state in SETTLED:
            return
        if following is Next.READ_BACK:
            await self._read_back(entry)
        elif following is Next.GET_TOKEN:
            self._pauses.put_off(entry.command_id, TOKEN_PAUSE_S)
        elif entry.state is State.AWAITING_APPROVAL:
            self._pauses.put_off(entry.command_id, max(APPROVAL_PAUSE_S, self._waiting / APPROVALS_PER_S))
        else:
            self._pauses.put_off(
                entry.command_id, pause_s, UNSEEN_PAUSE_S if entry.state is State.ACKED else LONGEST_PAUSE_S
            )

    async def _read_back(self, entry: Entry) -> None:
        """The core says done: confirm it by the account itself, or for other targets by the command's own record."""
        client = self._errands.reads()
        if client is None:
            self._errands.wait(entry, "credential", TOKEN_PAUSE_S)
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
                self._errands.unreadable(entry, problem)
        except CoreUnreachable:
            self._errands.wait(entry, "core")
        else:
            self._conclude(entry, seen, version)

    def _conclude(self, entry: Entry, seen: bool, version: int) -> None:
        current = version >= (entry.resulting_version or 0)
        if seen:
            self._errands.settle(entry, Move(to=State.CONFIRMED, why="read_back"))
        elif current and self._now() > (entry.acked_at or 0) + UNSEEN_AFTER:
            self._errands.settle(entry, Move(to=State.REVIEW, why="effect_not_seen"))
        else:
            self._pauses.put_off(entry.command_id, longest_s=UNSEEN_PAUSE_S)

    # ------------------------------------------------------------ the feed

    def confirm_from_feed(self, changes: Iterable[Evidence]) -> None:
        """Take in what a page of the feed shows of our commands; called after the page was applied."""
        for change in changes:
            if change.type == "command":
                self._ballots.told(change.command_id, change.data)
            entry = self._journal.get(change.command_id)
            if entry is None or entry.state is State.CONFIRMED:
                continue
            move = self._told_by(entry, change)
            if move is not None and move.to is not entry.state:
                self._errands.settle(entry, move)
                self._pauses.end(entry.command_id)

    def _told_by(self, entry: Entry, change: Evidence) -> Move | None:
        try:
            if change.type == "account":
                shown = shows_effect(entry.command_id, entry.body, _ACCOUNT.decode(change.data))
                return _seen(entry, Move(to=State.CONFIRMED, why="feed")) if shown else None
            if change.type == "command":
                return self._recorded(entry, _COMMAND.decode(change.data))
            if change.type in _PAPERS:
                shown = shows_answer(entry.body, _PAPERS[change.type].decode(change.data))
                return _seen(entry, Move(to=State.CONFIRMED, why="feed")) if shown else None
            if change.type == entry.type.split(".")[0]:
                return _seen(entry, Move(to=State.CONFIRMED, why="feed"))
        except UNREADABLE as error:
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


def _lane(entry: Entry) -> str:
    """Commands of one lane go one after another: an account's, its case's, and each freeze and ballot by itself."""
    if entry.type == FREEZE or is_ballot(entry.type):
        return entry.command_id
    return f"{entry.type.split('.')[0]}/{entry.account_id}"


def _seen(entry: Entry, move: Move) -> Move | None:
    """A command that was settled as without effect, and then shows one, goes to a person."""
    if entry.state is State.REVIEW:
        return move if move.to is State.CONFIRMED else None
    if entry.state in SETTLED:
        return Move(to=State.REVIEW, why="effect_after_refusal")
    return move
