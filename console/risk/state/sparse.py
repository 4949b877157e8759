"""Records that few entities have, changed one by one in the order of the feed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from console.risk.columns import Array
from console.risk.state.asof import latest
from console.risk.state.growth import grown, packed, unpacked


class Few(NamedTuple):
    """Records of those rows that have one, in their order; the other rows' records would be all zeros."""

    rows: Array
    records: Array


class Sparse:
    """A record of `dtype` only for entities that have one; the others share the empty record 0.

    Entities are dense indices + 1. What is read is what the rows of the page saw that was begun last.
    """

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        self._dtype = dtype
        self._place = np.zeros(1, np.int32)
        self._records = np.zeros(1, dtype)
        self._used = 1
        self.begin(1)

    def begin(self, bound: int) -> None:
        """A new page, whose entities are below `bound`."""
        self._place = grown(self._place, bound)
        self._before: dict[int, Array] = {}
        self._changed: list[int] = []
        self._changed_by: list[int] = []
        self._became: list[Array] = []

    def place_of(self, entity: int) -> int:
        """Where the entity's record is, 0 when it has none."""
        return int(self._place[entity]) if entity < len(self._place) else 0

    def stands(self, entity: int) -> Array:
        """The entity's record to look at, all zeros when it has none."""
        record: Array = self._records[self.place_of(entity)]
        return record

    def record(self, entity: int) -> Array:
        """The entity's record to change; a new one is all zeros. Tell `changed` afterwards."""
        if entity >= len(self._place):
            self._place = grown(self._place, entity + 1)
        if not self._place[entity]:
            self._records = grown(self._records, self._used + 1)
            self._place[entity] = self._used
            self._used += 1
        record: Array = self._records[self._place[entity]]
        if entity not in self._before:
            self._before[entity] = record.copy()
        return record

    def changed(self, entity: int, row: int) -> None:
        """The record of `entity` is from `row` on as it stands now."""
        self._changed.append(entity)
        self._changed_by.append(row)
        self._became.append(self._records[self._place[entity]].copy())

    def changes(self) -> list[tuple[int, int, Array]]:
        """(entity, row, record after it) of each change of the page, in order."""
        return list(zip(self._changed, self._changed_by, self._became, strict=True))

    def seen(self, entity: Array, rows: Array) -> Few:
        """Copies of the records of those entities that have one, as the page's `rows` saw them."""
        place = self._place[np.where(entity < len(self._place), entity, 0)]
        some = place.nonzero()[0]
        seen = self._records.take(place[some])
        if self._before and len(some):
            entity, rows = entity[some], rows[some]
            who = np.array(sorted(self._before))
            moved = (who[np.minimum(np.searchsorted(who, entity), len(who) - 1)] == entity).nonzero()[0]
            if not len(moved):
                return Few(some, seen)
            before = np.array([self._before[one] for one in who.tolist()], self._dtype)
            change = latest(entity[moved], rows[moved], np.array(self._changed), np.array(self._changed_by))
            became = np.array([*self._became, *before[:1]], self._dtype)  # the last one stands for no change
            seen[moved] = np.where(change >= 0, became[change], before[np.searchsorted(who, entity[moved])])
        return Few(some, seen)

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The places of the first `rows` entities and the records they point at."""
        self._place = grown(self._place, rows)
        return {"place": packed(self._place, rows), "records": packed(self._records, self._used)}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._place = unpacked(state["place"], self._place)
        self._records = unpacked(state["records"], self._records)
        self._used = len(self._records)
        self.begin(len(self._place))
