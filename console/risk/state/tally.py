"""Lifetime sums of each entity in whole numbers, so that they are the same however a page was cut."""

from __future__ import annotations

import numpy as np

from console.risk.columns import Array
from console.risk.state.groups import Groups
from console.risk.state.growth import grown, packed, unpacked


class Tally:
    """Named int64 sums."""

    def __init__(self, *names: str) -> None:
        self._sums = {name: np.zeros(1, np.int64) for name in names}

    def through(self, groups: Groups, added: dict[str, Array], reads: Array) -> dict[str, Array]:
        """Add the whole-page columns `added` (integers or bools); return what each row of `reads` saw before it."""
        seen = {}
        for name, values in added.items():
            sums = self._sums[name] = grown(self._sums[name], groups.bound)
            before = sums[groups.entity] + groups.earlier(values)
            someone = groups.entity > 0
            np.add.at(sums, groups.entity[someone], values[someone].astype(np.int64))
            seen[name] = np.where(someone, before, 0)[reads]
        return seen

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The sums of the first `rows` entities."""
        self._sums = {name: grown(sums, rows) for name, sums in self._sums.items()}
        return {name: packed(sums, rows) for name, sums in self._sums.items()}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._sums = {name: unpacked(state[name], sums) for name, sums in self._sums.items()}
