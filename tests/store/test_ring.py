"""Looking for who shares what: found wherever it is stored, at the cost of a stretch, and never from a table's scan."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from store import ring
from store.reader import Reader
from store.ring import Thing, Use
from tests.ui.mirror_builder import build, build_ring

DEVICE, PHONE = Thing("device", "dev_33"), Thing("token", "h1:5deb65a7b870")


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("ring") / "mirror.db"
    build(path, 40)
    build_ring(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        resources = {
            ("application", "app_1"): {"customer_id": "cus_7", "tokens": {"phone": PHONE.id}, "device_id": "dev_33"},
            ("link", "lnk_1"): {"from": {"id": "cus_33"}, "to": {"id": "cus_9"}},
            ("link", "lnk_2"): {"from": {"id": "cus_1"}, "to": {"id": "cus_2"}},
        }
        for (type_, id_), doc in resources.items():
            connection.execute("INSERT INTO resource VALUES (?, ?, 1, 0, -1, 1, ?)", (type_, id_, json.dumps(doc)))
    reader = Reader(path)
    yield reader
    reader.close()


def test_what_an_account_has_is_taken_from_its_events_and_its_customer(mirror: Reader) -> None:
    assert set(ring.things_of(mirror, 33, 24)) == {DEVICE, Thing("ip", "10.0.0.3"), PHONE, Thing("link", "cus_33")}
    assert set(ring.things_of(mirror, 12, 24)) >= {Thing("device", "dev_1"), Thing("device", "dev_2")}
    assert len(ring.things_of(mirror, 12, 1)) == len({thing.kind for thing in ring.things_of(mirror, 12, 24)})
    assert ring.things_of(mirror, 999, 24) == []


def test_events_are_looked_through_stretch_by_stretch(mirror: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def found(stretch: int) -> set[Use]:
        monkeypatch.setattr(ring, "STRETCH", stretch)
        place, uses = ring.last_place(mirror), set()
        while place >= ring.first_place(mirror):
            uses |= set(ring.back(mirror, [DEVICE, Thing("ip", "10.0.0.1")], place))
            place -= stretch
        return uses

    wanted = {Use(33, DEVICE), Use(30, Thing("ip", "10.0.0.1")), Use(34, Thing("ip", "10.0.0.1"))}
    assert found(10_000) == found(7) == found(1_000) == wanted


@pytest.mark.parametrize("chunk", [1, 2, 1000])
def test_resources_are_gone_through_chunk_by_chunk(mirror: Reader, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(ring, "CHUNK", chunk)
    uses: set[Use] = set()
    for type_ in ring.TYPES:
        after: str | None = ""
        while after is not None:
            found, after = ring.through(mirror, [DEVICE, PHONE, Thing("link", "cus_33")], type_, after)
            uses |= set(found)
    applicants, linked = {14, 15}, {18, 19}
    assert uses == {
        *(Use(account, PHONE) for account in {31, 33} | applicants),
        *(Use(account, DEVICE) for account in applicants),
        *(Use(account, Thing("link", "cus_33")) for account in linked),
    }


def test_known_frauds_are_told_by_labels_and_verdicts(tmp_path: Path) -> None:
    path = tmp_path / "mirror.db"
    build(path, 40)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT OR REPLACE INTO desk_case VALUES (10, 'c', 1, 'closed', NULL, NULL, 'fraud', 0, 1)")
    reader = Reader(path)
    assert ring.frauds(reader, range(40)) == {3, 9, 10, 15, 21, 27, 33, 39}
    assert ring.frauds(reader, [4, 33]) == {33}
    assert ring.frauds(reader, []) == set()
    reader.close()


def test_no_look_reads_a_whole_table(mirror: Reader) -> None:
    def plan(sql: str, parameters: object) -> list[str]:
        return [row[3] for row in mirror.rows("EXPLAIN QUERY PLAN " + sql, parameters)]

    steps = plan(ring.FRAUDS, {"accounts": "[1]"}) + plan(ring.OWNED, ("a", "a"))
    steps += plan(ring.THROUGH.format(any="1"), {"type": "link", "after": "", "chunk": 1})
    for table, (head, columns) in ring.EVENTS.items():
        back = ring.BACK.format(table=table, columns=", ".join(columns), any="1")
        steps += plan(back, {"low": 1, "high": 2, "wanted": "[]"})
        steps += plan(ring.OWN.format(table=table, head=head, columns=", ".join(columns)), (1, 2))
    tables = {"r", "e", "account", "resource", "desk_case", "account_risk", "txn", "login"}
    assert steps
    assert not [step for step in steps if step.startswith("SCAN") and step.split()[1] in tables]
