"""The change feed (contract, section 4): dense, ordered, waiting, expiring."""

from __future__ import annotations

import threading

import pytest

from console.core import instants
from console.core.instants import DAY, HOUR, SECOND, Instant
from console.core.messages import Device, Link, Ref
from console.sandbox.bank.log import SCAN
from console.sandbox.run import Sandbox


def device(number: int, now: Instant) -> Device:
    return Device(id=f"dev_{number}", version=1, kind="mobile", first_seen_at=now, last_seen_at=now)


@pytest.fixture
def own():
    """A core of one test's own, on the real clock, with a bare HTTP client."""
    import httpx

    with Sandbox() as sandbox, httpx.Client(base_url=f"{sandbox.origin}/core/v1", timeout=20) as http:
        yield sandbox.bank, http


def fill(bank, count, kind="device"):
    now = bank.clock()
    with bank.batch():
        for number in range(count):
            bank.put(kind, device(number, now), now)


def pages(http, **params):
    """All pages from the beginning."""
    found, cursor = [], None
    while True:
        query = params | ({"after": cursor} if cursor else {})
        page = http.get("/changes", params=query).json()
        found.append(page)
        cursor = page["next_cursor"]
        if not page["has_more"]:
            return found


def test_pages_are_dense_and_join_without_a_gap(own):
    bank, http = own
    fill(bank, 25)
    found = pages(http, limit=10)
    assert [page["from_seq"] for page in found] == [0, 10, 20]
    assert [change["seq"] for page in found for change in page["changes"]] == list(range(1, 26))
    assert {page["head_seq"] for page in found} == {25}
    for change in found[0]["changes"]:
        assert (change["data"]["id"], change["data"]["version"]) == (change["id"], change["version"])


def test_a_type_filter_leaves_out_and_still_moves_on(own):
    bank, http = own
    fill(bank, 30)
    (page,) = pages(http, types="label,login")
    assert (page["changes"], page["from_seq"], page["scanned_to_seq"], page["has_more"]) == ([], 0, 30, False)
    now = bank.clock()
    link = Link(
        id="lnk",
        version=1,
        from_=Ref(type="device", id="dev_1"),
        to=Ref(type="device", id="dev_2"),
        kind="shared_ip",
        first_seen_at=now,
        last_seen_at=now,
    )
    bank.put("link", link, now)
    fill(bank, 3)
    page = http.get("/changes", params={"types": "link", "after": page["next_cursor"]}).json()
    assert ([change["id"] for change in page["changes"]], page["scanned_to_seq"]) == (["lnk"], 34)


def test_a_filtered_scan_is_bounded_and_goes_on(own):
    bank, http = own
    fill(bank, SCAN + 5)
    first, second = pages(http, types="link")
    assert (first["scanned_to_seq"], first["has_more"], first["changes"]) == (SCAN, True, [])
    assert (second["scanned_to_seq"], second["has_more"]) == (SCAN + 5, False)


def test_a_long_poll_ends_with_the_news(own):
    bank, http = own
    cursor = http.get("/meta").json()["feed"]["earliest_cursor"]
    threading.Timer(0.2, fill, (bank, 1)).start()
    page = http.get("/changes", params={"after": cursor, "wait_s": 15}).json()
    assert [change["id"] for change in page["changes"]] == ["dev_0"]


def test_a_long_poll_without_news_ends_empty(own):
    page = own[1].get("/changes", params={"wait_s": 1}).json()
    assert (page["changes"], page["scanned_to_seq"]) == ([], 0)


def test_a_new_epoch_voids_cursors_even_of_those_who_wait(own):
    bank, http = own
    fill(bank, 3)
    page = http.get("/changes").json()
    threading.Timer(0.2, bank.new_epoch).start()
    answer = http.get("/changes", params={"after": page["next_cursor"], "wait_s": 15})
    assert (answer.status_code, answer.json()["code"]) == (410, "epoch_changed")
    again = http.get("/changes", params={"after": answer.json()["earliest_cursor"]}).json()
    assert again["epoch"] != page["epoch"]
    assert [change["seq"] for change in again["changes"]] == [1, 2, 3]


def test_a_cursor_older_than_the_feed_is_told_so(own):
    bank, http = own
    fill(bank, 10)
    old = http.get("/changes", params={"limit": 2}).json()["next_cursor"]
    bank.log.expire(5)
    answer = http.get("/changes", params={"after": old})
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_expired")
    page = http.get("/changes", params={"after": answer.json()["earliest_cursor"]}).json()
    assert [change["seq"] for change in page["changes"]] == [6, 7, 8, 9, 10]
    assert http.get("/changes").json()["from_seq"] == 5


@pytest.mark.parametrize(
    "query",
    [
        {"after": "made up"},
        {"after": "bm9uc2Vuc2U"},
        {"after": "x" * 257},
        {"limit": "0"},
        {"limit": "10001"},
        {"limit": "+5"},
        {"limit": "1_0"},
        {"wait_s": "31"},
        {"types": ""},
        {"types": "device,device"},
        {"types": "gadget"},
    ],
)
def test_a_query_against_the_contract_is_refused(desk, query):
    answer = desk.get("/changes", params=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation")


def test_a_cursor_beyond_the_head_is_refused(own):
    bank, http = own
    assert http.get("/changes", params={"after": bank.log.cursor(1)}).status_code == 400


def test_the_watermark_is_kept(own):
    """Nothing is recorded below a watermark that was given, whatever time it claims to be of."""
    bank, http = own
    fill(bank, 3)
    told = http.get("/changes").json()["watermark"]
    old = Instant(bank.clock() - DAY)
    bank.put("device", device(99, old), old, occurred_at=old)
    page = http.get("/changes", params={"after": bank.log.cursor(3)}).json()
    assert page["changes"][0]["recorded_at"] >= told
    assert page["changes"][0]["occurred_at"] == instants.wire(old)


def test_a_page_behind_speaks_for_itself(own):
    bank, http = own
    now = bank.clock()
    for number in range(3):
        bank.put("device", device(number, now), now - HOUR + number * SECOND)
    first = http.get("/changes", params={"limit": 1}).json()
    assert first["watermark"] == first["changes"][0]["recorded_at"] == instants.wire(now - HOUR)
    assert pages(http)[-1]["watermark"] >= instants.wire(now)


def test_a_deletion_is_a_tombstone(own):
    bank, http = own
    fill(bank, 1)
    bank.withdraw("device", "dev_0", bank.clock())
    fill(bank, 1)
    changes = http.get("/changes").json()["changes"]
    assert [(change["op"], change["version"], "data" in change) for change in changes] == [
        ("upsert", 1, True),
        ("delete", 2, False),
        ("upsert", 3, True),
    ]
    with pytest.raises(LookupError):
        bank.withdraw("device", "no_such", bank.clock())


def test_a_batch_is_seen_whole_or_not_at_all(own):
    bank, http = own
    with pytest.raises(RuntimeError), bank.batch():
        fill(bank, 5)
        raise RuntimeError("the world stumbles")
    assert http.get("/changes").json()["head_seq"] == 0
    fill(bank, 2)
    assert [change["seq"] for change in http.get("/changes").json()["changes"]] == [1, 2]
