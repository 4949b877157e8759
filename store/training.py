"""What models learn from, as the mirror keeps it: rows of features a page, and the labels of transactions.

A page's columns are arrays of little-endian numbers: `seqs` and `ats` 8 bytes a row, `features` 2 bytes each, `fired`
one bit a rule. Which features and rules, in which order, says the page's layout.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from store.files import reader
from store.mirror import Mirror


class TrainingPage(NamedTuple):
    """The scored transactions of one stretch of the feed. `at`: when the newest of them was recorded (µs)."""

    to_seq: int
    from_seq: int
    at: int
    layout: str
    seqs: bytes
    ats: bytes
    fired: bytes
    features: bytes


class Layout(NamedTuple):
    """What a page's columns are, in their order."""

    features: tuple[str, ...]
    rules: tuple[str, ...]


class ScoredBy(NamedTuple):
    """A transaction's place in the feed, its score, and the model that gave it."""

    seq: int
    score: float | None
    model_version: str | None
    currency: str


Judgement = tuple[int, int, int, int]
"""A label: the seq at which it came, the seq of the transaction it judges, its code, and 1 where a desk gave it."""


def define(mirror: Mirror, layout: str, features: Sequence[str], rules: Sequence[str]) -> None:
    """Store what a layout's name means, inside a transaction; a name that is there stays as it is."""
    mirror.database.conn.execute(
        "INSERT OR IGNORE INTO training_layout VALUES (?, ?, ?)", (layout, json.dumps(features), json.dumps(rules))
    )


def keep(mirror: Mirror, pages: Iterable[TrainingPage], judgements: Iterable[Judgement]) -> None:
    """Store rows and labels, inside a transaction."""
    many = mirror.database.conn.executemany
    many("INSERT INTO training_page VALUES (?, ?, ?, ?, ?, ?, ?, ?)", pages)
    many("INSERT INTO judgement VALUES (?, ?, ?, ?)", judgements)


class TrainingReader:
    """The training rows of a mirror, read-only, as of one moment. Raises store.files.StoreError without a mirror."""

    def __init__(self, path: Path) -> None:
        self._database = reader(path)
        self._database.execute("BEGIN")

    def close(self) -> None:
        self._database.close()

    def layouts(self) -> dict[str, Layout]:
        """What each layout's name means."""
        rows = self._database.execute("SELECT layout, features, rules FROM training_layout")
        return {name: Layout(tuple(json.loads(features)), tuple(json.loads(rules))) for name, features, rules in rows}

    def pages(self, before_seq: int, since: int) -> Iterator[TrainingPage]:
        """Pages that begin before a seq and reach an instant (µs), in the order of the feed."""
        rows = self._database.execute(
            "SELECT * FROM training_page WHERE from_seq < ? AND at >= ? ORDER BY to_seq", (before_seq, since)
        )
        return (TrainingPage(*row) for row in rows)

    def page_of(self, seq: int) -> TrainingPage | None:
        """The page that holds the transaction of a seq, None when it is not kept."""
        rows = self._database.execute(
            "SELECT * FROM training_page WHERE to_seq >= ? AND from_seq <= ? ORDER BY to_seq LIMIT 1", (seq, seq)
        )
        return next((TrainingPage(*row) for row in rows), None)

    def scored_by(self, transaction_id: str) -> ScoredBy | None:
        """How a transaction was scored as it arrived; None when it is not mirrored."""
        rows = self._database.execute(
            "SELECT seq, score, model_version, currency FROM txn WHERE transaction_id = ?", (transaction_id,)
        )
        return next((ScoredBy(*row) for row in rows), None)

    def judgements(self, before_seq: int) -> list[Judgement]:
        """Labels that came before a seq, in the order of the feed."""
        return list(
            self._database.execute(
                "SELECT seq, target, code, desk FROM judgement WHERE seq < ? ORDER BY rowid", (before_seq,)
            )
        )


def drop_training(mirror: Mirror, before: int) -> None:
    """Drop rows recorded before an instant (µs), and the labels of transactions that are gone."""
    execute = mirror.database.conn.execute
    with mirror.transaction():
        execute("DELETE FROM training_page WHERE at < ?", (before,))
        execute("DELETE FROM judgement WHERE target < (SELECT min(from_seq) FROM training_page)")
