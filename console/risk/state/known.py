"""Frauds that have become known of each entity, by the labels published so far.

Labels are few, so they are applied one by one in the order of the feed. A fraud is known by when it happened and the
entity on the other side, so two labels on one transaction count once, and a label that is withdrawn or turned takes
its fraud back.
"""

from __future__ import annotations

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


class KnownFrauds:
    """The known frauds of all entities of a kind."""

    def __init__(self) -> None:
        self._records = Sparse(KNOWN)

    def apply(self, groups: Groups, labels: Bools, facts: Array, other: Array, ordinary: Bools) -> None:
        """Apply the label facts of a page.

        Per row `other` is the index of the entity on the other side (-1 missing), and `ordinary` says that the judged
        amount was nothing unusual for its account.
        """
        self._records.begin(groups.bound)
        rows = (labels & (groups.entity > 0)).nonzero()[0]
        if not len(rows):
            return
        entity, fraud = groups.entity[rows], facts["code"][rows] == Judgement.FRAUD
        frauds = set(entity[fraud].tolist())
        matters = fraud | self._records.has(entity) | np.array([one in frauds for one in entity.tolist()])
        rows, entity, fraud = rows[matters], entity[matters], fraud[matters]
        at, sides = np.maximum(facts["opened_at"][rows], 1), other[rows].astype(np.int64) + 1
        columns = (entity, rows, fraud, at, sides, ordinary[rows])
        for judged in zip(*(column.tolist() for column in columns), strict=True):
            self._judge(*judged)

    def _judge(self, entity: int, row: int, fraud: bool, at: int, other: int, ordinary: bool) -> None:
        if not fraud and not self._records.place_of(entity):
            return
        record = self._records.record(entity)
        times, others = record["at"].tolist(), record["other"].tolist()
        known = [slot for slot in range(KEPT) if times[slot] == at and others[slot] == other]
        if fraud == bool(known):
            return
        slot = known[0] if known else int(record["written"]) % KEPT
        for name, value in (("at", at), ("other", other), ("ordinary", ordinary)):
            record[name][slot] = value if fraud else 0
        record["written"] += fraud
        record["count"] += 1 if fraud else -1
        self._records.changed(entity, row)

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
