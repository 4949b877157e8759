"""Who holds what: devices, customers' tokens, devices' fingerprints, links."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from console.risk.columns import Array
from console.risk.state.growth import grown, packed, unpacked

HOLDERS = 24
"""So many customers hold a thing at most; who comes later does not."""

KINDS = DEVICE, TOKEN, PRINT, LINK = range(4)

Index = TypeVar("Index", int, Array)


def thing(kind: int, index: Index) -> Index:
    """The number of a device, customer's token, device's fingerprint or link among all things; kinds take turns."""
    return index * len(KINDS) + kind


class Holders:
    """Which customers hold each thing, the first 24 of them in the order they came."""

    def __init__(self) -> None:
        self.count = np.zeros(1, np.int8)
        self._first = np.zeros(1, np.int32)  # the only holder, as long as there is one
        self._place = np.zeros(1, np.int32)  # of the table's row, once there are two
        self._table = np.zeros((1, HOLDERS), np.int32)
        self._used = 1

    def reach(self, things: int) -> None:
        """Have a place for each of so many things."""
        self.count, self._first, self._place = (grown(a, things) for a in (self.count, self._first, self._place))

    def of(self, thing: int) -> list[int]:
        """The holders of a thing."""
        count = int(self.count[thing])
        if count == 1:
            return [int(self._first[thing])]
        holders: list[int] = self._table[self._place[thing], :count].tolist()
        return holders

    def add(self, thing: int, customer: int) -> None:
        count = int(self.count[thing])
        if count == 0:
            self._first[thing] = customer
        elif count == 1:
            self._table = grown(self._table, self._used + 1)
            self._place[thing] = self._used
            self._used += 1
            self._table[self._place[thing], 0] = self._first[thing]
        if count:
            self._table[self._place[thing], count] = customer
        self.count[thing] = count + 1

    def add_first(self, things: Array, customers: Array) -> None:
        """Different things that nobody held, each with its first holder."""
        self._first[things], self.count[things] = customers, 1

    def freeze(self, rows: int) -> dict[str, bytes]:
        self.reach(rows)
        parts: dict[str, Array] = {"count": self.count, "first": self._first, "place": self._place}
        return {**{name: packed(part, rows) for name, part in parts.items()}, "table": packed(self._table, self._used)}

    def thaw(self, state: dict[str, bytes]) -> None:
        self.count, self._first = unpacked(state["count"], self.count), unpacked(state["first"], self._first)
        self._place, self._table = unpacked(state["place"], self._place), unpacked(state["table"], self._table)
        self._used = len(self._table)
