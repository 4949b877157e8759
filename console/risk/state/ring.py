"""The last events of each entity.

A ring has `keep` + `slack` slots. A page is cut into waves in which no entity writes more than `slack` times; so a
wave is written at once and every row still finds the `keep` entries before its own untouched. What a row sees is
independent of how the stream was cut into pages.
"""

from __future__ import annotations

import numpy as np

from console.risk.columns import Array, Bools
from console.risk.state.groups import Groups
from console.risk.state.growth import grown, packed, unpacked


class Ring:
    """Struct of arrays: `at` (µs) and further fields, each (entities, slots). An unused slot has `at` 0."""

    def __init__(self, keep: int, slack: int, fields: dict[str, str]) -> None:
        slots = keep + slack
        if slots & (slots - 1):
            raise ValueError("keep + slack must be a power of two")
        self.keep, self._slack, self._slots = keep, slack, slots
        self._written = np.zeros(1, np.int64)
        self._fields = {name: np.zeros((1, slots), dtype) for name, dtype in {"at": "i8", **fields}.items()}

    def through(self, groups: Groups, writes: Bools, reads: Array, values: dict[str, Array]) -> dict[str, Array]:
        """Append the rows marked in `writes`; return what each row of `reads` saw just before it.

        `values` are columns of the whole page. Returned per field: (keep, len(reads)), newest arrival first.
        """
        self._grow(groups.bound)
        writes = writes & (groups.entity > 0)
        rank = groups.earlier(writes)
        ordinal = self._written[groups.entity] + rank
        rows, wave = np.flatnonzero(writes), rank // self._slack
        self._write(groups.entity, ordinal, rows[wave[rows] == 0], values)
        seen = self._read(groups.entity[reads], ordinal[reads])
        for number in range(1, int(wave.max(initial=0)) + 1):
            self._write(groups.entity, ordinal, rows[wave[rows] == number], values)
            later = np.flatnonzero(wave[reads] == number)
            for name, field in self._read(groups.entity[reads[later]], ordinal[reads[later]]).items():
                seen[name][:, later] = field
        return seen

    def _write(self, entity: Array, ordinal: Array, rows: Array, values: dict[str, Array]) -> None:
        place = (entity[rows], ordinal[rows] & (self._slots - 1))
        for name, field in self._fields.items():
            field[place] = values[name][rows]
        self._written[entity[rows]] = ordinal[rows] + 1  # of repeated entities the last one stays

    def _read(self, entity: Array, ordinal: Array) -> dict[str, Array]:
        slot = (ordinal - 1 - np.arange(self.keep)[:, None]) & (self._slots - 1)
        slot += entity * self._slots
        return {name: field.reshape(-1).take(slot) for name, field in self._fields.items()}

    def _grow(self, rows: int) -> None:
        self._written = grown(self._written, rows)
        for name, field in self._fields.items():
            self._fields[name] = grown(field, rows)

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The state of the first `rows` entities."""
        self._grow(rows)
        fields = {"written": self._written, **self._fields}
        return {name: packed(field, rows) for name, field in fields.items()}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._written = unpacked(state["written"], self._written)
        self._fields = {name: unpacked(state[name], field) for name, field in self._fields.items()}
