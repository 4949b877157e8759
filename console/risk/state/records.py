"""One fixed-size record an entity, changed now and then, read by every event of the entity."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from console.risk.columns import Array, Bools
from console.risk.state.groups import Groups
from console.risk.state.growth import grown, packed, unpacked


class Records:
    """An array of structs of `dtype`, whose size is a multiple of 8 bytes. A new record is all zeros."""

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        self._dtype = dtype
        self._words = np.zeros((1, dtype.itemsize // 8), np.uint64)

    def through(
        self, groups: Groups, changes: Bools, reads: Sequence[Array], apply: Callable[[Array, Array, Array], None]
    ) -> list[Array]:
        """Apply the rows marked in `changes`; return copies of the records that the rows of each part of `reads` saw.

        `apply(table, entities, rows)` changes the records of `entities` by the page's `rows`; no entity comes twice
        in one call, and its rows come in the order of the page.
        """
        self._words = grown(self._words, groups.bound)
        table = self._words.view(self._dtype).reshape(-1)
        seen = [self._words.take(groups.entity[part], axis=0) for part in reads]
        if not changes.any():
            return [part.view(self._dtype).reshape(-1) for part in seen]
        earlier = groups.earlier(changes)
        for number, rows in enumerate(groups.waves(changes), 1):
            apply(table, groups.entity[rows], rows)
            for part, copies in zip(reads, seen, strict=True):
                later = np.flatnonzero(earlier[part] == number)
                if len(later):
                    copies[later] = self._words[groups.entity[part[later]]]
        return [part.view(self._dtype).reshape(-1) for part in seen]

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The records of the first `rows` entities."""
        self._words = grown(self._words, rows)
        return {"words": packed(self._words, rows)}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._words = unpacked(state["words"], self._words)
