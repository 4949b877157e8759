"""What a check is, what it may say, and the list of all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn

if TYPE_CHECKING:
    from console.bench.conformance.hand import Hand
    from console.bench.conformance.trial import Trial

Outcome = Literal["pass", "fail", "skipped"]


class Failed(Exception):
    """The core does not do what the contract says: what was expected, and what was seen."""

    def __init__(self, expected: str, seen: object) -> None:
        super().__init__(f"expected {expected}, seen {seen}")
        self.expected = expected
        self.seen = str(seen)[:600]


class Skipped(Exception):
    """The check could not be made here; `key` names the reason in the catalogue, `values` fill it."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


@dataclass(frozen=True)
class Check:
    """One statement of the contract; `section` is the contract's.

    One that reads gets a Trial; one that `writes` sends commands and gets a Hand.
    """

    name: str
    section: str
    writes: bool
    run: Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Verdict:
    """What came of one check; `seconds` is how long it took."""

    check: Check
    outcome: Outcome
    expected: str = ""
    seen: str = ""
    why: str = ""
    seconds: float = 0.0


CHECKS: list[Check] = []
"""Every check that was registered."""


def check(section: str) -> Callable[[Callable[[Trial], Awaitable[None]]], Check]:
    """Register a function that only reads as the check of its own name."""
    return lambda run: _registered(Check(run.__name__, section, False, run))


def command_check(section: str) -> Callable[[Callable[[Hand], Awaitable[None]]], Check]:
    """Register a function that sends commands as the check of its own name."""
    return lambda run: _registered(Check(run.__name__, section, True, run))


def _registered(made: Check) -> Check:
    CHECKS.append(made)
    return made


def expect(holds: object, expected: str, seen: object) -> None:
    """Raise Failed unless the condition holds."""
    if not holds:
        fail(expected, seen)


def fail(expected: str, seen: object) -> NoReturn:
    raise Failed(expected, seen)
