"""Lists of events: every event once, newest first, at the cost of a page."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from console.core import vocabulary
from console.desk import patterns
from store import events, query
from store.query import LOGINS, MATCHES, TRANSACTIONS, Listing, Selection, select
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


def listed(mirror: Reader, read, place: int, most: int, one_account: bool, kept: Sequence[Selection] = ()) -> list:
    rows = []
    while place:
        page, place = read(mirror, place, most, one_account, kept)
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


def high(row) -> bool:
    return (row.score or 0) > 0.05


FILTERS = [
    (events.transactions, events.newest_transaction, TRANSACTIONS, [
        ("risk>0.05", high), ("!risk>0.05", lambda row: not high(row)),
        ("status:declined", lambda row: row.status == "declined"), ("declined", lambda row: row.status == "declined"),
        ("merchant:盒马", lambda row: "盒马" in row.doc.encode().decode("unicode_escape")),
        ("amount>500 kind:purchase", lambda row: row.kind == "purchase" and row.amount_minor > (
            500 if row.currency == "JPY" else 50_000)),
        ("rule:ato-1", lambda row: row.rule_ids is not None), ("!rule:ato-1", lambda row: row.rule_ids is None),
        ("account:acc_00001", lambda row: row.account_id.startswith("acc_00001")),
        ("device:dev_3", lambda row: '"dev_3"' in row.doc),
        ("/txn_7_1?1/", lambda row: "txn_7_1" in row.transaction_id),
    ]),
    (events.logins, events.newest_login, LOGINS, [
        ("outcome:bad_password", lambda row: row.outcome == "bad_password"),
        ("!outcome:bad_password", lambda row: row.outcome != "bad_password"),
        ("-f lg73", lambda row: row.login_id in ("lgn_7_3", "lgn_17_3")),
        ("ip:::1 customer:cus_4", lambda row: row.account_id[-2:] in ("08", "09")),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("read", "newest", "listing", "text", "holds"),
    [(read, newest, listing, *case) for read, newest, listing, cases in FILTERS for case in cases],
    ids=lambda part: part if isinstance(part, str) else "",
)
@pytest.mark.parametrize(("most", "stretch"), [(2, 4_000), (1000, 7)])
def test_a_filter_keeps_what_it_says_however_far_one_look_goes(
    mirror: Reader, monkeypatch, read, newest, listing: Listing, text: str, holds, most: int, stretch: int
) -> None:
    monkeypatch.setattr(events, "STRETCH", stretch)
    mirror.define(MATCHES, 2, patterns.matches)
    kept = select(text, listing, {"CNY": 2, "JPY": 0}, patterns.wrong)
    for number in (None, 7):
        place = newest(mirror, number)
        every = listed(mirror, read, place, 1000, number is not None)
        found = listed(mirror, read, place, most, number is not None, kept)
        assert [row.seq for row in found] == [row.seq for row in every if holds(row)]
        assert found or number is not None


def test_a_page_looks_a_bounded_way_back(mirror: Reader, monkeypatch) -> None:
    monkeypatch.setattr(events, "STRETCH", 3)
    kept = select("merchant:nowhere", TRANSACTIONS, {}, patterns.wrong)
    place = events.newest_transaction(mirror, None)
    found, after = events.transactions(mirror, place, 10, False, kept)
    looked = mirror.rows("SELECT count(*) FROM txn WHERE seq <= ? AND seq > ?", (place, after))[0][0]
    assert (found, looked) == ([], 3 * events.STRETCHES)


def test_the_words_are_those_of_the_contract() -> None:
    for name in ("TRANSACTION_STATUSES", "TRANSACTION_KINDS", "LOGIN_OUTCOMES"):
        assert getattr(query, name) == getattr(vocabulary, name)
    assert query.STATUSES == vocabulary.ACCOUNT_STATUSES


@pytest.mark.parametrize("listing", [TRANSACTIONS, LOGINS])
def test_every_field_is_one_that_the_mirror_has(mirror: Reader, listing: Listing) -> None:
    table, read = ("txn", events.transactions) if listing is TRANSACTIONS else ("login", events.logins)
    place = mirror.rows(f"SELECT max(seq) FROM {table}")[0][0]
    for name, field in listing.fields.items():
        value = field.values[1] if field.values else {"age": "1d"}.get(field.kind, "1")
        text = f"{name}{'<' if field.kind == 'age' else ':'}{value}"
        read(mirror, place, 5, False, select(text, listing, {"CNY": 2}, patterns.wrong))


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
    plan = [
        row[3]
        for row in mirror.rows("EXPLAIN QUERY PLAN " + sql.format(places=places, kept="e.deleted = 0"), (1, 1, 1))
    ]
    assert plan
    assert not [step for step in plan if step.startswith("SCAN") and step.split()[1] in ("e", "a", "b", table)]
