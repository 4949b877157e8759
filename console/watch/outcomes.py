"""What each answer of the core makes of a command: every status and problem code of the contract, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from console.core.messages import Command, Problem, encode
from store.journal import AttemptOutcome, Entry, Move
from store.life import State


class Next(Enum):
    """What the desk does after an answer."""

    TELL = auto()
    """Nothing more: the operator is told."""
    READ_BACK = auto()
    """Look at the account, or at the record, until the effect is seen."""
    READ_OUTCOME = auto()
    """GET the command; if the core has no record, send the same request while `not_after` allows."""
    SEND_AGAIN = auto()
    """The same request again, after the pause that the core asked for."""
    GET_TOKEN = auto()
    """Wait for a new token, then the same request."""


@dataclass(frozen=True)
class Rule:
    """The state that an answer leads to and what follows. QUEUED means: no effect, may be sent again."""

    to: State
    next: Next


REFUSED = Rule(State.REJECTED, Next.TELL)
DECIDE_AGAIN = Rule(State.REVIEW, Next.TELL)
TOO_LATE = Rule(State.EXPIRED, Next.TELL)
NO_TOKEN = Rule(State.QUEUED, Next.GET_TOKEN)
LATER = Rule(State.QUEUED, Next.SEND_AGAIN)
ASK = Rule(State.UNKNOWN, Next.READ_OUTCOME)

PROBLEMS: Mapping[tuple[int, str], Rule] = MappingProxyType(
    {
        (400, "validation"): REFUSED,
        (400, "idempotency_key_missing"): REFUSED,
        (400, "unsupported"): REFUSED,
        (401, "unauthenticated"): NO_TOKEN,
        (403, "forbidden"): REFUSED,
        (403, "self_approval"): REFUSED,
        (404, "not_found"): REFUSED,
        (409, "in_progress"): ASK,
        (409, "illegal_transition"): REFUSED,
        (409, "already_decided"): REFUSED,
        (409, "already_claimed"): REFUSED,
        (410, "cursor_expired"): REFUSED,
        (410, "epoch_changed"): REFUSED,
        (412, "version_mismatch"): DECIDE_AGAIN,
        (422, "idempotency_key_reused"): ASK,
        (422, "command_expired"): TOO_LATE,
        (428, "precondition_required"): REFUSED,
        (429, "rate_limited"): LATER,
        (500, "internal"): ASK,
        (503, "overloaded"): ASK,
    }
)
"""Answers to POST /commands, by status and code (contract, section 8). A key that was used before may hold our own
request (another caller's token), so the record is read and compared."""

STATUSES: Mapping[int, Rule] = MappingProxyType(
    {401: NO_TOKEN, 408: ASK, 409: ASK, 412: DECIDE_AGAIN, 422: ASK, 425: LATER, 429: LATER}
)
"""A problem that can't be read or has a code we do not know: by its status. A 409 may mean that the command is in
progress, a 422 that its key is in use."""

RECORDED: Mapping[str, Rule] = MappingProxyType(
    {
        "pending_approval": Rule(State.AWAITING_APPROVAL, Next.READ_OUTCOME),
        "accepted": Rule(State.ACKED, Next.READ_OUTCOME),
        "executing": Rule(State.ACKED, Next.READ_OUTCOME),
        "succeeded": Rule(State.ACKED, Next.READ_BACK),
        "rejected": REFUSED,
        "failed": REFUSED,
        "expired": TOO_LATE,
        "cancelled": Rule(State.CANCELLED, Next.TELL),
    }
)
"""The core's own record of a command, by its status (contract, 7.4)."""

UNHEARD_OF = Rule(State.ACKED, Next.READ_OUTCOME)
"""A status of a later version of the contract: recorded, and followed until it says something we know."""

FINAL = (DECIDE_AGAIN, TOO_LATE)
"""Refusals that also hold for an earlier attempt still under way: the version stays changed, the deadline past."""


def rule_for(problem: Problem) -> Rule:
    """The rule of a problem that answered an attempt. What the problem says of its effect comes first."""
    known = PROBLEMS.get((problem.status, problem.code)) or STATUSES.get(problem.status)
    if problem.status >= 500:
        return LATER if problem.effect == "none" else ASK
    if problem.effect != "none":
        return ASK
    return known or REFUSED


def of_problem(entry: Entry, problem: Problem) -> tuple[Move, AttemptOutcome, Next]:
    """What a problem makes of the command whose attempt it answers.

    A refusal proves nothing about an earlier attempt without an answer, which may still arrive at the core and be
    judged otherwise: the command then stays UNKNOWN until the fence, and becomes what the refusal says only there.
    """
    rule = rule_for(problem)
    did: AttemptOutcome = "unknown" if rule is ASK else "none"
    text = encode(problem).decode()
    waits_for = "credential" if rule is NO_TOKEN else None
    if rule is ASK:
        return Move(to=State.UNKNOWN, why=problem.code, problem=text), did, rule.next
    if not entry.doubtful or rule in FINAL:
        return Move(to=rule.to, why=problem.code, problem=text, waits_for=waits_for), did, rule.next
    if rule.to is State.QUEUED:
        return Move(to=State.UNKNOWN, why=problem.code, waits_for=waits_for), did, rule.next
    return Move(to=State.UNKNOWN, why="earlier_attempt", problem=text, settles_as=rule.to), did, Next.READ_OUTCOME


def of_record(command: Command) -> tuple[Move, Next]:
    """What the core's record makes of the command."""
    rule = RECORDED.get(command.status, UNHEARD_OF)
    problem = command.problem
    if rule is REFUSED and problem is not None and problem.code == "version_mismatch":
        rule = DECIDE_AGAIN
    if rule is REFUSED and (command.effect == "applied" or (problem is not None and problem.effect == "unknown")):
        rule = DECIDE_AGAIN
    move = Move(
        to=rule.to,
        why=problem.code if problem else None,
        core_status=command.status,
        problem=encode(problem).decode() if problem else None,
        effect=command.effect,
        resulting_version=command.resulting_version,
        effect_seq=command.effect_seq,
    )
    return move, rule.next
