"""The desk's own figures: each currency by itself, and no amounts that end the reading."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from store import files, indicators
from store.mirror_schema import MIGRATIONS
from store.reader import Reader

TXN = """
INSERT INTO txn (seq, transaction_id, version, account, previous, occurred_at, recorded_at, amount_minor, currency,
    kind, status, level, doc) VALUES (?, ?, 1, 1, 0, 10, 10, ?, ?, ?, 'posted', 0, '{}')
"""
LABEL = "INSERT INTO resource (type, id, version, seq, doc) VALUES ('label', ?, 1, ?, ?)"
Spent = Sequence[tuple[str, int, bool]]
"""Purchases: currency, amount, whether a label calls it fraud."""


def measured(folder: Path, spent: Spent, kind: str = "purchase") -> dict[str, float | None]:
    with closing(files.writer(folder / "mirror.db", MIGRATIONS, "NORMAL")) as mirror, mirror.conn as connection:
        for seq, (currency, amount, fraud) in enumerate(spent, 1):
            connection.execute(TXN, (seq, f"txn_{seq}", amount, currency, kind))
            if fraud:
                doc = {"target": {"type": "transaction", "id": f"txn_{seq}"}, "verdict": "fraud"}
                connection.execute(LABEL, (f"lbl_{seq}", seq, json.dumps(doc)))
    with closing(Reader(folder / "mirror.db")) as reader:
        return indicators.measured(reader, 20, 0)


@pytest.mark.parametrize("scale", [1, 1000])
def test_a_currency_of_many_minor_units_counts_by_its_purchases(tmp_path: Path, scale: int) -> None:
    euros: Spent = [("EUR", 100, True), ("EUR", 100, False), ("EUR", 200, False)]
    yen: Spent = [("JPY", 70 * scale, False)]
    assert measured(tmp_path, [*euros, *yen])["loss_rate"] == pytest.approx((3 * 25 + 1 * 0) / 4)


def test_nothing_spent_has_no_rate(tmp_path: Path) -> None:
    assert measured(tmp_path, [("EUR", 100, True), ("EUR", 0, False)], "payment")["loss_rate"] is None


def test_amounts_beyond_64_bits_together_are_summed(tmp_path: Path) -> None:
    found = measured(tmp_path, [("EUR", 2**63 - 1, number < 2) for number in range(4)])
    assert found["loss_rate"] == pytest.approx(50)
    assert found["dispute_rate"] == 0


def test_what_was_given_back_on_purchases_is_no_loss_below_nothing(tmp_path: Path) -> None:
    assert measured(tmp_path, [("EUR", -500, False), ("JPY", 100, True), ("JPY", 100, False)])["loss_rate"] == 50
