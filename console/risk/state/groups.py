"""The rows of one page by entity, in the order they came."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from console.risk.columns import Array, Bools


class Groups:
    """Sorts a page by entity once, when somebody asks, for all that is kept per entity of that kind.

    `entity` is the dense index + 1, so 0 stands for nobody: the row of state that is read for a missing id and that
    nothing ever writes.
    """

    def __init__(self, index: Array) -> None:
        self.entity = index.astype(np.int64) + 1

    @cached_property
    def _order(self) -> Array:
        """The rows by entity, each entity's in their order."""
        bits = max(len(self.entity) - 1, 1).bit_length()
        key = (self.entity << bits) | np.arange(len(self.entity))  # sorting plain numbers beats a stable argsort
        key.sort()
        return np.asarray(key & ((1 << bits) - 1))

    @cached_property
    def _first(self) -> Array:
        """Per place in that order where its entity begins."""
        ordered = self.entity[self._order]
        starts = np.ones(len(ordered), bool)
        starts[1:] = ordered[1:] != ordered[:-1]
        return np.asarray(np.maximum.accumulate(np.where(starts, np.arange(len(ordered)), 0)))

    @property
    def bound(self) -> int:
        """The least number of rows of state that this page needs."""
        return int(self.entity.max(initial=0)) + 1

    def earlier(self, values: Array) -> Array:
        """Per row the sum of `values` (integers or bools) over the earlier rows of the same entity."""
        if not values.any():
            return np.zeros(len(values), np.int64)
        ordered = values[self._order]
        running = np.cumsum(ordered, dtype=np.int64)
        running -= ordered
        running -= running[self._first]
        result = np.empty_like(running)
        result[self._order] = running
        return result

    def from_here(self, values: Array) -> Array:
        """Per row the sum of `values` (integers or bools) over this and the later rows of the same entity."""
        if not values.any():
            return np.zeros(len(values), np.int64)
        ordered = values[self._order]
        running = np.cumsum(ordered, dtype=np.int64)
        ends = np.append(self._first[1:] != self._first[:-1], True)
        last = np.minimum.accumulate(np.where(ends, np.arange(len(ordered)), len(ordered))[::-1])[::-1]
        result = np.empty_like(running)
        result[self._order] = running[last] - running + ordered
        return result

    def waves(self, chosen: Bools) -> Iterator[Array]:
        """Row numbers of the chosen rows so that no entity occurs twice in one wave and its rows come in order."""
        rows = (chosen & (self.entity > 0)).nonzero()[0]
        return by_rank(rows, self.earlier(chosen)[rows])


def by_rank(rows: Array, rank: Array) -> Iterator[Array]:
    """`rows` split by their `rank`, lowest first; each part keeps the order of `rows`."""
    if not len(rows):
        return
    if not rank.any():
        yield rows
        return
    order = np.argsort(rank, kind="stable")
    cuts = (np.diff(rank[order])).nonzero()[0] + 1
    yield from np.split(rows[order], cuts)
