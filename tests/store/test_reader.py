"""The console's reading of the mirror: the order, pages, one account, and what it must not do to the writer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from console.core.instants import MINUTE, SECOND
from console.desk import patterns
from console.risk.queue import Standing, order
from store import files
from store.audit_log import AUDIT
from store.mirror_schema import MIGRATIONS
from store.query import ACCOUNTS, LOGINS, MATCHES, TRANSACTIONS, Listing, Selection, select
from store.reader import Reader
from store.timeline import newest, walk
from tests.ui.mirror_builder import NOW, build

EXPONENTS = {"CNY": 2, "JPY": 0}


def kept(text: str) -> tuple[Selection, ...]:
    return select(text, ACCOUNTS, EXPONENTS, patterns.wrong)


@pytest.fixture(scope="module")
def mirror_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mirror") / "mirror.db"
    build(path, 60)
    return path


@pytest.fixture
def reader(mirror_path: Path) -> Iterator[Reader]:
    opened = Reader(mirror_path)
    opened.define(MATCHES, 2, patterns.matches)
    yield opened
    opened.close()


def test_the_order_is_by_score_then_by_appearance_and_complete(reader: Reader) -> None:
    accounts = reader.order()
    assert sorted(accounts.tolist()) == list(range(60))
    rows = reader.page(accounts.tolist())
    scores = [rows[number].score for number in accounts.tolist()]
    assert scores[:20] == sorted(scores[:20], reverse=True)
    assert accounts[20:].tolist() == sorted(accounts[20:].tolist())


def test_a_short_order_differs_only_in_how_many_stand_in_front(reader: Reader) -> None:
    short = reader.order(most=5)
    assert short[:5].tolist() == reader.order()[:5].tolist()
    assert sorted(short.tolist()) == list(range(60))


def test_a_long_list_of_numbers_is_read_whole(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = reader.order().tolist()
    for part in (1, 2, 3, 10):
        monkeypatch.setattr("store.reader.PART", part)
        assert reader.order().tolist() == whole


def test_a_critical_alert_that_comes_back_has_another_mark(tmp_path: Path) -> None:
    build(tmp_path / "mirror.db", 60)
    with closing(sqlite3.connect(tmp_path / "mirror.db")) as writer, closing(Reader(tmp_path / "mirror.db")) as reader:
        before = reader.critical_marks().tolist()
        assert len(set(before)) == len(before) == len(reader.critical_alerts())
        with writer:
            writer.execute("UPDATE alert SET resurfaced = resurfaced + 1 WHERE account = 1")
        assert len(set(reader.critical_marks().tolist()) - set(before)) == 1
        with writer:
            writer.execute("UPDATE alert SET state = 'closed' WHERE account = 1")
        assert len(reader.critical_marks()) == len(before) - 1


def test_plain_words_match_ids_by_any_part_and_name_the_masked_name(reader: Reader) -> None:
    def found(text: str) -> list[int]:
        return reader.matching(kept(text), reader.order()).tolist()

    assert sorted(found("us_21")) == [42, 43]
    assert found("000042") == [42]
    assert sorted(found("name:欧阳"))[:2] == [4, 5]


def test_a_page_holds_what_the_line_shows(reader: Reader) -> None:
    row = reader.page([3])[3]
    assert (row.account_id, row.status, row.holds, row.customer_name) == ("acc_000003", "frozen", 1, "M*** S******")
    assert (row.alert_state, row.open_alerts, row.deleted) == ("open", 1, False)
    assert reader.page([2])[2].claimed_by == "maria.k"
    assert reader.page([999]) == {}


def test_detail_holds_the_account_in_full(reader: Reader) -> None:
    detail = reader.detail(3)
    assert detail is not None
    assert detail.alert is not None
    assert detail.alert.alert_id == "alr_3"
    assert '"hold_3"' in str(detail.doc)
    assert "杭州" in str(detail.customer).encode().decode("unicode_escape")
    assert reader.detail(999) is None
    assert reader.number("acc_000003") == 3
    assert reader.number("acc_nobody") is None


def test_reading_holds_no_checkpoint_up(mirror_path: Path, reader: Reader) -> None:
    writer = sqlite3.connect(mirror_path)
    for number in range(3):
        reader.page(range(40))
        reader.order()
        with writer:
            writer.execute("UPDATE account_risk SET last_activity_at = ? WHERE account = 50", (number,))
        assert writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    writer.close()


def test_the_data_version_tells_of_another_process(mirror_path: Path, reader: Reader) -> None:
    before = reader.data_version()
    assert reader.data_version() == before
    with sqlite3.connect(mirror_path) as writer:
        writer.execute("UPDATE account_risk SET last_activity_at = 7 WHERE account = 50")
    assert reader.data_version() != before


def test_a_mirror_built_anew_is_noticed(tmp_path: Path, mirror_path: Path) -> None:
    path = tmp_path / "mirror.db"
    path.write_bytes(mirror_path.read_bytes())
    opened = Reader(path)
    assert not opened.replaced()
    path.unlink()
    assert opened.replaced()
    path.write_bytes(mirror_path.read_bytes())
    assert opened.replaced()
    opened.close()


def test_a_missing_mirror_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(files.StoreError, match=r"mirror\.db can't be read"):
        Reader(tmp_path / "mirror.db")


def test_an_empty_mirror_has_an_empty_order(tmp_path: Path) -> None:
    files.writer(tmp_path / "mirror.db", MIGRATIONS, "NORMAL").close()
    opened = Reader(tmp_path / "mirror.db")
    assert opened.ready()
    assert len(opened.order()) == 0
    assert len(opened.matching(kept("frozen"), opened.order())) == 0
    opened.close()


# ---------------------------------------------------------------- the filter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("acc_000012", lambda row: row.account_id == "acc_000012"),
        ("00003", lambda row: "00003" in row.account_id),
        ("frozen", lambda row: row.status == "frozen"),
        ("!frozen", lambda row: row.status != "frozen"),
        ("critical", lambda row: row.level == 4),
        ("level>=high", lambda row: row.level >= 3),
        ("risk>0.8", lambda row: row.score > 0.8),
        ("risk>0.8 !status:active", lambda row: row.score > 0.8 and row.status != "active"),
        ("status!=active", lambda row: row.status != "active"),
        ("currency:JPY", lambda row: row.currency == "JPY"),
        ("balance>10,000", lambda row: row.balance_minor > (10_000 if row.currency == "JPY" else 1_000_000)),
        ("customer:cus_7", lambda row: row.customer_id.startswith("cus_7")),
        ("used>=80", lambda row: 100 * (row.credit_limit_minor - row.available_minor) / row.credit_limit_minor >= 80),
        ("rule:ato-1", lambda row: "ATO-1" in (row.rule_ids or "")),
        ('id:"acc_00001"', lambda row: row.account_id.startswith("acc_00001")),
        ("ACC_00001", lambda row: row.account_id.startswith("acc_00001")),
        ("-f c31", lambda row: row.account_id in ("acc_000031", "acc_000301") or row.customer_id in ("cus_31",)),
        ("!-f 1", lambda row: "1" not in row.account_id and "1" not in row.customer_id),
        (r"/0{4}1[27]$/", lambda row: row.account_id in ("acc_000012", "acc_000017")),
        ("/^ACC.*[13]$/", lambda row: row.account_id[-1] in "13"),
        ("status:frozen,closing", lambda row: row.status in ("frozen", "closing")),
        ("!status:frozen,closing", lambda row: row.status not in ("frozen", "closing")),
        ("level:high,critical", lambda row: row.level >= 3),
        ("risk:>80%", lambda row: row.score > 0.8),
        ("active<3m", lambda row: NOW - SECOND - row.last_activity_at < 3 * MINUTE),
        ("claimed:maria.k", lambda row: row.claimed_by == "maria.k"),
    ],
)
def test_filters_select_what_they_say_in_the_order(reader: Reader, text: str, expected) -> None:
    order = reader.order()
    rows = reader.page(order.tolist())
    wanted = [number for number in order.tolist() if expected(rows[number])]
    assert reader.matching(kept(text), order).tolist() == wanted
    assert 0 < len(wanted) < 60


def test_ages_are_told_in_the_streams_time(reader: Reader) -> None:
    found = {text: len(reader.matching(kept(text), reader.order())) for text in ("opened<401d", "opened>399d")}
    assert found == {"opened<401d": 60, "opened>399d": 60}
    assert len(reader.matching(kept("opened<399d"), reader.order())) == 0
    assert len(reader.matching(kept("alerted<2h"), reader.order())) == 20


@pytest.mark.parametrize("listing", [ACCOUNTS, TRANSACTIONS, LOGINS, AUDIT])
def test_every_field_of_a_list_has_its_place_and_every_place_a_field(listing: Listing) -> None:
    assert set(listing.fields) == set(listing.places)


SAMPLES = {
    "id": "x", "part": "%_\\", "word": "open", "rank": "high", "count": "1", "amount": "1", "score": "0.5",
    "percent": "5", "age": "1d",
}  # fmt: skip


@pytest.mark.parametrize("name", ACCOUNTS.fields)
def test_every_field_of_accounts_is_one_that_the_mirror_has(reader: Reader, name: str) -> None:
    field = ACCOUNTS.fields[name]
    value = field.values[1] if field.values else SAMPLES[field.kind]
    sign = "<" if field.kind == "age" else ":"
    assert len(reader.matching(kept(f"{name}{sign}{value}"), reader.order())) <= 60


def test_values_are_bound_and_never_sql(reader: Reader) -> None:
    assert len(reader.matching(kept("x');DROP_TABLE_account;--"), reader.order())) == 0
    assert reader.size() == 60


# ---------------------------------------------------------------- the timeline


def test_a_walk_brings_the_whole_history_newest_first_page_by_page(reader: Reader) -> None:
    place = newest(reader.page([5])[5])
    whole, end = walk(reader, place, 100)
    assert end.over
    assert [event.seq for event in whole] == sorted((event.seq for event in whole), reverse=True)
    assert (sum(event.is_login for event in whole), len(whole)) == (4, 16)
    paged = []
    while not place.over:
        page, place = walk(reader, place, 3)
        paged += page
    assert paged == whole


def test_a_deleted_event_is_left_out_and_walked_over(tmp_path: Path, mirror_path: Path) -> None:
    path = tmp_path / "mirror.db"
    path.write_bytes(mirror_path.read_bytes())
    with sqlite3.connect(path) as writer:
        writer.execute("UPDATE txn SET deleted = 1 WHERE account = 5 AND transaction_id IN ('txn_5_11', 'txn_5_4')")
    opened = Reader(path)
    place, found = newest(opened.page([5])[5]), []
    while not place.over:
        page, place = walk(opened, place, 2)
        found += page
    assert len(found) == 14
    opened.close()


def test_the_order_leaves_no_account_twice_with_many_levels(tmp_path: Path) -> None:
    path = tmp_path / "mirror.db"
    build(path, 30)
    with sqlite3.connect(path) as writer:
        writer.execute("UPDATE account_risk SET risk_level = account % 5, risk_score = (account % 7) / 7.0")
    opened = Reader(path)
    order = opened.order()
    assert len(np.unique(order)) == len(order) == 30
    opened.close()


def test_open_alerts_tell_what_their_order_is_made_of(mirror_path: Path, reader: Reader) -> None:
    alerts = reader.open_alerts()
    assert alerts.shape == (20, len(Standing._fields))
    standing = Standing.of(alerts)
    assert sorted(order(standing, reader.watermark()).tolist()) == list(range(20))
    by_account = dict(zip(standing.account.tolist(), alerts.tolist(), strict=True))
    rows = reader.page(range(20))
    for number, row in rows.items():
        spendable = 0 if row.status in ("frozen", "closing", "closed") else row.available_minor
        assert by_account[number][1:3] == [row.score, row.level]
        assert by_account[number][5:] == [45600, spendable, row.credit_limit_minor]


def test_a_snoozed_alert_is_out_of_the_queue_until_the_streams_time_gets_there(tmp_path: Path) -> None:
    path = tmp_path / "mirror.db"
    build(path, 60)
    with closing(sqlite3.connect(path)) as connection:
        watermark = int(connection.execute("SELECT watermark FROM feed").fetchone()[0])
        for account, until in ((0, watermark), (1, watermark + 1)):
            connection.execute("UPDATE alert SET muted_until = ? WHERE account = ?", (until, account))
        connection.commit()
    reader = Reader(path)
    assert reader.watermark() == watermark
    assert sorted(reader.open_alerts()[:, 0].tolist()) == [0, *range(2, 20)]
    reader.close()


def test_the_transactions_of_an_alerts_hits(reader: Reader) -> None:
    assert reader.transactions_of([423, 421, 424, 10**9]) == ["txn_4_10", "txn_4_11"]
    assert reader.transactions_of([]) == []


def test_a_reader_that_its_thread_has_closed_has_nothing_to_interrupt(mirror_path: Path) -> None:
    closed = Reader(mirror_path)
    closed.close()
    closed.interrupt()
