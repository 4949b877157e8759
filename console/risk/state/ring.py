"""The last events of each entity.

A ring has `keep` + `slack` slots. What a row saw can be read until the next page comes, as long as its entity wrote at
most `slack` times since: the `keep` entries before the row are then still in place. A page in which an entity writes
more often is cut into waves, and the rows that would lose their sight are read on the way. So what a row sees is
independent of how the stream was cut into pages, and only the fields that somebody asks for are read.
"""

from __future__ import annotations

import numpy as np

from console.risk.columns import Array, Bools
from console.risk.state.groups import Groups
from console.risk.state.growth import grown, packed, unpacked


class Recent:
    """The events that each row of a page saw, newest arrival first, field by field."""

    def __init__(self, ring: Ring, entity: Array, ordinal: Array) -> None:
        self._ring, self._entity, self._ordinal = ring, entity, ordinal
        self._slot: Array | None = None
        self._early: list[tuple[Array, dict[str, Array]]] = []
        self._fields: dict[str, Array] = {}

    def keep_now(self, rows: Array) -> None:
        """Read every field of `rows` while they still can see."""
        slot = self._ring.slots_of(self._entity[rows], self._ordinal[rows])
        self._early.append((rows, {name: field.reshape(-1).take(slot) for name, field in self._ring.fields.items()}))

    def __getitem__(self, name: str) -> Array:
        """The field as (kept, rows); of an unused place `at` is 0."""
        if name not in self._fields:
            if self._slot is None:
                self._slot = self._ring.slots_of(self._entity, self._ordinal)
            field = self._ring.fields[name].reshape(-1).take(self._slot)
            for rows, early in self._early:
                field[:, rows] = early[name]
            self._fields[name] = field
        return self._fields[name]


class Ring:
    """Struct of arrays: `at` (µs) and further fields, each (entities, slots). An unused slot has `at` 0."""

    def __init__(self, keep: int, slack: int, fields: dict[str, str]) -> None:
        slots = keep + slack
        if slots & (slots - 1):
            raise ValueError("keep + slack must be a power of two")
        self.keep, self._slack, self._slots = keep, slack, slots
        self._written = np.zeros(1, np.int64)
        self.fields = {name: np.zeros((1, slots), dtype) for name, dtype in {"at": "i8", **fields}.items()}

    def through(self, groups: Groups, writes: Bools, reads: Array, values: dict[str, Array]) -> Recent:
        """Append the rows marked in `writes`; return what each row of `reads` saw just before it.

        `values` are columns of the whole page.
        """
        self._grow(groups.bound)
        writes = writes & (groups.entity > 0)
        rank = groups.earlier(writes)
        ordinal = self._written[groups.entity] + rank
        recent = Recent(self, groups.entity[reads], ordinal[reads])
        rows = np.flatnonzero(writes)
        if not len(rows):
            return recent
        waves = int(rank[rows].max()) // self._slack
        if not waves:
            self._write(groups.entity, ordinal, rows, values)
            return recent
        wave = rank // self._slack
        after = self._written.copy()
        np.maximum.at(after, groups.entity[rows], ordinal[rows] + 1)
        fading = after[groups.entity[reads]] - ordinal[reads] > self._slack
        for number in range(waves + 1):
            self._write(groups.entity, ordinal, rows[wave[rows] == number], values)
            recent.keep_now(np.flatnonzero(fading & (wave[reads] == number)))
        return recent

    def _write(self, entity: Array, ordinal: Array, rows: Array, values: dict[str, Array]) -> None:
        who, number = entity[rows], ordinal[rows]
        place = who * self._slots + (number & (self._slots - 1))
        for name, field in self.fields.items():
            field.reshape(-1)[place] = values[name][rows]
        self._written[who] = number + 1  # of repeated entities the last one stays

    def slots_of(self, entity: Array, ordinal: Array) -> Array:
        """Flat places of the `keep` entries before each ordinal, newest first: (keep, rows)."""
        slot = (ordinal - 1 - np.arange(self.keep)[:, None]) & (self._slots - 1)
        slot += entity * self._slots
        return slot

    def _grow(self, rows: int) -> None:
        self._written = grown(self._written, rows)
        for name, field in self.fields.items():
            self.fields[name] = grown(field, rows)

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The state of the first `rows` entities."""
        self._grow(rows)
        fields = {"written": self._written, **self.fields}
        return {name: packed(field, rows) for name, field in fields.items()}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._written = unpacked(state["written"], self._written)
        self.fields = {name: unpacked(state[name], field) for name, field in self.fields.items()}
