"""The book from a mirror: what SQL sums up is what the accounts say one by one, and a day of it is kept once."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from argparse import Namespace
from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.core.instants import DAY
from console.desk import portfolio, portfolio_command
from console.paths import Home
from console.risk.portfolio import BANDS, CCF, LGD, pd
from store import portfolio as stored
from store.journal import Journal
from store.reader import Reader
from tests.ui.mirror_builder import NOW, build

RATE = portfolio.ASSUMED_DEFAULT_RATE


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A book in which some are late, some written off, and one fraud is held."""
    path = tmp_path / "mirror.db"
    build(path, 60)
    with closing(sqlite3.connect(path)) as connection, connection:
        for number, state, days in ((1, "past_due", 3), (2, "past_due", 45), (3, "charged_off", None), (4, None, 12)):
            changed = (
                "UPDATE account SET doc = json_set(doc, '$.credit_state', ?, '$.days_past_due', ?) WHERE account = ?"
            )
            connection.execute(changed, (state, days, number))
        connection.execute("UPDATE account SET status = 'closed' WHERE account = 10")
        connection.execute("UPDATE account SET status = 'frozen', available_minor = 4321 WHERE account = 11")
        connection.execute("INSERT OR REPLACE INTO desk_case VALUES (11, 'c', 1, 'closed', NULL, NULL, 'fraud', 0, 0)")
        connection.execute("UPDATE account SET credit_limit_minor = NULL, opened_at = NULL WHERE account = 12")
    return path


def taken(path: Path) -> list[stored.Day]:
    with closing(Reader(path)) as reader:
        return portfolio.take(reader)


def one_by_one(path: Path) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The same figures, account by account."""
    found: dict[tuple[str, str, str], dict[str, Any]] = defaultdict(lambda: defaultdict(float))
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT a.currency, a.status, credit_limit_minor, available_minor, balance_minor, opened_at, doc, verdict"
            " FROM account a LEFT JOIN desk_case c USING (account) WHERE a.status <> 'closed'"
        ).fetchall()
    for currency, status, limit, available, balance, opened, text, verdict in rows:
        doc = json.loads(text)
        days = doc.get("days_past_due") or 0
        late = {"past_due": max(days, 1), "charged_off": 90}.get(doc.get("credit_state"), 0)
        drawable = max(available, 0) if status == "active" else 0
        band = "unknown" if limit is None else portfolio.band_name(sum(limit >= bound for bound in BANDS))
        age = "unknown" if opened is None else portfolio.AGE_NAMES[sum(NOW - opened >= at for at in portfolio.AGES)]
        for key in (("all", "all"), ("status", status), ("limit", band), ("age", age)):
            one = found[currency, *key]
            one["accounts"] += 1
            one["owed"] += max(balance, 0)
            one["late"] += late > 0
            one["expected"] += pd(late, RATE) * LGD * (max(balance, 0) + CCF * drawable)
            one["avoided"] += max(available, 0) if verdict == "fraud" and status == "frozen" else 0
    return found


def test_the_sums_are_those_of_the_accounts_one_by_one(mirror: Path) -> None:
    days, known = taken(mirror), one_by_one(mirror)
    assert {(day.currency, day.dimension, day.segment) for day in days if day.dimension != "level"} == set(known)
    for day in days:
        one = known.get((day.currency, day.dimension, day.segment))
        if one is not None:
            told = (day.accounts, day.owed_minor, day.late, day.avoided_minor)
            assert told == (one["accounts"], one["owed"], one["late"], one["avoided"])
            assert day.expected_minor == pytest.approx(one["expected"])
    assert sum(day.avoided_minor for day in days if day.dimension == "all") == 4321
    assert {day.day for day in days} == {NOW - NOW % DAY}


def test_a_day_is_kept_once_as_it_was_last_and_days_add_up_to_a_history(mirror: Path, tmp_path: Path) -> None:
    days = taken(mirror)
    with closing(Journal(tmp_path / "journal.db")) as journal:
        stored.keep(journal, days)
        stored.keep(journal, [replace(day, accounts=day.accounts + 1) for day in days])
        assert [day.accounts for day in stored.newest(journal)] == [day.accounts + 1 for day in days]
        stored.keep(journal, [replace(day, day=day.day + DAY) for day in days])
        whole = [day for day in stored.history(journal, "all") if day.currency == "CNY"]
        assert [day.day for day in whole] == [NOW - NOW % DAY, NOW - NOW % DAY + DAY]
        stored.keep(journal, [replace(day, day=day.day + (stored.KEPT_DAYS + 1) * DAY) for day in days])
        assert len({day.day for day in stored.history(journal, "all")}) == 2
        stored.keep(journal, [])
        assert stored.newest(journal)


def test_amounts_beyond_64_bits_together_are_held_to_them(mirror: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(mirror)) as connection, connection:
        connection.execute("UPDATE account SET balance_minor = ?, available_minor = ?", (2**62, 2**62))
    with closing(Journal(tmp_path / "journal.db")) as journal:
        stored.keep(journal, taken(mirror))
        whole = next(day for day in stored.newest(journal) if (day.currency, day.dimension) == ("CNY", "all"))
    assert (whole.owed_minor, whole.avoided_minor) == (2**63 - 1, 2**62)
    assert whole.expected_minor is not None and whole.expected_minor > 2**62


def test_it_is_printed_and_exported(mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home(tmp_path)
    asked = {"by": None, "history": False, "json": False, "csv": False}
    assert portfolio_command.run(Namespace(**asked), Home(tmp_path / "none")) == 1
    days = taken(mirror)
    with closing(Journal(home.journal)) as journal:
        stored.keep(journal, days)
    capsys.readouterr()
    assert portfolio_command.run(Namespace(**asked | {"json": True}), home) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told) == len(days)
    assert told[0]["day"] == "2026-11-20"
    assert portfolio_command.run(Namespace(**asked | {"csv": True, "by": "status"}), home) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["dimension"] for row in rows} == {"status"}
    assert portfolio_command.run(Namespace(**asked | {"history": True}), home) == 0
    assert "2026-11-20 CNY all" in capsys.readouterr().out
