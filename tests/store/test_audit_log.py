"""The audit as a list: every row once, filters that agree with a plain search, and a bounded look at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.desk import patterns
from store import audit_log
from store.audit_log import AUDIT, STRETCH, STRETCHES
from store.journal import Journal
from store.query import Selection, select
from tests.ui.mirror_builder import build_journal


@pytest.fixture
def journal(tmp_path: Path):
    build_journal(tmp_path / "journal.db")
    journal = Journal(tmp_path / "journal.db")
    yield journal
    journal.close()


def kept(text: str) -> tuple[Selection, ...]:
    return select(text, AUDIT, {}, patterns.wrong)


def listed(journal: Journal, wanted: str, most: int = 1000) -> list[audit_log.AuditRow]:
    rows, place = [], audit_log.newest(journal)
    while place:
        page, place = audit_log.page(journal, kept(wanted), place, most)
        assert len(page) <= most
        rows += page
    return rows


@pytest.mark.parametrize("most", [1, 2, 5, 1000])
def test_pages_hold_every_row_once_newest_first(journal: Journal, most: int) -> None:
    rows = listed(journal, "", most)
    assert [row.seq for row in rows] == [seq for (seq,) in journal.rows("SELECT seq FROM audit ORDER BY seq DESC")]


@pytest.mark.parametrize("most", [1, 4, 1000])
@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        ("event:command.d", lambda row: row.event == "command.decided"),
        ("actor:maria.k", lambda row: row.actor == "maria.k"),
        ("account:acc_000002", lambda row: row.account_id == "acc_000002"),
        ("illegal_transition", lambda row: "illegal_transition" in row.payload),
        (
            "event:command account:acc_000001 actor:watcher",
            lambda row: row.account_id == "acc_000001" and row.actor == "watcher",
        ),
    ],
)
def test_a_filter_keeps_what_it_says(journal: Journal, wanted: str, holds, most: int) -> None:
    rows = listed(journal, wanted, most)
    assert rows
    assert [row.seq for row in rows] == [row.seq for row in listed(journal, "") if holds(row)]


def test_an_account_is_found_in_rows_of_no_command(journal: Journal) -> None:
    journal.record("list.added", {"subject": "acc_77", "list": "allow"}, 1)
    journal.record("list.added", {"subject": "acc_7", "list": "allow"}, 1)
    assert [row.event for row in listed(journal, "account:acc_7")] == ["list.added"]


def test_a_page_looks_at_a_bounded_number_of_rows_and_the_next_goes_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    rows = STRETCH * STRETCHES + 10
    with journal.transaction() as connection:
        connection.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO audit SELECT i, '', 'x', iif(i = 1, 'first', 'other'), '{}', '', '' FROM n",
            (rows,),
        )
    page, place = audit_log.page(journal, kept("event:first"), audit_log.newest(journal), 50)
    assert (page, place) == ([], 10)
    page, place = audit_log.page(journal, kept("event:first"), place, 50)
    assert ([row.seq for row in page], place) == ([1], 0)
    journal.close()


def test_broken_text_and_holes_are_shown_as_they_are(journal: Journal) -> None:
    with journal.transaction() as connection:
        connection.execute("DELETE FROM audit WHERE seq IN (3, 4)")
        connection.execute(
            "UPDATE audit SET payload = CAST(x'7bff' AS TEXT), actor = CAST(x'ff' AS TEXT) WHERE seq = 5"
        )
        connection.execute("UPDATE audit SET seq = 1000000000 WHERE seq = 1")
    rows = listed(journal, "", 2)
    assert [row.seq for row in rows][:2] == [1000000000, 13]
    assert next(row for row in rows if row.seq == 5).payload == "{\ufffd"
    assert listed(journal, "actor:maria.k")[0].seq == 1000000000
