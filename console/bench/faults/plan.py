"""What goes wrong with each command: drawn from the seed before the command exists, so that a seed names a run.

A fault on a request is two things: what of it reaches the core, and what the desk gets to hear.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum, StrEnum, auto


class Reach(Enum):
    """What of a request reaches the core, and when."""

    ONCE = auto()
    NEVER = auto()
    TWICE = auto()
    """At once, two times."""
    AGAIN = auto()
    """At once, then once more seconds later and once more after its deadline."""
    LATE = auto()
    """Seconds later, and after its deadline once more."""
    PAST = auto()
    """Only once its deadline has passed. When nothing is told, the line breaks at once."""


class Says(Enum):
    """What the desk hears."""

    TRUTH = auto()
    """The core's own answer, if the request reached it in time; otherwise the line breaks."""
    NOTHING = auto()
    """The line breaks."""
    PART = auto()
    """The first half of the answer, then the line breaks."""
    GARBAGE = auto()
    """Status 200 and a body that is no JSON."""
    PAGE = auto()
    """Status 200 and an HTML page."""
    GONE = auto()
    """Status 404, the right date and an HTML page: somebody on the way answered in the core's place."""
    OTHERS = auto()
    """Status 200 and readable JSON that is no answer to this."""
    SLOWLY = auto()
    """The core's own answer after the deadline."""
    E500 = auto()
    E500_NONE = auto()
    """500 with effect none: the core gives its word that nothing happened."""
    E503 = auto()
    E429 = auto()
    E408 = auto()
    E409 = auto()
    """409 in_progress."""


@dataclass(frozen=True)
class Fault:
    """One way in which a request goes wrong."""

    name: str
    reach: Reach
    says: Says


NONE = Fault("none", Reach.ONCE, Says.TRUTH)

SENT: tuple[tuple[Fault, float], ...] = (
    (Fault("drop before", Reach.NEVER, Says.NOTHING), 6),
    (Fault("drop after", Reach.ONCE, Says.NOTHING), 6),
    (Fault("500 before", Reach.NEVER, Says.E500), 3),
    (Fault("500 after", Reach.ONCE, Says.E500), 3),
    (Fault("500 without effect", Reach.NEVER, Says.E500_NONE), 2),
    (Fault("503 before", Reach.NEVER, Says.E503), 2),
    (Fault("503 after", Reach.ONCE, Says.E503), 2),
    (Fault("429", Reach.NEVER, Says.E429), 3),
    (Fault("408 after", Reach.ONCE, Says.E408), 1),
    (Fault("in progress", Reach.LATE, Says.E409), 2),
    (Fault("truncated body", Reach.ONCE, Says.PART), 3),
    (Fault("garbage body", Reach.ONCE, Says.GARBAGE), 3),
    (Fault("HTML page", Reach.ONCE, Says.PAGE), 1),
    (Fault("another's answer", Reach.ONCE, Says.OTHERS), 1),
    (Fault("sent twice", Reach.TWICE, Says.TRUTH), 3),
    (Fault("sent again later", Reach.AGAIN, Says.TRUTH), 4),
    (Fault("delivered late", Reach.LATE, Says.NOTHING), 6),
    (Fault("delivered past deadline", Reach.PAST, Says.NOTHING), 3),
    (Fault("held past deadline", Reach.PAST, Says.TRUTH), 0.7),
    (Fault("answered past deadline", Reach.ONCE, Says.SLOWLY), 0.7),
)
"""Faults on a POST with their weights; out of 100, the rest goes well."""

READ: tuple[tuple[Fault, float], ...] = (
    (Fault("read dropped", Reach.NEVER, Says.NOTHING), 3),
    (Fault("read's answer dropped", Reach.ONCE, Says.NOTHING), 2),
    (Fault("read 500", Reach.NEVER, Says.E500), 2),
    (Fault("read 503", Reach.NEVER, Says.E503), 1),
    (Fault("read 429", Reach.NEVER, Says.E429), 1),
    (Fault("read truncated", Reach.ONCE, Says.PART), 2),
    (Fault("read garbage", Reach.ONCE, Says.GARBAGE), 2),
    (Fault("read HTML page", Reach.ONCE, Says.PAGE), 1),
    (Fault("read 404 page", Reach.NEVER, Says.GONE), 1.5),
    (Fault("read another's answer", Reach.ONCE, Says.OTHERS), 1),
)
"""Faults on a GET with their weights, out of 100."""


class Moment(StrEnum):
    """Where a command stands when its watcher is killed."""

    QUEUED = "QUEUED"
    BEFORE = "SENDING, before it was applied"
    AFTER = "SENDING, after it was applied"
    UNKNOWN = "UNKNOWN"
    ACKED = "ACKED"
    AWAITING = "AWAITING_APPROVAL"


class Meddling(StrEnum):
    """When somebody else changes the account of a command."""

    NEVER = "never"
    DECIDING = "after the operator looked, before the decision"
    UNDER_WAY = "between two attempts"
    APPROVAL = "while it waits for approval"


class Second(StrEnum):
    """What becomes of a command that waits for a second person."""

    APPROVED = "approved"
    REJECTED = "rejected"
    IGNORED = "ignored"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Script:
    """What will happen to one command: the faults of its first attempts, a kill, what other people do.

    `kill` is never AWAITING: `killed_waiting` says so of a command that comes to wait for a second person.
    """

    attempts: tuple[Fault, ...] = ()
    kill: Moment | None = None
    meddling: Meddling = Meddling.NEVER
    second: Second = Second.APPROVED
    killed_waiting: bool = False
    withdrawn: bool = False

    def attempt(self, number: int) -> Fault:
        """The fault of an attempt, counted from 0; after the scripted ones everything goes well."""
        return self.attempts[number] if number < len(self.attempts) else NONE


DROPPED = (SENT[0][0], SENT[1][0])
"""What goes wrong first when something is to happen between two attempts."""
KILLS = 0.04
"""The share of commands whose watcher is killed, at one of the moments."""
KILLED_WAITING = 0.08
"""The same of the commands that wait for a second person."""
MEDDLED = 0.14
"""The share of commands whose account somebody else changes at a bad moment."""
WITHDRAWN = 0.03
"""The share of commands that their operator takes back at once."""
SECONDS = {Second.APPROVED: 55, Second.REJECTED: 20, Second.IGNORED: 15, Second.CANCELLED: 10}
FIRST_FAULTS = 3
"""Attempts of a command that may go wrong."""


class Plan:
    """The run's misfortunes, drawn one after another from the seed."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(f"plan {seed}")

    def script(self) -> Script:
        """The next command's script."""
        attempts = tuple(self._draw(SENT) for _ in range(FIRST_FAULTS))
        kill = self._random.choice(tuple(Moment)[:-1]) if self._chance(KILLS) else None
        meddling = self._random.choice(tuple(Meddling)[1:]) if self._chance(MEDDLED) else Meddling.NEVER
        (second,) = self._random.choices(tuple(SECONDS), tuple(SECONDS.values()))
        if meddling is Meddling.UNDER_WAY or kill is Moment.UNKNOWN:
            attempts = (self._random.choice(DROPPED), *attempts[1:])
        if kill in (Moment.ACKED, Moment.AFTER):
            attempts = ()
        return Script(attempts, kill, meddling, second, self._chance(KILLED_WAITING), self._chance(WITHDRAWN))

    def reading(self) -> Fault:
        """The next read's fault."""
        return self._draw(READ)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _draw(self, faults: tuple[tuple[Fault, float], ...]) -> Fault:
        point = self._random.uniform(0, 100)
        for fault, weight in faults:
            point -= weight
            if point < 0:
                return fault
        return NONE
