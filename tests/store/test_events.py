"""Lists of events: every event once, newest first, at the cost of a page."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from store import events
from store.reader import Reader
from tests.ui.mirror_builder import build

ACCOUNTS = 20


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("events") / "mirror.db"
    build(path, ACCOUNTS)
    reader = Reader(path)
    yield reader
    reader.close()


def listed(mirror: Reader, read, place: int, most: int, one_account: bool) -> list:
    rows = []
    while place:
        page, place = read(mirror, place, most, one_account)
        assert len(page) <= most
        rows += page
    return rows


KINDS = [
    (events.transactions, events.newest_transaction, "txn", 12),
    (events.logins, events.newest_login, "login", 4),
]


@pytest.mark.parametrize(("read", "newest", "table", "each"), KINDS, ids=["transactions", "logins"])
@pytest.mark.parametrize("most", [1, 3, 7, 1000])
def test_pages_hold_every_event_once_newest_first(
    mirror: Reader, read, newest, table: str, each: int, most: int
) -> None:
    of_all = listed(mirror, read, newest(mirror, None), most, False)
    stored = [seq for (seq,) in mirror.rows(f"SELECT seq FROM {table} ORDER BY seq DESC")]
    assert [row.seq for row in of_all] == stored
    number = mirror.number("acc_000003")
    of_one = listed(mirror, read, newest(mirror, number), most, True)
    assert [row.seq for row in of_one] == [row.seq for row in of_all if row.account_id == "acc_000003"]
    assert len(of_one) == each


def test_a_login_knows_the_one_before_it(mirror: Reader) -> None:
    rows, _ = events.logins(mirror, events.newest_login(mirror, 3), 10, True)
    assert [row.before_at for row in rows] == [*(row.occurred_at for row in rows[1:]), None]


def test_what_was_deleted_is_left_out_and_does_not_end_a_list(tmp_path: Path) -> None:
    path = tmp_path / "mirror.db"
    build(path, ACCOUNTS)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE txn SET deleted = 1 WHERE account <> 0")
    reader = Reader(path)
    rows = listed(reader, events.transactions, events.newest_transaction(reader, None), 5, False)
    reader.close()
    assert {row.account_id for row in rows} == {"acc_000000"}
    assert len(rows) == 12


def test_nothing_mirrored_is_an_empty_list(mirror: Reader) -> None:
    assert events.newest_transaction(mirror, 999) == 0
    assert events.transactions(mirror, 0, 10, True) == ([], 0)


@pytest.mark.parametrize("one_account", [False, True])
@pytest.mark.parametrize(("sql", "table"), [(events.TRANSACTIONS, "txn"), (events.LOGINS, "login")])
def test_a_page_scans_no_table(mirror: Reader, sql: str, table: str, one_account: bool) -> None:
    places = (events.CHAIN if one_account else events.ALL).format(table=table)
    plan = [row[3] for row in mirror.rows("EXPLAIN QUERY PLAN " + sql.format(places=places), (1, 1))]
    assert plan
    assert not [step for step in plan if step.startswith("SCAN") and step.split()[1] in ("e", "a", "b", table)]
