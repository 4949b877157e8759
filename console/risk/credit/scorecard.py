"""A scorecard: points for what is known of an applicant, a probability of default from their sum, reasons for losses.

Each characteristic is cut into bins and each bin has points, in whole numbers, the worst bin of a characteristic 0. The
sum with the card's base stands for odds of good to bad that double every `doubling` points (Siddiqi, Credit Risk
Scorecards, 2006, ch. 6). A missing value has a bin of its own, and so has a category that the fit never saw.
"""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from msgspec import Struct

MOST_BYTES = 8_000_000
MOST_CHARACTERISTICS = 2_000
MOST_BINS = 500
MOST_LETTERS = 200
MOST_POINTS = 100_000
"""Bounds of a card that is read, each far beyond any that a person could look through."""
REASONS = 4
"""An applicant is told no more reasons than these: more would tell nothing (Regulation B, comment 9(b)(2)-1)."""

Value = float | str | None


class UnusableCard(ValueError):
    """Bytes that are no scorecard, or one that can't be right; the message says why."""


class Bin(Struct, frozen=True):
    """Where a value falls: its weight of evidence, ln(share of the good / share of the bad), and its points.

    `share` is how many of the applicants of the fit fell there, `bad` how many of these defaulted, both 0..1.
    """

    woe: float
    points: int
    share: float
    bad: float


class Number(Struct, frozen=True, tag="number", tag_field="kind"):
    """A characteristic that is a number: bin i holds edges[i - 1] <= value < edges[i]. `reason` is its reason code."""

    name: str
    reason: str
    edges: list[float]
    bins: list[Bin]
    missing: Bin

    @property
    def all_bins(self) -> list[Bin]:
        """The bins by place; the last holds what is missing."""
        return [*self.bins, self.missing]

    def place(self, value: Value) -> int:
        """Where a value falls; None and what is no finite number are missing. Raises TypeError for a text."""
        if isinstance(value, str):
            raise TypeError(f"{self.name} is a number, not {value[:40]!r}")
        if value is None or not math.isfinite(value):
            return len(self.bins)
        return bisect_right(self.edges, value)

    def label(self, place: int) -> str:
        """A bin as people write it, '' for the missing."""
        if place == len(self.bins):
            return ""
        low = f">= {self.edges[place - 1]:.12g}" if place > 0 else ""
        high = f"< {self.edges[place]:.12g}" if place < len(self.edges) else ""
        return f"{low} {high}".strip() or "*"


class Category(Struct, frozen=True, tag="category", tag_field="kind"):
    """A characteristic in words: bin i holds the words of groups[i], `other` those that are rare or were never seen."""

    name: str
    reason: str
    groups: list[list[str]]
    bins: list[Bin]
    missing: Bin
    other: Bin

    @property
    def all_bins(self) -> list[Bin]:
        """The bins by place; the last two hold what is missing and the other words."""
        return [*self.bins, self.missing, self.other]

    def place(self, value: Value) -> int:
        """Where a value falls; None and empty text are missing."""
        text = word(value)
        if not text:
            return len(self.bins)
        return next((place for place, group in enumerate(self.groups) if text in group), len(self.bins) + 1)

    def label(self, place: int) -> str:
        """A bin's words, '' for the missing, '*' for all others."""
        if place >= len(self.bins):
            return "" if place == len(self.bins) else "*"
        return ", ".join(self.groups[place])


Characteristic = Number | Category


class Scaling(Struct, frozen=True):
    """`points` stand for `odds` of good to bad; `doubling` more points double them."""

    points: float = 600.0
    odds: float = 30.0
    doubling: float = 20.0

    def pd(self, points: float) -> float:
        """The probability of default, 0..1; falls as points rise."""
        return 1 / (1 + self.odds * 2 ** max(-500.0, min(500.0, (points - self.points) / self.doubling)))

    def of(self, pd: float) -> float:
        """The points that stand for a probability of default in (0, 1)."""
        return self.points + self.doubling * math.log2((1 - pd) / pd / self.odds)


class Contribution(NamedTuple):
    """What one characteristic gave: its points, those lost against its best bin, and the bin as people write it."""

    name: str
    reason: str
    value: Value
    label: str
    points: int
    lost: int
    woe: float


class Assessment(NamedTuple):
    """An applicant's points and probability of default (0..1), what each characteristic gave, in the card's order, and
    the reason codes of those that lost most, greatest loss first."""

    points: int
    pd: float
    contributions: tuple[Contribution, ...]
    reason_codes: tuple[str, ...]


class Scorecard(Struct, frozen=True):
    """Everything that an assessment takes from the fit. `base` are the points of an applicant at the worst of all bins.

    `target` is the column that was learned, `bad` its value that means default; `made_of` rows, `defaults` of them bad.
    """

    target: str
    bad: str
    base: int
    scaling: Scaling
    characteristics: list[Characteristic]
    made_of: int
    defaults: int

    def assess(self, values: Mapping[str, Value]) -> Assessment:
        """Judge an applicant. What `values` lacks is missing, what the card does not ask is ignored.

        Raises TypeError for a text where the card wants a number.
        """
        parts = tuple(_contribution(one, values.get(one.name)) for one in self.characteristics)
        points = self.base + sum(part.points for part in parts)
        lost = sorted((part for part in parts if part.lost), key=lambda part: -part.lost)
        reasons = tuple(dict.fromkeys(part.reason for part in lost))[:REASONS]
        return Assessment(points, self.scaling.pd(points), parts, reasons)

    def to_json(self) -> bytes:
        """The card as JSON; equal cards give equal bytes."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"

    @classmethod
    def from_json(cls, body: bytes) -> Scorecard:
        """Read a card and make sure that it can be used. Raises UnusableCard."""
        if len(body) > MOST_BYTES:
            raise UnusableCard(f"the scorecard has more than {MOST_BYTES} bytes")
        try:
            card = msgspec.json.decode(body, type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise UnusableCard(f"the scorecard can't be read: {error}") from error
        _check(card)
        return card


def word(value: Value) -> str:
    """A category as it is compared: composed Unicode without space around it; a whole number without its point."""
    if value is None or value != value:
        return ""
    text = value if isinstance(value, str) else f"{value:.12g}"
    return unicodedata.normalize("NFC", text).strip()[:MOST_LETTERS]


def _contribution(one: Characteristic, value: Value) -> Contribution:
    place, bins = one.place(value), one.all_bins
    lost = max(each.points for each in bins) - bins[place].points
    return Contribution(one.name, one.reason, value, one.label(place), bins[place].points, lost, bins[place].woe)


def _check(card: Scorecard) -> None:
    scaling = card.scaling
    _demand(all(map(math.isfinite, (scaling.points, scaling.odds, scaling.doubling))), "its scaling is not finite")
    _demand(scaling.odds > 0 and scaling.doubling > 0, "odds and doubling of its scaling must be above 0")
    _demand(abs(card.base) <= MOST_POINTS, f"its base is beyond {MOST_POINTS} points")
    _demand(0 <= card.defaults <= card.made_of, "it is made of fewer rows than defaults")
    _demand(len(card.characteristics) <= MOST_CHARACTERISTICS, f"more than {MOST_CHARACTERISTICS} characteristics")
    names = [one.name for one in card.characteristics]
    _demand(len(set(names)) == len(names), "a characteristic stands twice")
    for one in card.characteristics:
        _check_one(one)


def _check_one(one: Characteristic) -> None:
    name = one.name[:40]
    _demand(0 < len(one.name) <= MOST_LETTERS and 0 < len(one.reason) <= MOST_LETTERS, f"a name or reason: {name!r}")
    _demand(0 < len(one.bins) <= MOST_BINS, f"{name!r} has {len(one.bins)} bins")
    if isinstance(one, Number):
        rising = all(low < high for low, high in zip(one.edges, one.edges[1:], strict=False))
        _demand(rising and all(map(math.isfinite, one.edges)), f"the edges of {name!r} do not rise")
        _demand(len(one.bins) == len(one.edges) + 1, f"the edges of {name!r} do not part its bins")
    else:
        _demand(len(one.bins) == len(one.groups), f"the groups of {name!r} are not its bins")
        words = [each for group in one.groups for each in group]
        _demand(len(set(words)) == len(words), f"a word of {name!r} stands in two bins")
        _demand(all(each and word(each) == each for each in words), f"a word of {name!r} can never be met")
    for each in one.all_bins:
        _demand(math.isfinite(each.woe), f"a weight of evidence of {name!r} is not finite")
        _demand(abs(each.points) <= MOST_POINTS, f"a bin of {name!r} is beyond {MOST_POINTS} points")
        _demand(0 <= each.share <= 1 and 0 <= each.bad <= 1, f"a share of {name!r} is not in 0..1")


def _demand(holds: bool, what: str) -> None:
    if not holds:
        raise UnusableCard(f"the scorecard can't be used: {what}")
