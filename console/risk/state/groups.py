"""The rows of one page by entity, in the order they came."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise

import numpy as np

from console.risk.columns import Array, Bools


class Groups:
    """Sorts a page by entity once, when somebody asks, for all that is kept per entity of that kind.

    `entity` is the dense index + 1, so 0 stands for nobody: the row of state that is read for a missing id and that
    nothing ever writes. To nobody nothing happens earlier or later.
    """

    def __init__(self, index: Array) -> None:
        self.entity = index.astype(np.int64) + 1

    @cached_property
    def _again(self) -> Array:
        """The rows of the entities that come more than once, by entity, each's in their order; on most pages few."""
        bits = max(len(self.entity) - 1, 1).bit_length()
        key = (self.entity << bits) | np.arange(len(self.entity))  # sorting plain numbers beats a stable argsort
        key.sort()
        entity = key >> bits
        follows = (entity[1:] == entity[:-1]) & (entity[1:] > 0)
        several = np.zeros(len(key), bool)
        several[1:] = follows
        several[:-1] |= follows
        return np.asarray(key[several] & ((1 << bits) - 1))

    @cached_property
    def _first(self) -> Array:
        """Per place in that order where its entity begins."""
        return beginnings(self.entity[self._again])

    @cached_property
    def _last(self) -> Array:
        """Per place in that order where its entity ends."""
        return len(self._again) - 1 - beginnings(self.entity[self._again[::-1]])[::-1]

    @cached_property
    def bound(self) -> int:
        """The least number of rows of state that this page needs."""
        return int(self.entity.max(initial=0)) + 1

    def earlier(self, values: Array) -> Array:
        """Per row the sum of `values` (integers or bools) over the earlier rows of the same entity."""
        result = np.zeros(len(values), np.int64)
        ordered = values[self._again]
        if ordered.any():
            running = ordered.cumsum(dtype=np.int64)
            running -= ordered
            running -= running[self._first]
            result[self._again] = running
        return result

    def from_here(self, values: Array) -> Array:
        """Per row the sum of `values` (integers or bools) over this and the later rows of the same entity."""
        result = values.astype(np.int64)
        ordered = values[self._again]
        if ordered.any():
            running = ordered.cumsum(dtype=np.int64)
            result[self._again] = running[self._last] - running + ordered
        return result

    def steps(self, part: Array, reads: Bools) -> Array:
        """Per row the step, from 0, in which what happens to its entity can be done for all entities at once.

        `part` says what a row changes of its entity, 0 nothing; the parts of an entity do not meet. Within a step no
        entity's part is changed twice, and a row of `reads` comes before all changes of its own step.
        """
        rows = self._again
        rows = rows[(part[rows] > 0) | reads[rows]]
        result = np.zeros(len(part), np.int64)
        if len(rows):
            entity, what = self.entity[rows], part[rows]
            number = np.zeros(len(rows), np.int64)
            begins = np.where(reads[rows[1:]], what[:-1] > 0, what[1:] <= what[:-1])
            number[1:] = (begins & (entity[1:] == entity[:-1])).cumsum()
            result[rows] = number - number[beginnings(entity)]
        return result

    def waves(self, chosen: Bools) -> list[Array]:
        """Row numbers of the chosen rows so that no entity occurs twice in one wave and its rows come in order."""
        rows = (chosen & (self.entity > 0)).nonzero()[0]
        return by_rank(rows, self.earlier(chosen)[rows]) if len(rows) else []


def beginnings(entity: Array) -> Array:
    """Per place in an order by entity where its entity begins."""
    places = np.arange(len(entity))
    places[1:][entity[1:] == entity[:-1]] = 0
    return np.asarray(np.maximum.accumulate(places))


def by_rank(rows: Array, rank: Array) -> list[Array]:
    """`rows` split by their `rank`, from 0 to the highest; each part keeps the order of `rows`."""
    if not rank.any():
        return [rows]
    rows = rows[rank.argsort(kind="stable")]
    return [rows[begin:end] for begin, end in pairwise([0, *np.bincount(rank).cumsum().tolist()])]
