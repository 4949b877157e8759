"""What the core says of each device."""

from __future__ import annotations

import numpy as np

from console.risk.columns import Array, Fact, of_kind
from console.risk.state.groups import Groups
from console.risk.state.records import Records

TOLD = np.dtype([("first_seen_at", "i8"), ("trust", "u1"), ("told", "?")], align=True)
"""When the core first saw the device (0 unknown), the code of its trust (0 unknown)."""


class Devices:
    """The records of all devices."""

    def __init__(self) -> None:
        self._records = Records(TOLD)

    def through(self, groups: Groups, facts: Array, reads: Array) -> Array:
        """Apply the DEVICE facts of a page; return the TOLD that the rows `reads` saw."""

        def apply(table: Array, who: Array, rows: Array) -> None:
            table["first_seen_at"][who] = facts["opened_at"][rows]
            table["trust"][who] = facts["code"][rows]
            table["told"][who] = True

        return self._records.through(groups, of_kind(facts, Fact.DEVICE), reads, apply)

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The records of the first `rows` devices."""
        return self._records.freeze(rows)

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._records.thaw(state)
