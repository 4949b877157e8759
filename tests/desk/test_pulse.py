"""The desk's figures: each counted as it says, with how sure it is, and none where nothing is known."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from console.core.instants import DAY, HOUR, MINUTE
from console.desk.pulse import APART, DAYS, pulse
from store import pulse as stored
from store.reader import Reader
from tests.ui.mirror_builder import NOW, build, build_verdicts

ACCOUNTS = 200
OPEN = ACCOUNTS // 3


@pytest.fixture
def path(tmp_path: Path) -> Path:
    build(tmp_path / "mirror.db", ACCOUNTS)
    return tmp_path / "mirror.db"


def told(path: Path, wall: int = NOW, claims=()):
    reader = Reader(path)
    try:
        return pulse(reader, wall, claims)
    finally:
        reader.close()


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)


def test_nothing_decided_is_nothing_known(path: Path) -> None:
    found = told(path)
    assert (found.precision, found.to_decide, found.to_claim, found.kept) == (None, None, None, {})
    assert found.undecided == OPEN
    assert sum(found.by_hour) == sum(found.by_day) == found.last_day.value == OPEN
    assert found.last_day.low < OPEN < found.last_day.high


def test_an_empty_mirror_has_no_figures(tmp_path: Path) -> None:
    build(tmp_path / "mirror.db", 0)
    found = told(tmp_path / "mirror.db")
    assert (found.exposure, found.precision, found.lost, found.last_day.value) == ({}, None, {}, 0)
    assert found.last_day.high > 3


def test_precision_and_time_to_decide_come_from_verdicts(path: Path) -> None:
    build_verdicts(path)
    found = told(path)
    assert (found.precision.hits, found.precision.of) == (12, 18)
    assert found.precision.low < 12 / 18 < found.precision.high
    assert (found.to_decide.value, found.to_decide.of) == (47.5, 18)
    assert 5 <= found.to_decide.low < 47.5 < found.to_decide.high <= 90


def test_a_verdict_from_before_the_alert_or_without_a_time_says_nothing(path: Path) -> None:
    build_verdicts(path)
    change(path, f"UPDATE alert SET opened_at = {NOW} WHERE account = 40")
    change(path, "UPDATE resource SET doc = json_set(doc, '$.verdict_at', 'yesterday') WHERE id = 'case_41'")
    assert told(path).to_decide.of == 16


def test_what_is_at_risk_is_bounded_by_the_limit_and_stops_with_a_hold(path: Path) -> None:
    change(path, "UPDATE alert SET state = 'closed' WHERE account > 1")
    change(path, "UPDATE alert SET recent_minor = 500, score = 0.5")
    change(
        path, "UPDATE account SET status = 'active', currency = 'CNY', available_minor = 900, credit_limit_minor = 1000"
    )
    exposure = told(path).exposure["CNY"]
    assert (exposure.alerts, exposure.most, exposure.expected, exposure.unknown) == (2, 2000, 1000, 0)
    change(path, "UPDATE account SET status = 'frozen' WHERE account = 0")
    change(path, "UPDATE account SET available_minor = NULL, credit_limit_minor = NULL WHERE account = 1")
    exposure = told(path).exposure["CNY"]
    assert (exposure.alerts, exposure.most, exposure.unknown) == (2, 500, 1)


def test_what_was_avoided_is_what_held_frauds_could_still_spend(path: Path) -> None:
    build_verdicts(path)
    change(path, "UPDATE account SET status = 'active'")
    change(
        path,
        "UPDATE account SET status = 'frozen', currency = 'CNY', available_minor = 700 WHERE account IN (40, 41, 42)",
    )
    assert told(path).kept == {"CNY": (1400, 2)}


def test_amounts_beyond_64_bits_together_are_held_to_them(path: Path) -> None:
    build_verdicts(path)
    change(path, "UPDATE account SET status = 'frozen', currency = 'CNY', available_minor = 1 << 62 WHERE account < 60")
    change(path, "UPDATE txn SET currency = 'CNY', amount_minor = 1 << 62")
    found = told(path)
    assert found.kept["CNY"][0] == found.lost["CNY"][0] == 2**63 - 1
    with closing(Reader(path)) as mirror:
        assert mirror.exposure(range(9)) == {"CNY": 2**63 - 1}


def test_what_was_lost_are_the_labelled_frauds_of_these_days(path: Path) -> None:
    found = told(path)
    assert found.all_labels
    frauds = [number for number in range(0, 60, 3) if number % 2]
    assert sum(count for _, count in found.lost.values()) == len(frauds)
    change(path, f"UPDATE txn SET occurred_at = {NOW - (DAYS + 1) * DAY} WHERE account = 3")
    assert sum(count for _, count in told(path).lost.values()) == len(frauds) - 1


def test_a_bound_on_labels_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "MOST_LABELS", 5)
    assert not told(path).all_labels


def test_the_first_claim_after_an_alert_counts(path: Path) -> None:
    opened = NOW - HOUR
    claims = [
        ("acc_000001", opened + 9 * MINUTE),
        ("acc_000001", opened + 4 * MINUTE),
        ("acc_000002", opened - MINUTE),
        ("acc_999999", opened + MINUTE),
    ]
    assert told(path, claims=claims).to_claim[:2] == (4.0, 4.0)
    apart = told(path, wall=NOW + 2 * APART, claims=claims)
    assert apart.apart
    assert apart.to_claim is None


def test_no_figure_walks_through_events_or_accounts(path: Path) -> None:
    reader = Reader(path)
    statements = [
        (stored.OPENED, {"now": 1, "width": 1, "count": 1}), (stored.EXPOSED, ()), (stored.KEPT, ()),
        (stored.LOST, (1, 1)), (stored.DECIDED, (1, 1)), (stored.OPENINGS, ("[]",)),
    ]  # fmt: skip
    steps = [row[3] for sql, values in statements for row in reader.rows("EXPLAIN QUERY PLAN " + sql, values)]
    reader.close()
    assert "SEARCH alert USING COVERING INDEX alert_by_opening (opened_at>?)" in steps
    assert not [
        step for step in steps if step.split()[:2] in (["SCAN", name] for name in ("a", "account", "txn", "r", "alert"))
    ]
