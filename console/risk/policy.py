"""A policy: how strict the house is, in stances from tight to loose, and what moves it from one to another.

The document is read by `console.risk.policy_text`. Here is what it says, and the machine that moves the stance: every
rule of the drive is a switch with two thresholds (hysteresis), and two moves lie at least the dwell apart. Times are
instants of stream time in µs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from console.risk.automatic import Budget, Measures
from console.risk.columns import DAY
from console.risk.packs import LEVELS

DIGEST_LETTERS = 12
Share = Annotated[float, Meta(ge=0, le=1)]
Amount = Annotated[float, Meta(ge=-1e9, le=1e9)]
Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,31}$")]


class PolicyError(ValueError):
    """A policy that cannot be used; the message names file, line and field."""


@dataclass(frozen=True)
class Levels:
    """The scores from which a level begins, low to critical, and the level from which on a hit opens an alert."""

    low: Share
    medium: Share
    high: Share
    critical: Share
    alert: Literal["low", "medium", "high", "critical"]

    def __post_init__(self) -> None:
        if not 0 < self.low < self.medium < self.high < self.critical:
            raise ValueError("must rise from low to critical, above 0")

    @property
    def thresholds(self) -> tuple[float, float, float, float]:
        return self.low, self.medium, self.high, self.critical

    @property
    def alert_level(self) -> int:
        """1 low .. 4 critical."""
        return LEVELS.index(self.alert)


@dataclass(frozen=True)
class Limits:
    """How far limits go. `offer_factor` scales what a person's ability carries; a raise leads to at most `raise_factor`
    times the present limit; after `cut_after_days` days past due what is unused of a limit is taken back (0: never).
    """

    offer_factor: Annotated[float, Meta(ge=0, le=3)] = 1.0
    raise_factor: Annotated[float, Meta(ge=1, le=10)] = 2.0
    cut_after_days: Annotated[int, Meta(ge=0, le=365)] = 0


@dataclass(frozen=True)
class Cutoffs:
    """Scorecard points: at `approve_above` and more an application is good enough, below `decline_below` it is not;
    what lies between is referred to a person. On the usual scale 600 points are odds of 30 good to 1 bad, and 20 points
    double the odds (Siddiqi 2006, Credit Risk Scorecards, ch. 6).
    """

    approve_above: Amount
    decline_below: Amount

    def __post_init__(self) -> None:
        if self.decline_below > self.approve_above:
            raise ValueError("decline_below must not lie above approve_above")


@dataclass(frozen=True)
class Stance:
    """One way to be strict. Without `levels` those of the rule packs hold."""

    cutoffs: Cutoffs
    levels: Levels | None = None
    limits: Limits = field(default_factory=Limits)
    automatic: Measures = field(default_factory=lambda: Measures(freeze=False))


@dataclass(frozen=True)
class Rule:
    """A switch: on from `enter` on, off again from `leave` on, by an indicator's newest value.

    With `enter` above `leave` it goes on when the indicator rises, else when it falls. While on it asks for `stance`.
    """

    indicator: Name
    enter: Amount
    leave: Amount
    stance: Name

    def __post_init__(self) -> None:
        if self.enter == self.leave:
            raise ValueError("enter and leave must differ: between them the rule stays as it is")

    @property
    def rising(self) -> bool:
        return self.enter > self.leave

    def turned(self, on: bool, value: float) -> bool:
        """Whether the switch is on after a value, when it was or was not before."""
        value, enter, leave = (value, self.enter, self.leave) if self.rising else (-value, -self.enter, -self.leave)
        return value > leave if on else value >= enter


@dataclass(frozen=True)
class Drive:
    """What moves the stance. `stance` holds where no rule asks for another; `apply` says who moves it."""

    stance: Name
    dwell_days: Annotated[float, Meta(ge=0, le=730)]
    apply: Literal["proposal", "automatic"] = "proposal"
    rule: tuple[Rule, ...] = ()

    @property
    def dwell(self) -> int:
        """The least time between two moves, µs."""
        return round(self.dwell_days * DAY)


@dataclass(frozen=True)
class Policy:
    """A whole document: `stances` in order from tight to loose, and `text` as it was written."""

    name: str
    text: str
    drive: Drive
    stances: Mapping[str, Stance]
    budget: Budget
    shadow: bool

    @property
    def version(self) -> str:
        return digest(self.text)

    def tightness(self, stance: str) -> int:
        """0 for the loosest, more for the tighter. Raises ValueError for a stance that the policy has not."""
        order = list(self.stances)
        return len(order) - 1 - order.index(stance)


def digest(text: str) -> str:
    """The version of a policy's text: the first hex digits of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LETTERS]


def stamp(version: str, stance: str) -> str:
    """What alerts, commands and decisions are stamped with."""
    return f"{version}/{stance}"


# ---------------------------------------------------------------- what moves the stance


class Reading(NamedTuple):
    """An indicator's value as it became known at an instant."""

    indicator: str
    at: int
    value: float


class Switch(NamedTuple):
    """A rule of the drive, whether it is on, and the value and instant that last turned it; None before any."""

    rule: Rule
    on: bool = False
    turned_by: Reading | None = None
    newest: Reading | None = None


class Standing(NamedTuple):
    """The stance in force and since when."""

    stance: str
    since: int


class Move(NamedTuple):
    """A change of stance, with the switches that ask for it; none where the reason for the present stance is gone."""

    stance: str
    because: tuple[Switch, ...]


def switches(drive: Drive, readings: Iterable[Reading]) -> list[Switch]:
    """Every rule's switch after readings in the order in which they became known.

    An indicator that was never read leaves its rules off; one that falls silent leaves them as they are.
    """
    found = [Switch(rule) for rule in drive.rule]
    for reading in readings:
        for place, switch in enumerate(found):
            if switch.rule.indicator != reading.indicator or reading.value != reading.value:
                continue
            on = switch.rule.turned(switch.on, reading.value)
            turned = switch.turned_by if on == switch.on else reading
            found[place] = Switch(switch.rule, on, turned, reading)
    return found


def wanted(policy: Policy, found: Iterable[Switch]) -> Move:
    """The stance that the switches ask for: the tightest of those that are on and ask for one tighter than usual.

    Where none does, a looser one, but only where every rule that may loosen is on, and then the tightest of theirs.
    """
    usual = policy.tightness(policy.drive.stance)
    found = list(found)
    asking = [switch for switch in found if switch.on and policy.tightness(switch.rule.stance) > usual]
    loosen = [switch for switch in found if policy.tightness(switch.rule.stance) < usual]
    if not asking and loosen and all(switch.on for switch in loosen):
        asking = loosen
    if not asking:
        return Move(policy.drive.stance, ())
    tightest = max((switch.rule.stance for switch in asking), key=policy.tightness)
    return Move(tightest, tuple(switch for switch in asking if switch.rule.stance == tightest))


def due(policy: Policy, standing: Standing, found: Iterable[Switch], now: int) -> Move | None:
    """The move that is due now; None where the stance stays: nothing else is asked for, or it has not dwelt enough."""
    move = wanted(policy, found)
    if move.stance == standing.stance or now - standing.since < policy.drive.dwell:
        return None
    return move


def driven(policy: Policy, readings: Iterable[Reading], begun: int) -> list[Standing]:
    """The stances that the drive would have taken by itself from an instant on, looking at every reading."""
    stood = [Standing(policy.drive.stance, begun)]
    known: list[Reading] = []
    for reading in readings:
        known.append(reading)
        move = due(policy, stood[-1], switches(policy.drive, known), reading.at) if reading.at >= begun else None
        if move is not None:
            stood.append(Standing(move.stance, reading.at))
    return stood
