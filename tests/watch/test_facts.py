"""What the engine is told of each resource: who it concerns, and what is left out."""

from __future__ import annotations

import ipaddress
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from console.core.instants import wire
from console.core.lots import lots
from console.core.messages import Change
from console.risk.columns import DAY, Decline, Fact
from console.watch.declines import cause_of
from console.watch.facts import network_of
from console.watch.translate import Translation
from store.mirror import Mirror

NOON = 1_700_000_000_000_000
DAY_BEFORE = NOON - DAY


class Desk:
    """Translates resources into one mirror, one page each."""

    def __init__(self, path: Path) -> None:
        self.mirror = Mirror(path)
        self.seq = 0

    def told(self, type_: str, id_: str, version: int = 1, **data: Any) -> Any:
        self.seq += 1
        doc = Raw(json.dumps({"id": id_, "version": version, **data}).encode())
        at = wire(NOON)
        place = {"seq": self.seq, "id": id_, "version": version, "occurred_at": at, "recorded_at": at}
        with self.mirror.transaction():
            meant = Translation(self.mirror, lots([Change(type=type_, op="upsert", data=doc, **place)], {}), [])
            meant.make_rows()
            self.mirror.write(meant.batch, meant.numbered)
        return meant.facts


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "mirror.db")


def account(desk: Desk, id_: str, customer: str, **data: Any) -> Any:
    limits = {"currency": "CNY", "credit_limit_minor": 9, "available_minor": 9, "balance_minor": 0, "pending_minor": 0}
    facts = {"customer_id": customer, "status": "active", "credit_state": "current", "limits": limits, "holds": []}
    return desk.told("account", id_, **facts, opened_at=wire(DAY_BEFORE), updated_at=wire(NOON), **data)


def spend(desk: Desk, id_: str, **data: Any) -> Any:
    facts = {"account_id": "acc.1", "kind": "purchase", "status": "pending", "amount_minor": 1000, "currency": "CNY"}
    return desk.told("transaction", id_, **{**facts, "occurred_at": wire(NOON), "recorded_at": wire(NOON), **data})


def test_an_event_knows_its_accounts_customer_and_its_network(desk: Desk) -> None:
    account(desk, "acc.1", "cus.1")
    first = spend(desk, "txn.1", ip="10.1.2.3", decline_code="wrong_pin", network_risk_score=700)[0]
    second = spend(desk, "txn.2", ip="10.1.2.99")[0]
    other = spend(desk, "txn.3", ip="10.1.3.3", account_id="acc.unknown")[0]
    assert first["customer"] == 0
    assert first["subnet"] == second["subnet"] == 0
    assert (first["ip"], second["ip"]) == (0, 1)
    assert (other["subnet"], other["customer"]) == (1, -1)
    assert (first["decline"], first["network_risk"], second["network_risk"]) == (Decline.CREDENTIAL, 700, -1)


def test_the_owner_of_an_account_survives_a_restart(desk: Desk, tmp_path: Path) -> None:
    account(desk, "acc.1", "cus.1")
    desk.mirror.close()
    desk.mirror = Mirror(tmp_path / "mirror.db")
    assert spend(desk, "txn.1")[0]["customer"] == 0


def test_the_customer_behind_a_counterparty(desk: Desk) -> None:
    account(desk, "acc.1", "cus.1")
    account(desk, "acc.2", "cus.2")
    for number, (type_, id_, peer) in enumerate(
        [("account", "acc.2", 1), ("customer", "cus.2", 1), ("account", "acc.9", -1), ("wallet", "w", -1)]
    ):
        fact = spend(desk, f"txn.{number}", kind="transfer", counterparty={"type": type_, "id": id_})[0]
        assert fact["peer"] == peer
        assert fact["party"] >= 0


def test_a_customer_is_a_person_and_the_tokens_they_are_known_by(desk: Desk) -> None:
    facts = desk.told(
        "customer",
        "cus.1",
        registered_at=wire(DAY_BEFORE),
        updated_at=wire(NOON),
        home={"lat": 31.2, "lon": 121.5, "country": "CN"},
        tokens={"phone": "x", "email": "x"},
        bureau={"as_of": wire(NOON), "score": 640, "delinquencies_24m": 2},
        income={"monthly_minor": 900_000, "currency": "CNY", "as_of": wire(NOON)},
        social={"trust_score": 655},
    )
    person, phone, email = facts
    assert (person["fact"], person["customer"], person["opened_at"]) == (Fact.CUSTOMER, 0, DAY_BEFORE)
    assert (person["bureau"], person["trust"], person["tenure"], person["delinquencies"]) == (640, 655, -1, 2)
    assert (person["income"], round(float(person["lat"]), 1), person["country"]) == (900_000, 31.2, 2 * 26 + 13)
    assert {phone["fact"], email["fact"]} == {Fact.TOKEN}
    assert phone["token"] != email["token"]
    again = desk.told("customer", "cus.2", registered_at=wire(0), updated_at=wire(NOON), tokens={"phone": "x"})
    assert again[1]["token"] == phone["token"]
    assert math.isnan(again[0]["income"])


def test_links_name_customers_or_a_device(desk: Desk) -> None:
    account(desk, "acc.1", "cus.1")
    times = {"first_seen_at": wire(DAY_BEFORE), "last_seen_at": wire(NOON), "kind": "shared_phone"}

    def link(number: int, one: tuple[str, str], other: tuple[str, str]) -> Any:
        ends = {name: {"type": end[0], "id": end[1]} for name, end in (("from", one), ("to", other))}
        return desk.told("link", f"lnk.{number}", **ends, **times)

    two = link(1, ("account", "acc.1"), ("customer", "cus.2"))[0]
    assert (two["fact"], two["customer"], two["peer"], two["device"]) == (Fact.LINK, 0, 1, -1)
    device = link(2, ("device", "dev.1"), ("customer", "cus.2"))[0]
    assert (device["customer"], device["peer"], device["device"]) == (1, -1, 0)
    assert len(link(3, ("label", "lab.1"), ("customer", "cus.2"))) == 0
    assert len(link(4, ("device", "dev.1"), ("device", "dev.2"))) == 0
    assert len(link(5, ("account", "acc.9"), ("customer", "cus.2"))) == 0


def test_devices_applications_and_limit_requests(desk: Desk) -> None:
    seen = {"first_seen_at": wire(DAY_BEFORE), "last_seen_at": wire(NOON)}
    device, print_ = desk.told("device", "dev.1", kind="mobile", trust="blocked", fingerprint_token="f", **seen)
    assert (device["fact"], device["code"], device["opened_at"]) == (Fact.DEVICE, 4, DAY_BEFORE)
    assert (print_["fact"], print_["device"], print_["customer"], print_["code"]) == (Fact.TOKEN, 0, -1, 5)
    asked = {"kind": "opening", "customer_id": "cus.1", "currency": "CNY", "requested_limit_minor": 500}
    asked |= {"checks": [{"name": "a", "outcome": "fail"}, {"name": "b", "outcome": "unavailable"}]}
    asked |= {"submitted_at": wire(DAY_BEFORE), "updated_at": wire(NOON), "tokens": {"address": "y"}, "ip": "::1"}
    token, first = desk.told("application", "app.1", status="submitted", **asked)
    assert (token["fact"], token["customer"]) == (Fact.TOKEN, 0)
    assert (first["fresh"], first["occurred_at"], first["status"], first["amount"]) == (True, DAY_BEFORE, 1, 500)
    (later,) = desk.told("application", "app.1", 2, status="booked", account_id="acc.1", **asked)
    assert (later["fresh"], later["occurred_at"], later["code"]) == (False, NOON, 6)
    wish = {"status": "pending", "requested_by": "customer", "currency": "CNY", "requested_at": wire(NOON)}
    (request,) = desk.told(
        "limit_request", "lrq.1", account_id="acc.1", current_limit_minor=100, requested_limit_minor=300, **wish
    )
    assert (request["amount"], request["limit"], request["fresh"], request["account"]) == (300, 100, True, 0)


@given(st.ip_addresses(v=4).map(str) | st.text("0123456789.", max_size=16))
def test_a_plain_address_has_the_network_that_ipaddress_reads(text: str) -> None:
    try:
        expected: str | None = f"4:{int(ipaddress.IPv4Address(text)) >> 8:x}"
    except ValueError:
        expected = None
    assert network_of(text) == expected


def test_networks() -> None:
    assert network_of("10.1.2.3") == network_of("10.1.2.200") == network_of("::ffff:10.1.2.7") != network_of("10.1.3.3")
    assert network_of("2001:db8:1:2::3") == network_of("2001:db8:1:ffff::") != network_of("2001:db8:2::")
    assert [network_of(text) for text in ("", "10.1.2", "10.1.2.3.4", "\x1b]0;", "1e9")] == [None] * 5


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (None, Decline.NONE),
        ("51", Decline.LIMIT),
        ("insufficient_funds", Decline.LIMIT),
        ("cash_limit_exceeded", Decline.LIMIT),
        ("n7", Decline.CREDENTIAL),
        ("incorrect_cvv", Decline.CREDENTIAL),
        ("account_frozen", Decline.BLOCKED),
        ("43", Decline.BLOCKED),
        ("issuer_down", Decline.OTHER),
    ],
)
def test_causes_of_declines(code: str | None, cause: Decline) -> None:
    assert cause_of(code) == cause
