"""Frauds that have become known of each entity, by the labels published so far.

Labels are few, so they are applied one by one in the order of the feed. A fraud is known by when it happened and the
entity on the other side, so two labels on one transaction count once, and a label that is withdrawn or turned takes
its fraud back.
"""

from __future__ import annotations

import numpy as np

from console.risk.columns import Array, Bools, Judgement
from console.risk.state.groups import Groups
from console.risk.state.growth import grown, packed, unpacked

KEPT = 16

KNOWN = np.dtype(
    [
        ("at", "i8", KEPT),  # when the judged event happened, 0 unused
        ("other", "i4", KEPT),  # the other side's index + 1
        ("count", "i8"),  # all that are known, beyond the kept ones too
        ("written", "i8"),
    ],
    align=True,
)


class KnownFrauds:
    """A record only for entities that have one; the others share the empty record 0."""

    def __init__(self) -> None:
        self._place = np.zeros(1, np.int32)
        self._records = np.zeros(1, KNOWN)
        self._used = 1

    def through(self, groups: Groups, labels: Bools, facts: Array, other: Array, reads: Array) -> Array:
        """Apply the label facts of a page; return a copy of the record that each row of `reads` saw.

        `other` is per row the index of the entity on the other side (-1 missing).
        """
        self._place = grown(self._place, groups.bound)
        place = self._place[groups.entity[reads]]
        seen = self._records.take(place) if place.any() else np.zeros(len(reads), KNOWN)
        for row in np.flatnonzero(labels & (groups.entity > 0)):
            if self._apply(int(groups.entity[row]), facts[row], int(other[row]) + 1):
                later = np.flatnonzero((reads > row) & (groups.entity[reads] == groups.entity[row]))
                seen[later] = self._records[self._place[groups.entity[row]]]
        return seen

    def _apply(self, entity: int, fact: np.void, other: int) -> bool:
        fraud = fact["code"] == Judgement.FRAUD
        if not self._place[entity]:
            if not fraud:
                return False
            self._records = grown(self._records, self._used + 1)
            self._place[entity] = self._used
            self._used += 1
        record = self._records[self._place[entity]]
        at = max(int(fact["opened_at"]), 1)
        known = np.flatnonzero((record["at"] == at) & (record["other"] == other))
        if fraud == bool(len(known)):
            return False
        if fraud:
            slot = record["written"] % KEPT
            record["at"][slot], record["other"][slot] = at, other
            record["written"] += 1
            record["count"] += 1
        else:
            record["at"][known[0]] = record["other"][known[0]] = 0
            record["count"] -= 1
        return True

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The places of the first `rows` entities and the records they point at."""
        self._place = grown(self._place, rows)
        return {"place": packed(self._place, rows), "records": packed(self._records, self._used)}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._place = unpacked(state["place"], self._place)
        self._records = unpacked(state["records"], self._records)
        self._used = len(self._records)
