"""Carries a person's decision about a waiting command to the core, and finds out whether it counts.

The core takes the same decision of the same person twice, so one whose answer was lost is simply sent again while the
command still waits. What became of it is read from the command's own record, which names who decided.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from console.core.ballots import APPROVE, CANCEL, cast
from console.core.commands import Absent
from console.core.messages import UNREADABLE, Command, decoder, encode
from console.core.second_person import WAITING
from console.watch.errands import TOKEN_PAUSE_S, UNPROVEN_AFTER, Errands
from console.watch.outcomes import Next
from store.journal import Entry, Move
from store.life import BALLOT, SETTLED, State

log = logging.getLogger(__name__)

DECIDED_PAUSE_S = 1.0
"""The longest pause while a decided command is being executed, or its deadline is waited for."""

UNFINISHED = ("accepted", "executing")

OTHER = "decided_by_other"

_COMMAND = decoder(Command)


class Ballots:
    """Sends what is QUEUED and resolves what is UNKNOWN, one ballot at a time as the dispatcher asks for it."""

    def __init__(self, errands: Errands) -> None:
        self._errands = errands

    async def go_on(self, entry: Entry) -> None:
        """Do what the ballot needs next."""
        if entry.state is State.QUEUED:
            await self._send(entry)
        else:
            await self._resolve(entry)

    async def _send(self, entry: Entry) -> None:
        told = await self._errands.attempt(
            entry,
            lambda client: cast(client, entry.target_id, choice_of(entry), entry.body),
            lambda command: (of_decided(entry, command), Next.READ_OUTCOME),
        )
        if told is None:
            return
        after, following, pause_s = told
        if after.state not in SETTLED:
            token_s = TOKEN_PAUSE_S if following is Next.GET_TOKEN else 0.0
            self._errands.pauses.put_off(entry.command_id, max(pause_s, token_s))

    async def _resolve(self, entry: Entry) -> None:
        """Sent, and not known to count: the command's record tells; while it still waits, the same decision again."""
        found = await self._errands.ask(entry, entry.target_id)
        if found is None:
            return
        late = self._errands.core_now() > entry.not_after
        if isinstance(found, Absent):
            if found.proves_no_effect(entry.not_after):
                self._errands.settle(entry, Move(to=State.REVIEW, why="record_lost"))
            else:
                self._errands.pauses.put_off(entry.command_id)
        elif found.status != WAITING:
            after = self._errands.settle(entry, of_decided(entry, found))
            if after.state not in SETTLED:
                self._errands.pauses.put_off(entry.command_id, longest_s=DECIDED_PAUSE_S)
        elif self._errands.core_now() > entry.not_after + UNPROVEN_AFTER:
            self._errands.settle(entry, Move(to=State.REVIEW, why="never_lapsed"))
        elif entry.settles_as or late:
            self._errands.pauses.put_off(entry.command_id, longest_s=DECIDED_PAUSE_S)
        else:
            await self._send(entry)

    def told(self, command_id: str, data: bytes) -> None:
        """Take in what the feed shows of a command: a decision of ours may be among what it tells."""
        entry = self._errands.journal.ballot_on(command_id)
        if entry is None or entry.state in SETTLED or entry.state is State.QUEUED:
            return
        try:
            command = _COMMAND.decode(data)
        except UNREADABLE as error:
            log.warning("a change of command %s can't be read: %s", command_id, error)
            return
        if command.status != WAITING:
            self._errands.settle(entry, of_decided(entry, command))


def choice_of(entry: Entry) -> str:
    """approve, reject or cancel."""
    return entry.type.removeprefix(BALLOT)


def of_decided(entry: Entry, command: Command) -> Move:
    """What the command's record makes of a ballot on it.

    CONFIRMED: it counts, and the command came to what was decided. REJECTED: somebody else, or a check of the core when
    it was executed, decided otherwise. EXPIRED: the command's time ran out first.
    """
    problem = command.problem
    told = Move(
        to=State.UNKNOWN,
        why="still_waiting",
        core_status=command.status,
        problem=encode(problem).decode() if problem else None,
    )
    if command.status == WAITING:
        return told
    if not _counts(entry, command):
        lapsed = command.status == "expired"
        return replace(told, to=State.EXPIRED, why="lapsed") if lapsed else replace(told, to=State.REJECTED, why=OTHER)
    if choice_of(entry) != APPROVE or command.status == "succeeded":
        return replace(told, to=State.CONFIRMED, why="counted", effect=command.effect, effect_seq=command.effect_seq)
    if command.status in UNFINISHED:
        return replace(told, to=State.ACKED, why="executing")
    return replace(told, to=State.REJECTED, why=problem.code if problem else "failed_when_executed")


def _counts(entry: Entry, command: Command) -> bool:
    """Whether this person's decision is the one that the core went by."""
    choice, approval = choice_of(entry), command.approval
    if choice == CANCEL:
        return command.status == "cancelled"
    return approval is not None and (approval.decision, approval.decided_by) == (choice, entry.created_by)
