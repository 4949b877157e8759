"""Deciding a command that waits for a second person, and withdrawing one's own (contract, 7.4 and 7.5)."""

from __future__ import annotations

from console.core.client import CoreClient
from console.core.commands import InvalidWish, check_text, recorded
from console.core.instants import Instant
from console.core.messages import UNREADABLE, Command, CoreMeta, Decision, Problem, decoder, encode
from console.core.problems import CoreProblem
from console.core.second_person import WAITING, is_own, may_decide

APPROVE, REJECT, CANCEL = "approve", "reject", "cancel"

NO_BODY = b""

ALREADY_DECIDED = "already_decided"

_COMMAND = decoder(Command)


def check(choice: str, note: str | None, command: Command, meta: CoreMeta, now: Instant) -> None:
    """Raise InvalidWish for a decision that the core would refuse. `now` is the core's clock."""
    check_text("note", note or "")
    if command.status != WAITING:
        raise InvalidWish("ballot_decided", status=command.status)
    if now > command.not_after:
        raise InvalidWish("ballot_late")
    own = is_own(command, meta)
    if choice == CANCEL:
        if not own:
            raise InvalidWish("ballot_not_own", who=command.created_by)
    elif own:
        raise InvalidWish("ballot_own")
    elif not may_decide(command, meta):
        raise InvalidWish("ballot_role")


def body(choice: str, note: str | None) -> bytes:
    """What travels with it; nothing with a withdrawal."""
    return NO_BODY if choice == CANCEL else encode(Decision(decision=choice, note=note or None))


async def cast(client: CoreClient, command_id: str, choice: str, body: bytes) -> tuple[int, Command]:
    """One attempt to decide: the HTTP status and the command as the core has it then.

    A 409 that shows the command as it was decided before is such an answer, too. Raises CoreProblem for any other
    refusal, CoreUnreachable when it is unknown whether the decision counts.
    """
    try:
        answer = await client.send(f"/commands/{command_id}/{'cancel' if choice == CANCEL else 'decision'}", body)
    except CoreProblem as refusal:
        before = _decided_before(refusal.problem)
        if before is None or before.id != command_id or before.status == WAITING:
            raise
        return refusal.status, before
    return answer.status, recorded(answer, command_id)


def _decided_before(problem: Problem) -> Command | None:
    """The command that `already_decided` shows, None when it does not or can't be read."""
    if problem.code != ALREADY_DECIDED:
        return None
    try:
        command: Command = _COMMAND.decode(problem.current)
    except UNREADABLE:
        return None
    return command
