"""Where pages are cut changes nothing: a page means the same as its changes one by one, bad ones included."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from console.core import feed
from console.core.feed import Page
from console.core.instants import DAY, wire
from console.desk.pack_files import pack_texts
from console.risk.packs import load_packs
from console.watch.ingest import Ingest
from store.compare import differences
from tests import mirrors

PACK = load_packs(pack_texts(None))
NOON = 1_700_000_000_000_000


def few(prefix: str, count: int = 3) -> st.SearchStrategy[str]:
    """Ids of which the same come again."""
    return st.integers(1, count).map(lambda number: f"{prefix}.{number}")


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


TIMES = st.integers(0, 40 * DAY).map(lambda after: wire(NOON + after))
SHORT_TIMES = st.just("2023-11-20T10:00:00Z") | st.just("2023-11-20T10:00:00+02:00")
PLACES = st.fixed_dictionaries(
    {}, optional={"lat": st.floats(-90, 90), "lon": st.floats(-180, 180), "country": st.sampled_from(["CN", "DE", ""])}
)
IPS = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.1.1", "::1", "no address", ""])
REFS = st.one_of(
    *(
        st.fixed_dictionaries({"type": st.just(type_), "id": few(prefix)})
        for type_, prefix in (("account", "acc"), ("customer", "cus"), ("merchant", "mer"), ("device", "dev"))
    )
)
TOKENS = st.fixed_dictionaries({}, optional={"phone": few("p"), "email": few("e"), "address": st.just("")})
LIMITS = st.fixed_dictionaries(
    {
        "currency": st.just("CNY"),
        **{f"{name}_minor": st.integers(0, 10**6) for name in ("credit_limit", "available", "balance", "pending")},
    }
)
EVENT = {"occurred_at": TIMES | SHORT_TIMES, "recorded_at": TIMES}
SPANS = {"first_seen_at": TIMES, "last_seen_at": TIMES}
RESOURCES: dict[str, tuple[str, dict[str, Any]]] = {
    "transaction": (
        "txn",
        {
            **EVENT,
            "account_id": few("acc"),
            "kind": st.sampled_from(["purchase", "transfer", "payment", "something new"]),
            "status": st.sampled_from(["pending", "posted", "declined"]),
            "amount_minor": st.integers(-10_000, 10**6),
            "currency": st.just("CNY"),
            "merchant": maybe(st.fixed_dictionaries({"id": few("mer"), "mcc": st.sampled_from(["5411", "x", None])})),
            "counterparty": maybe(REFS),
            "device_id": maybe(few("dev")),
            "ip": maybe(IPS),
            "location": maybe(PLACES),
            "decline_code": maybe(st.sampled_from(["51", "wrong_pin", ""])),
            "network_risk_score": maybe(st.integers(0, 999)),
            "posted_at": maybe(TIMES),
        },
    ),
    "login": (
        "lgn",
        {
            **EVENT,
            "customer_id": few("cus"),
            "account_id": maybe(few("acc") | st.just("")),
            "outcome": st.sampled_from(["success", "bad_password"]),
            "device_id": maybe(few("dev")),
            "ip": maybe(IPS),
            "ip_country": maybe(st.sampled_from(["CN", "??"])),
            "asn": maybe(st.integers(0, 2**40)),
            "location": maybe(PLACES),
        },
    ),
    "account": (
        "acc",
        {
            "customer_id": few("cus"),
            "status": st.sampled_from(["active", "frozen"]),
            "credit_state": st.just("current"),
            "limits": LIMITS,
            "holds": st.just([]),
            "opened_at": TIMES,
            "updated_at": TIMES,
            "days_past_due": maybe(st.integers(0, 10**6)),
        },
    ),
    "customer": (
        "cus",
        {
            "registered_at": TIMES,
            "updated_at": TIMES,
            "home": maybe(PLACES),
            "tokens": maybe(TOKENS),
            "bureau": maybe(st.fixed_dictionaries({"as_of": TIMES, "score": maybe(st.integers(-5, 10**6))})),
        },
    ),
    "device": ("dev", {**SPANS, "kind": st.just("mobile"), "fingerprint_token": maybe(few("f"))}),
    "link": ("lnk", {**SPANS, "from": REFS, "to": REFS, "kind": st.just("payee")}),
    "application": (
        "app",
        {
            "kind": st.just("opening"),
            "customer_id": few("cus"),
            "account_id": maybe(few("acc")),
            "status": st.sampled_from(["submitted", "booked"]),
            "currency": st.just("CNY"),
            "checks": st.just([{"name": "a", "outcome": "fail"}]),
            "submitted_at": TIMES,
            "updated_at": TIMES,
            "tokens": maybe(TOKENS),
            "device_id": maybe(few("dev")),
            "ip": maybe(IPS),
        },
    ),
    "limit_request": (
        "lrq",
        {
            "account_id": few("acc"),
            "status": st.just("pending"),
            "requested_by": st.just("customer"),
            "current_limit_minor": st.integers(0, 10**6),
            "requested_limit_minor": st.integers(0, 10**6),
            "currency": st.just("CNY"),
            "requested_at": TIMES,
            "decided_at": maybe(TIMES),
        },
    ),
    "label": (
        "lab",
        {
            **EVENT,
            "target": st.fixed_dictionaries({"type": st.just("transaction"), "id": few("txn", 6)}) | REFS,
            "account_id": maybe(few("acc")),
            "verdict": st.sampled_from(["fraud", "legit"]),
            "kind": st.just("chargeback"),
        },
    ),
    "case": (
        "cas",
        {
            "account_id": few("acc"),
            "status": st.sampled_from(["open", "closed"]),
            "note_count": st.just(0),
            "updated_at": TIMES,
            "verdict": maybe(st.sampled_from(["fraud", "legit"])),
            "verdict_at": maybe(TIMES),
        },
    ),
}


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    """A change of any type; now and then a delete, or something that can't be understood."""
    type_ = draw(st.sampled_from(["transaction", *RESOURCES]))
    prefix, fields = RESOURCES[type_]
    id_, version = draw(few(prefix, 6)), draw(st.integers(1, 4))
    change = {"type": type_, "id": id_, "version": version, "occurred_at": wire(NOON), "recorded_at": wire(NOON)}
    if draw(st.integers(0, 7)) == 0:
        return change | {"op": "delete"}
    data = {"id": id_, "version": version, **draw(st.fixed_dictionaries(fields))}
    spoil = draw(st.integers(0, 30))
    if spoil == 0:
        data[draw(st.sampled_from(sorted(data)))] = draw(st.sampled_from([None, "soon", 2**60, [], {"id": 7}]))
    if spoil == 1:
        change[draw(st.sampled_from(sorted(change)))] = draw(st.sampled_from([None, "soon", 2**60, [], "x" * 300]))
    return change | {"op": "upsert", "data": data}


def pages(told: list[dict[str, Any]], cuts: set[int]) -> list[Page]:
    """The changes as a feed whose pages end at those places."""
    read, start = [], 0
    for end in [*sorted(cuts), len(told)]:
        numbered = [{"seq": seq, **change} for seq, change in enumerate(told[start:end], start + 1)]
        body = {"epoch": "e", "from_seq": start, "scanned_to_seq": end, "head_seq": len(told), "has_more": True}
        body |= {"watermark": wire(NOON), "next_cursor": "c", "changes": numbered}
        read.append(feed.read(json.dumps(body).encode(), None))
        start = end
    return read


def mirrored(path: Path, told: list[Page], dropped_before: int, *, ahead: bool = False) -> Path:
    """A mirror of those pages, closed and opened again half-way. `ahead`: each begins while the last is unwritten."""
    mirrors.begin(path)
    for some in (told[: len(told) // 2], told[len(told) // 2 :]):
        ingest = Ingest(path, PACK)
        ingest.mirror.dropped_before = dropped_before
        for page in some:
            ingest.begin(page)
            if not ahead:
                ingest.finish()
        ingest.close()
    return path


@settings(max_examples=60, deadline=None, phases=[Phase.reuse, Phase.generate])  # shrinking takes minutes
@given(st.lists(changes(), min_size=1, max_size=40), st.sets(st.integers(1, 39)), st.sampled_from([0, NOON + 9 * DAY]))
def test_where_pages_are_cut_changes_nothing(told: list[dict[str, Any]], cuts: set[int], dropped_before: int) -> None:
    every = set(range(1, len(told)))
    with tempfile.TemporaryDirectory() as folder:
        paths = [
            mirrored(Path(folder) / f"{name}.db", pages(told, some & every), dropped_before, ahead=name == "ahead")
            for name, some in (("singly", every), ("ahead", every), ("cut", cuts), ("whole", set[int]()))
        ]
        for path in paths[1:]:
            assert differences(paths[0], path) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(changes(), min_size=1, max_size=30))
def test_what_reads_together_is_what_reads_one_by_one(told: list[dict[str, Any]]) -> None:
    (whole,), singly = pages(told, set()), pages(told, set(range(1, len(told))))
    assert [(s.seq, s.body) for s in whole.spoiled] == [(s.seq, s.body) for page in singly for s in page.spoiled]
    for type_, lot in whole.lots.items():
        parts = [page.lots[type_] for page in singly if type_ in page.lots]
        assert lot.docs == [doc for part in parts for doc in part.docs]
        assert lot.resources == [resource for part in parts for resource in part.resources]
        assert lot.deletes == [change for part in parts for change in part.deletes]
        assert {name: column.tolist() for name, column in lot.times.items()} == {
            name: [at for part in parts if name in part.times for at in part.times[name].tolist()] for name in lot.times
        }
