"""Lifetime sums of each entity in whole numbers, so that they are the same however a page was cut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from console.risk.columns import Array
from console.risk.state.groups import Groups
from console.risk.state.growth import grown, packed, unpacked


class Sums:
    """What each row of a page saw of its entity's sums, by name, worked out when asked for."""

    def __init__(self, sums: dict[str, Array], groups: Groups, added: dict[str, Array], reads: Array) -> None:
        self._sums, self._groups, self._added, self._reads = sums, groups, added, reads
        self._seen: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._seen:
            entity = self._groups.entity[self._reads]
            seen = self._sums[name][entity] - self._groups.from_here(self._added[name])[self._reads]
            self._seen[name] = np.where(entity > 0, seen, 0)
        return self._seen[name]


class Tally:
    """Named int64 sums."""

    def __init__(self, *names: str) -> None:
        self._sums = {name: np.zeros(1, np.int64) for name in names}

    def total(self, name: str, groups: Groups) -> Array:
        """Per row of a page that is still to come the sum of its entity."""
        self._sums[name] = grown(self._sums[name], groups.bound)
        return self._sums[name][groups.entity]

    def through(self, groups: Groups, added: dict[str, Array], reads: Sequence[Array]) -> list[Sums]:
        """Add the whole-page columns `added` (integers or bools; 0 for nobody); tells what the parts of `reads` saw."""
        for name, values in added.items():
            sums = self._sums[name] = grown(self._sums[name], groups.bound)
            rows = values.nonzero()[0]
            np.add.at(sums, groups.entity[rows], values[rows].astype(np.int64))
        return [Sums(self._sums, groups, added, part) for part in reads]

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The sums of the first `rows` entities."""
        self._sums = {name: grown(sums, rows) for name, sums in self._sums.items()}
        return {name: packed(sums, rows) for name, sums in self._sums.items()}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._sums = {name: unpacked(state[name], sums) for name, sums in self._sums.items()}
