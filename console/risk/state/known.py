"""Frauds that have become known of each entity, by the labels published so far.

Labels are few, so they are applied one by one in the order of the feed. A fraud is known by when it happened and the
entity on the other side, so two labels on one transaction count once, and a label that is withdrawn or turned takes
its fraud back.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from console.risk.columns import Array, Bools, Judgement
from console.risk.state.groups import Groups
from console.risk.state.sparse import Few, Sparse

KEPT = 16

KNOWN = np.dtype(
    [
        ("at", "i8", KEPT),  # when the judged event happened, 0 unused
        ("other", "i4", KEPT),  # the other side's index + 1
        ("ordinary", "?", KEPT),  # the amount was one that the account could well have spent itself
        ("count", "i8"),  # all that are known, beyond the kept ones too
        ("written", "i8"),
    ],
    align=True,
)


class Label(NamedTuple):
    """A label fact: its row, whether it says fraud, when what it judges happened, whether that amount was usual."""

    row: int
    fraud: bool
    at: int
    ordinary: bool


class Labels:
    """The label facts of a page, which stand in `rows`."""

    def __init__(self, facts: Array, rows: Array, ordinary: Bools) -> None:
        self.rows, self.facts = rows, facts.take(rows)
        fraud, at = self.facts["code"] == int(Judgement.FRAUD), np.maximum(self.facts["opened_at"], 1)
        self.each = [
            Label(*told) for told in zip(*(part.tolist() for part in (rows, fraud, at, ordinary)), strict=True)
        ]


class KnownFrauds:
    """The known frauds of all entities of a kind."""

    def __init__(self) -> None:
        self._records = Sparse(KNOWN)

    def apply(self, groups: Groups, labels: Labels, other: str) -> None:
        """Apply the label facts of a page; `other` is the field that names the entity on the other side."""
        self._records.begin(groups.bound)
        entities, sides = groups.entity[labels.rows].tolist(), labels.facts[other].tolist()
        for entity, side, label in zip(entities, sides, labels.each, strict=True):
            if entity:
                self._judge(entity, side + 1, label)

    def _judge(self, entity: int, other: int, label: Label) -> None:
        if not label.fraud and not self._records.place_of(entity):
            return
        record = self._records.stands(entity)
        frauds = list(zip(record["at"].tolist(), record["other"].tolist(), strict=True))
        is_known = (label.at, other) in frauds
        if label.fraud == is_known:
            return
        record = self._records.record(entity)
        slot = frauds.index((label.at, other)) if is_known else int(record["written"]) % KEPT
        for name, value in (("at", label.at), ("other", other), ("ordinary", label.ordinary)):
            record[name][slot] = value if label.fraud else 0
        record["written"] += label.fraud
        record["count"] += 1 if label.fraud else -1
        self._records.changed(entity, label.row)

    def seen(self, entity: Array, rows: Array) -> Few:
        """The KNOWN records of those entities (index + 1) that have one, as `rows` of the last page saw them."""
        return self._records.seen(entity, rows)

    def latest(self) -> list[tuple[int, int, int]]:
        """(row, entity, when its latest known fraud happened or 0) for each change of the last page, in order."""
        return [(row, entity, int(record["at"].max())) for entity, row, record in self._records.changes()]

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The records and whose they are, of the first `rows` entities."""
        return self._records.freeze(rows)

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._records.thaw(state)
