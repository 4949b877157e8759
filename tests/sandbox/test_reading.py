"""Snapshot, digest, accounts, histories, and what every answer carries."""

from __future__ import annotations

import gzip
import json
from email.utils import parsedate_to_datetime

import httpx
import pytest

from console.core import instants
from console.core.instants import HOUR, SECOND, Instant
from console.core.messages import Device, Login
from console.paths import fixtures
from console.sandbox.bank import Bank
from console.sandbox.bank.digest import hash64
from console.sandbox.problems import Refusal
from console.sandbox.rate import RateLimit

VECTOR = json.loads((fixtures() / "contract" / "examples" / "digest_vector.json").read_text())


def small(id_: str, bank: Bank) -> Device:
    now = bank.clock()
    return Device(id=id_, version=1, kind="mobile", first_seen_at=now, last_seen_at=now)


def scan(desk, kind, limit, between=lambda: None):
    found, next_ = [], None
    while True:
        page = desk.get(f"/snapshot/{kind}", params={"limit": limit} | ({"next": next_} if next_ else {})).json()
        found.append(page)
        if not page["has_more"]:
            return found
        next_ = page["next"]
        between()


def test_a_snapshot_is_every_living_resource_once_in_order(desk):
    with desk.bank.batch():
        for number in range(7):
            desk.bank.put("device", small(f"snap_{number}", desk.bank), desk.clock())
    desk.bank.withdraw("device", "snap_3", desk.clock())
    head = desk.head
    found = scan(desk, "device", 2, between=lambda: desk.open_account())
    ids = [item["id"] for page in found for item in page["items"] if item["id"].startswith("snap_")]
    assert ids == [f"snap_{number}" for number in (0, 1, 2, 4, 5, 6)]
    assert {(page["tail_seq"], page["tail_cursor"]) for page in found} == {(head, desk.bank.log.cursor(head))}
    assert desk.get("/changes", params={"after": found[0]["tail_cursor"]}).json()["from_seq"] == head


def test_a_scan_can_not_go_on_in_another_time_or_type(desk, code_of):
    desk.bank.put("device", small("a", desk.bank), desk.clock())
    desk.bank.put("device", small("b", desk.bank), desk.clock())
    next_ = desk.get("/snapshot/device", params={"limit": 1}).json()["next"]
    assert code_of(desk.get("/snapshot/customer", params={"next": next_})) == (400, "validation")
    assert code_of(desk.get("/snapshot/device", params={"next": "nonsense"})) == (400, "validation")
    assert code_of(desk.get("/snapshot/gadget")) == (400, "unsupported")
    assert code_of(desk.get("/digest/gadget")) == (400, "unsupported")
    desk.bank.new_epoch()
    assert code_of(desk.get("/snapshot/device", params={"next": next_})) == (410, "epoch_changed")


@pytest.mark.parametrize("row", VECTOR["rows"], ids=lambda row: row["id"])
def test_the_digest_hash_is_the_contracts(row):
    assert f"{hash64(row['id']):016x}" == row["id_hash"]
    assert hash64(row["id"]) >> 56 == row["bucket_256"]
    assert f"{hash64(VECTOR['type'] + chr(10) + row['id'] + chr(10) + str(row['version'])):016x}" == row["hash"]


def test_the_served_digest_sums_the_vector():
    """The vector's three accounts at their versions, kept as devices of a bank that skips nothing."""
    bank = Bank.open()
    with bank.batch():
        for row in VECTOR["rows"]:
            for _ in range(row["version"]):
                bank.put("device", small(row["id"], bank), bank.clock())
    while not bank.digests.follow(10):
        continue
    for count, name in ((256, "bucket_256"), (1024, "bucket_1024")):
        served = {b.bucket: b for b in bank.digests.digest("device", count).buckets}
        assert {bucket: b.count for bucket, b in served.items()} == {row[name]: 1 for row in VECTOR["rows"]}
        for row in VECTOR["rows"]:
            whole = "\n".join(("device", row["id"], str(row["version"])))
            assert served[row[name]].sum == f"{hash64(whole):016x}"


def test_the_digest_follows_changes_deletions_and_returns(desk):
    def digest():
        return desk.get("/digest/device", params={"buckets": 256}).json()

    before = digest()
    desk.bank.put("device", small("digested", desk.bank), desk.clock())
    one = digest()
    desk.bank.put("device", small("digested", desk.bank), desk.clock())
    assert digest()["buckets"] != one["buckets"] != before["buckets"]
    desk.bank.withdraw("device", "digested", desk.clock())
    assert digest()["buckets"] == before["buckets"]
    desk.bank.put("device", small("digested", desk.bank), desk.clock())
    bucket = hash64("digested") >> 56
    (found,) = [b for b in digest()["buckets"] if b["bucket"] == bucket]
    (was,) = [b for b in before["buckets"] if b["bucket"] == bucket] or [{"count": 0, "sum": "0"}]
    assert found["count"] == was["count"] + 1
    assert int(found["sum"], 16) == (int(was["sum"], 16) + hash64("device\ndigested\n4")) % 2**64
    assert digest()["at_seq"] == desk.head


def test_an_account_is_answered_with_its_version(desk, code_of):
    account = desk.open_account()
    first = desk.get(f"/accounts/{account.id}")
    assert first.headers["ETag"] == '"1"'
    same = desk.get(f"/accounts/{account.id}", headers={"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", '"1"')
    assert desk.get(f"/accounts/{account.id}", headers={"If-None-Match": '"7"'}).status_code == 200
    assert code_of(desk.get("/accounts/no_such")) == (404, "not_found")
    assert code_of(desk.get("/accounts/a%20b")) == (400, "validation")


def test_a_history_is_newest_first_within_its_window(desk):
    account, begin = desk.open_account(), desk.clock()
    for hour in (2, 0, 1, 3):
        when = Instant(begin + hour * HOUR)
        desk.bank.authorise(desk.purchase(account.id, 100 + hour, id=f"{account.id}_{hour}", occurred_at=when))
    other = desk.open_account()
    desk.bank.authorise(desk.purchase(other.id))

    def hours(**query):
        found, next_ = [], None
        while True:
            page = desk.get("/transactions", params={"account_id": account.id, "limit": 1, **query} | next_to(next_))
            found += [item["amount_minor"] - 100 for item in page.json()["items"]]
            next_ = page.json().get("next")
            if not page.json()["has_more"]:
                return found

    def next_to(word):
        return {"next": word} if word else {}

    assert hours() == [3, 2, 1, 0]
    assert hours(occurred_from=instants.wire(begin + HOUR)) == [3, 2, 1]
    assert hours(occurred_to=instants.wire(begin + 2 * HOUR)) == [1, 0]
    desk.bank.post(f"{account.id}_1", desk.clock())
    items = desk.get("/transactions", params={"account_id": account.id}).json()["items"]
    assert [item["status"] for item in items] == ["pending", "pending", "posted", "pending"]


def test_logins_are_those_of_the_account_and_of_its_customer(desk):
    account, other = desk.open_account(), desk.open_account()

    def login(id_, account_id, customer_id, after_s):
        when = Instant(desk.clock() + after_s * SECOND)
        desk.bank.sign_in(
            Login(
                id=f"{account.id}_{id_}",
                version=1,
                customer_id=customer_id,
                account_id=account_id,
                outcome="success",
                occurred_at=when,
                recorded_at=when,
            )
        )

    login("named", account.id, account.customer_id, 1)
    login("unnamed", None, account.customer_id, 2)
    login("other", other.id, account.customer_id, 3)
    items = desk.get("/logins", params={"account_id": account.id}).json()["items"]
    assert [item["id"] for item in items] == [f"{account.id}_unnamed", f"{account.id}_named"]


@pytest.mark.parametrize("path", ["/transactions", "/logins"])
@pytest.mark.parametrize(
    ("query", "status"),
    [({}, 400), ({"account_id": "a b"}, 400), ({"account_id": "no_such"}, 404), ({"occurred_from": "2026-11-20"}, 400)],
)
def test_a_history_of_nothing_is_refused(desk, path, query, status):
    assert desk.get(path, params=query).status_code == status


def test_every_answer_is_dated_and_named(desk):
    for path, named in (("/meta", {"X-Request-Id": "mine-1"}), ("/nowhere", {})):
        answer = desk.get(path, headers=named)
        assert parsedate_to_datetime(answer.headers["Date"]).timestamp() == desk.clock() // instants.SECOND
        assert answer.headers["X-Request-Id"] == named.get("X-Request-Id", answer.headers["X-Request-Id"])
    problem = desk.get("/nowhere")
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json()["request_id"] == problem.headers["X-Request-Id"]
    assert problem.json()["server_time"] == instants.wire(desk.clock())


def test_gzip_is_offered_to_those_who_ask(desk):
    for _ in range(10):
        desk.open_account()
    url = f"{desk.sandbox.origin}/core/v1/changes"
    with httpx.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        unpacked = gzip.decompress(b"".join(packed.iter_raw()))
    for refused in ("identity", "gzip;q=0, identity"):
        plain = httpx.get(url, headers={"Accept-Encoding": refused})
        assert "Content-Encoding" not in plain.headers
        assert json.loads(unpacked)["changes"] == plain.json()["changes"]


def test_who_is_asking(desk, code_of):
    assert desk.http.get("/meta").json()["you"]["subject"] == "maria.k"
    assert desk.get("/meta", "supervisor").json()["you"] == {
        "subject": "jonas.p",
        "roles": ["operator", "supervisor"],
        "scopes": ["core:read", "core:command", "core:approve"],
    }
    for header in ("Bearer nobody", "Basic sandbox-viewer", "sandbox-viewer", ""):
        refused = desk.http.get("/meta", headers={"Authorization": header})
        assert code_of(refused) == (401, "unauthenticated")
        assert "WWW-Authenticate" in refused.headers


def test_wrong_methods_are_told_the_right_ones(desk):
    answer = desk.http.put("/meta")
    assert (answer.status_code, "GET" in answer.headers["Allow"]) == (405, True)
    assert answer.json()["effect"] == "none"


def test_the_contract_is_served(desk):
    served = desk.get("/openapi.yaml")
    assert served.content == (fixtures() / "contract" / "core-api-v1.openapi.yaml").read_bytes()


def test_a_body_that_is_no_json_or_too_long_is_refused(desk, code_of):
    headers = {"Idempotency-Key": "0193d0a2-5b1e-7c44-9f0e-2b6f1a7d9c01"}
    assert code_of(desk.post("/commands", content=b"\xff{", headers=headers)) == (400, "validation")
    assert code_of(desk.post("/commands", content=b"[" * 100_000, headers=headers)) == (400, "validation")
    assert code_of(desk.post("/commands", content=b" " * 300_000, headers=headers)) == (400, "validation")
    as_form = {**headers, "Content-Type": "text/plain"}
    assert code_of(desk.post("/commands", content=b"{}", headers=as_form)) == (400, "validation")


def test_the_rate_limit_counts_each_subject_and_forgets():
    now = 0.0
    limit = RateLimit(2, 3, clock=lambda: now)
    for _ in range(3):
        limit.take("maria.k")
    limit.take("li.na")
    with pytest.raises(Refusal) as refused:
        limit.take("maria.k")
    assert (refused.value.code, refused.value.retry_after_s) == ("rate_limited", 1)
    now = 0.5
    limit.take("maria.k")


def test_too_many_requests_are_told_when_to_come_back(desk, code_of):
    rate, desk.sandbox.core.rate = desk.sandbox.core.rate, RateLimit(0.5, 1)
    try:
        desk.get("/meta")
        refused = desk.post("/commands", content=b"not even json")
        assert code_of(refused) == (429, "rate_limited")
        assert int(refused.headers["Retry-After"]) >= 1
    finally:
        desk.sandbox.core.rate = rate
