"""A command's life: its states and the only moves between them."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a command stands. A draft lives on the screen only and is never journaled."""

    QUEUED = "QUEUED"
    """Decided and stored; nothing that was sent can have been recorded."""
    SENDING = "SENDING"
    """An attempt was stored and may be on the wire."""
    UNKNOWN = "UNKNOWN"
    """An attempt went out and its outcome is not known."""
    ACKED = "ACKED"
    """The core says it is recorded; the effect has not been seen yet."""
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    """Recorded at the core, waiting for a second person."""
    CONFIRMED = "CONFIRMED"
    """The effect was seen, in the feed or by reading it back."""
    REJECTED = "REJECTED"
    """Refused, no effect."""
    EXPIRED = "EXPIRED"
    """Its deadline passed and it is proved that it had no effect."""
    CANCELLED = "CANCELLED"
    """Withdrawn before any effect."""
    REVIEW = "REVIEW"
    """A person must look: the truth changed under the decision, or the core contradicts itself."""


_FOLLOWED = {
    State.CONFIRMED,
    State.REJECTED,
    State.EXPIRED,
    State.CANCELLED,
    State.REVIEW,
    State.ACKED,
    State.AWAITING_APPROVAL,
}
"""What an answer, the core's record or the feed may say of a command that went out."""

MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.SENDING, State.EXPIRED, State.CANCELLED}),
    State.SENDING: frozenset({State.QUEUED, State.UNKNOWN, *_FOLLOWED}),
    State.UNKNOWN: frozenset({State.SENDING, *_FOLLOWED}),
    State.ACKED: frozenset(_FOLLOWED - {State.ACKED}),
    State.AWAITING_APPROVAL: frozenset(_FOLLOWED - {State.AWAITING_APPROVAL}),
    State.REVIEW: frozenset({State.CONFIRMED}),
    State.CONFIRMED: frozenset(),
    State.REJECTED: frozenset({State.REVIEW}),
    State.EXPIRED: frozenset({State.REVIEW}),
    State.CANCELLED: frozenset({State.REVIEW}),
}
"""Every allowed move. From a refusal to REVIEW: the feed shows an effect that the core had denied."""

SETTLED = frozenset({State.CONFIRMED, State.REJECTED, State.EXPIRED, State.CANCELLED, State.REVIEW})
"""States in which the desk has nothing left to do by itself."""

UNRESOLVED = tuple(state for state in State if state not in SETTLED)

BLOCKING = tuple(state for state in UNRESOLVED if state is not State.AWAITING_APPROVAL)
"""States in which a state-changing command keeps the next one of its account from being decided."""

FREEZE = "account.freeze"

BALLOT = "ballot."
"""Begins the type of what a person decides about a command that waits at the core: approve, reject, cancel."""


def is_ballot(type_: str) -> bool:
    """Whether it is a decision about a command, which is its target, and no command itself."""
    return type_.startswith(BALLOT)


def changes_state(type_: str) -> bool:
    """Whether a type of command changes the account itself; a case.* command only changes who looks at it."""
    return not type_.startswith(("case.", BALLOT))
