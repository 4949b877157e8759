"""Applications and limit requests in the mirror: what waits, who shares what, found without a walk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from console.core.instants import DAY, HOUR, parse, wire
from store import papers
from store.papers import Paper, Tied
from store.reader import Reader
from tests.ui.mirror_builder import NOW, build

DEEP = "[" * 2_000 + "]" * 2_000


def application(number: int, **more: Any) -> dict[str, Any]:
    at = wire(NOW - number * DAY)
    return {
        "id": f"app_{number}", "customer_id": f"new_{number}", "status": "in_review", "currency": "CNY", "checks": [],
        "submitted_at": at, "updated_at": at, "device_id": "dev_x", **more,
    }  # fmt: skip


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Reader]:
    path = tmp_path / "mirror.db"
    build(path, 20)
    documents = {
        ("application", "app_1"): application(1, tokens={"phone": "h1:1"}),
        ("application", "app_2"): application(2, tokens={"phone": "h1:1"}, status="booked", account_id="acc_000003"),
        ("application", "app_40"): application(40),
        ("application", "app_50"): application(50, device_id="dev_y", facts={"purpose": "submitted"}, status="booked"),
        ("limit_request", "lrq_1"): {"id": "lrq_1", "account_id": "acc_000001", "status": "pending"},
        ("link", "lnk_1"): {"from": {"id": "new_1"}, "to": {"id": "cus_2"}, "kind": "shared_device"},
        ("link", "lnk_2"): {"from": {"id": "cus_3"}, "to": {"id": "new_1"}, "kind": "shared_phone"},
    }
    rows = [(*key, json.dumps(doc)) for key, doc in documents.items()]
    rows.append(("application", "app_deep", '{"status": "in_review", "more": ' + DEEP + "}"))
    with closing(sqlite3.connect(path)) as connection, connection:
        for row in rows:
            connection.execute("INSERT INTO resource VALUES (?, ?, 1, 0, -1, 1, ?)", row)
        connection.execute(
            "INSERT INTO resource VALUES ('label', 'lab_1', 1, 0, 4, 1, ?)", (json.dumps({"verdict": "fraud"}),)
        )
    reader = Reader(path)
    yield reader
    reader.close()


def test_what_may_wait_is_found_by_its_words(mirror: Reader) -> None:
    ids = {paper.id for paper in papers.waiting(mirror)}
    assert ids >= {"app_1", "app_40", "lrq_1"}
    assert "app_2" not in ids
    found = papers.find(mirror, "limit_request", "lrq_1")
    assert isinstance(found, Paper)
    assert [paper.type for paper in papers.named(mirror, "app_1")] == ["application"]
    assert papers.named(mirror, "nobody") == []


def test_others_that_share_a_thing_are_found_within_the_time_asked_for(mirror: Reader) -> None:
    things = {"device": "dev_x", "phone": "h1:1"}
    found = papers.tied(mirror, "new_1", things, NOW - 30 * DAY, NOW)
    at = wire(parse(wire(NOW - 2 * DAY)))
    assert found == [
        Tied("device", "app_2", "new_2", "acc_000003", at),
        Tied("phone", "app_2", "new_2", "acc_000003", at),
    ]
    assert {one.application_id for one in papers.tied(mirror, "new_1", things, 0, NOW)} == {"app_2", "app_40"}
    assert papers.tied(mirror, "new_1", {"device": "' OR 1"}, 0, NOW) == []


def test_a_link_for_a_shared_thing_binds_the_applications_of_both(mirror: Reader, tmp_path: Path) -> None:
    links = {
        "lnk_3": {"from": {"id": "new_40"}, "to": {"id": "new_1"}, "kind": "shared_device"},
        "lnk_4": {"from": {"id": "new_40"}, "to": {"id": "new_2"}, "kind": "shared_phone"},
        "lnk_5": {"from": {"id": "new_40"}, "to": {"id": "new_50"}, "kind": "payee"},
    }
    with closing(sqlite3.connect(tmp_path / "mirror.db")) as connection, connection:
        for id_, link in links.items():
            connection.execute("INSERT INTO resource VALUES ('link', ?, 1, 0, -1, 1, ?)", (id_, json.dumps(link)))
    found = papers.tied_by_links(mirror, "new_40", 0, NOW)
    assert {(one.kind, one.application_id) for one in found} == {("device", "app_1"), ("phone", "app_2")}
    assert [one.application_id for one in papers.tied_by_links(mirror, "new_40", 0, NOW - 36 * HOUR)] == ["app_2"]
    assert papers.tied_by_links(mirror, "new_50", 0, NOW) == []


def test_links_lead_to_accounts_and_what_is_known_of_them(mirror: Reader) -> None:
    assert papers.linked(mirror, "new_1") == {"cus_2": "shared_device", "cus_3": "shared_phone"}
    known = papers.accounts_of(mirror, ["cus_2", "cus_3"])
    assert [(one.account_id, one.customer_id, one.fraud) for one in known] == [
        ("acc_000004", "cus_2", True), ("acc_000005", "cus_2", False),
        ("acc_000006", "cus_3", False), ("acc_000007", "cus_3", False),
    ]  # fmt: skip
    assert all(one.level > 0 for one in known[:2])


def test_the_indexes_are_used_and_the_views_stand_whatever_a_document_holds(mirror: Reader) -> None:
    plans = [
        str(mirror.rows(f"EXPLAIN QUERY PLAN {papers.OPEN}", (5,))),
        str(
            mirror.rows(
                "EXPLAIN QUERY PLAN SELECT id FROM resource WHERE type = 'application' AND deleted = 0"
                " AND CASE WHEN json_valid(doc) THEN doc ->> '$.device_id' END = ?",
                ("dev_x",),
            )
        ),
    ]
    assert "resource_open_papers" in plans[0]
    assert "application_by_device" in plans[1]
    told = dict(mirror.rows("SELECT application_id, status FROM v_application"))
    assert told["app_deep"] is None
    assert told["app_2"] == "booked"
    assert mirror.rows("SELECT limit_request_id, account_id, status FROM v_limit_request") == [
        ("lrq_1", "acc_000001", "pending")
    ]
