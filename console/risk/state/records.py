"""One fixed-size record an entity, changed now and then, read by every event of the entity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from console.risk.columns import Array
from console.risk.state.groups import Groups, by_rank
from console.risk.state.growth import grown, packed, unpacked


class Records:
    """An array of structs of `dtype`, whose size is a multiple of 8 bytes. A new record is all zeros."""

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        self._dtype = dtype
        self._words = np.zeros((1, dtype.itemsize // 8), np.uint64)

    def through(self, groups: Groups, part: Array, reads: Array, apply: Callable[[Array, Array, Array], None]) -> Array:
        """Apply the rows that change a `part` of a record; return copies of the records that the rows `reads` saw.

        `part` is 0 on the other rows; what two parts write must not meet. `apply(table, entities, rows)` changes the
        records of `entities` by the page's `rows`, which come in their order; within one call no part of an entity
        comes twice.
        """
        self._words = grown(self._words, groups.bound)
        table = self._words.view(self._dtype).reshape(-1)
        seen = self._words.take(groups.entity[reads], axis=0)
        changes = ((part > 0) & (groups.entity > 0)).nonzero()[0]
        if len(changes):
            reading = np.zeros(len(part), bool)
            reading[reads] = True
            step = groups.steps(part, reading)
            later = by_rank(np.arange(len(reads)), step[reads])
            for number, rows in enumerate(by_rank(changes, step[changes]), 1):
                apply(table, groups.entity[rows], rows)
                if number < len(later):
                    seen[later[number]] = self._words.take(groups.entity[reads[later[number]]], axis=0)
        return seen.view(self._dtype).reshape(-1)

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The records of the first `rows` entities."""
        self._words = grown(self._words, rows)
        return {"words": packed(self._words, rows)}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._words = unpacked(state["words"], self._words)
