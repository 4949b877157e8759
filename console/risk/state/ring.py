"""The last events of each entity.

A ring has `keep` + `slack` slots. What a row saw can be read until the next page comes, as long as its entity wrote at
most `slack` times since: the `keep` entries before the row are then still in place. A page in which an entity writes
more often is cut into waves, and the rows that would lose their sight are read on the way. So what a row sees is
independent of how the stream was cut into pages, and only what somebody asks for is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from console.risk.columns import Array, Bools
from console.risk.state.groups import Groups, by_rank
from console.risk.state.growth import grown, packed, unpacked


class Recent:
    """The events that some rows of a page saw, field by field."""

    def __init__(self, ring: Ring, entity: Array, ordinal: Array) -> None:
        self._ring, self._entity, self._ordinal, self._page = ring, entity, ordinal, ring.page
        self._early: list[tuple[Array, dict[str, Array]]] = []
        self._fields: dict[str, Array] = {}

    def keep_now(self, rows: Array) -> None:
        """Read the events of `rows` while they still can be seen."""
        if len(rows):
            entity, places = self._entity[rows], self._ring.places(self._ordinal[rows])
            fields = self._ring.fields.items()
            self._early.append((rows, {name: field.take(entity, axis=0).take(places) for name, field in fields}))

    def __getitem__(self, name: str) -> Array:
        """The field as (`keep`, rows), the latest arrival first; all zeros where the row saw no more."""
        if name not in self._fields:
            if self._ring.page != self._page:
                raise RuntimeError("what a page saw cannot be read once the next page has come")
            slots = self._ring.fields[name].take(self._entity, axis=0)  # whole, as they lie together
            field = self._fields[name] = slots.take(self._places)
            for rows, early in self._early:
                field[:, rows] = early[name]
        return self._fields[name]

    @cached_property
    def _places(self) -> Array:
        return self._ring.places(self._ordinal)


class Ring:
    """Struct of arrays: `at` (µs) and further fields, each (entities, slots). An unused slot is all zeros."""

    def __init__(self, keep: int, slack: int, fields: dict[str, str]) -> None:
        self.keep, self._slack, self.slots = keep, slack, keep + slack
        if self.slots & (self.slots - 1) or self.slots > 128:
            raise ValueError("keep + slack must be a power of two up to 128")
        self.page = 0
        """Counts the pages that came."""
        self._written = np.zeros(1, np.int64)
        self._before = (np.arange(self.slots) - np.arange(1, keep + 1)[:, None]) & (self.slots - 1)
        """Per slot those of the `keep` events before an event that goes there."""
        self.fields = {name: np.zeros((1, self.slots), dtype) for name, dtype in {"at": "i8", **fields}.items()}

    def through(self, groups: Groups, writes: Bools, reads: Sequence[Array], values: dict[str, Array]) -> list[Recent]:
        """Append the rows marked in `writes`; return what the rows of each part of `reads` saw just before them.

        `values` are columns of the whole page.
        """
        self.page += 1
        self._grow(groups.bound)
        rows = (writes & (groups.entity > 0)).nonzero()[0]
        if not len(rows):
            return [Recent(self, who, self._written[who]) for who in (groups.entity[part] for part in reads)]
        rank = groups.earlier(writes)
        ordinal = self._written[groups.entity] + rank
        recent = [Recent(self, groups.entity[part], ordinal[part]) for part in reads]
        waves = int(rank[rows].max()) // self._slack
        if not waves:
            self._write(groups.entity, ordinal, rows, values)
            return recent
        wave = rank // self._slack
        fading = groups.from_here(writes) > self._slack
        losing = [fading[part].nonzero()[0] for part in reads]
        for number, written in enumerate(by_rank(rows, wave[rows])):
            self._write(groups.entity, ordinal, written, values)
            for part, seen, fades in zip(reads, recent, losing, strict=True):
                seen.keep_now(fades[wave[part[fades]] == number])
        return recent

    def places(self, ordinal: Array) -> Array:
        """Where in rows of slots the `keep` events before no. `ordinal` of each row stand, in the order of `Recent`."""
        places = self._before.take(ordinal & (self.slots - 1), axis=1)
        places += np.arange(0, len(ordinal) * self.slots, self.slots)
        return np.asarray(places)

    def _write(self, entity: Array, ordinal: Array, rows: Array, values: dict[str, Array]) -> None:
        who, number = entity[rows], ordinal[rows]
        place = who * self.slots + (number & (self.slots - 1))
        for name, field in self.fields.items():
            field.reshape(-1)[place] = values[name][rows]
        self._written[who] = number + 1  # of repeated entities the last one stays

    def _grow(self, rows: int) -> None:
        if rows > len(self._written):
            self._written = grown(self._written, rows)
            self.fields = {name: grown(field, rows) for name, field in self.fields.items()}

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The state of the first `rows` entities."""
        self._grow(rows)
        return {name: packed(field, rows) for name, field in {"written": self._written, **self.fields}.items()}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._written = unpacked(state["written"], self._written)
        self.fields = {name: unpacked(state[name], field) for name, field in self.fields.items()}
