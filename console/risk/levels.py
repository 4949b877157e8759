"""Which scores are which level, place by place in the feed: the packs' own, or those of the policy's stance in force.

A change of policy counts from a seq on, so that a mirror that is built anew gives the same levels at the same events.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from console.risk.columns import Array, Floats
from console.risk.packs import Pack
from console.risk.score import level_of


class Scale(NamedTuple):
    """From `from_seq` on: the scores from which the levels low to critical begin, the level (1..4) from which on a hit
    opens an alert, and the policy that says so, as stamped; None where there is none."""

    from_seq: int
    thresholds: tuple[float, float, float, float]
    alert_level: int
    policy: str | None = None

    @property
    def begins(self) -> tuple[float, ...]:
        """The score from which each level begins, none to critical."""
        return (0.0, *self.thresholds)


class Levels:
    """The scales of a feed, one after the other; the first holds from its beginning."""

    def __init__(self, scales: Sequence[Scale]) -> None:
        self.scales = sorted(scales, key=lambda scale: scale.from_seq)
        self._from = [scale.from_seq for scale in self.scales]

    @classmethod
    def of_pack(cls, pack: Pack) -> Levels:
        """The packs' own, from the beginning on."""
        return cls([Scale(0, pack.thresholds, pack.alert_level)])

    def at(self, seq: int) -> Scale:
        """The scale that holds at a seq."""
        return self.scales[max(0, int(np.searchsorted(self._from, seq, side="right")) - 1)]

    def of(self, score: Floats, seqs: Array) -> Array:
        """The levels (0..4, u1) of scores at places in the feed, which rise; a NaN is none."""
        levels = np.empty(len(score), np.uint8)
        for begin, end, scale in self._stretches(seqs):
            levels[begin:end] = level_of(score[begin:end], scale.thresholds)
        return levels

    def opens_at(self, seqs: Array) -> Array:
        """The level from which on a hit opens an alert, at places in the feed, which rise."""
        least = np.empty(len(seqs), np.uint8)
        for begin, end, scale in self._stretches(seqs):
            least[begin:end] = scale.alert_level
        return least

    def _stretches(self, seqs: Array) -> list[tuple[int, int, Scale]]:
        """(from, to, scale) of the rows of a page."""
        if not len(seqs):
            return []
        cuts = [0, *np.searchsorted(seqs, self._from[1:]).tolist(), len(seqs)]
        stretches = zip(pairwise(cuts), self.scales, strict=True)
        return [(begin, end, scale) for (begin, end), scale in stretches if begin < end]
