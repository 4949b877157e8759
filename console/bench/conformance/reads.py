"""Checks of the other reads: bounds, headers, histories, who may ask (contract, sections 1 and 2)."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from console.bench.conformance.trial import Trial, data_of
from console.bench.conformance.verdict import Skipped, check, expect
from console.bench.conformance.wire import Answer
from console.core import instants
from console.core.instants import SECOND, Instant
from console.core.messages import Account, CoreMeta, Login, LoginPage, Transaction, TransactionPage

COMPRESSIBLE = 4096
"""Bytes from which a body is worth compressing: shorter ones may come as they are."""
CLOCK_S = 2.0
"""How far `server_time` and the Date header, a whole second, may lie apart."""
STRANGER = "riskdesk-conformance-no-such-token"


@check("7.1")
async def unauthenticated(trial: Trial) -> None:
    """A token that proves nobody is 401."""
    (await trial.wire.get("/meta", STRANGER)).expect("401 unauthenticated")


@check("2")
async def bounds(trial: Trial) -> None:
    """Parameters out of their bounds are 400, and `limit` is an upper bound."""
    for path, params in (
        ("/changes", {"limit": 0}),
        ("/changes", {"limit": 10_001}),
        ("/changes", {"limit": "many"}),
        ("/changes", {"wait_s": 31}),
        ("/changes", {"types": "gadget"}),
        ("/snapshot/account", {"limit": 0}),
        ("/digest/account", {"buckets": 100}),
        ("/transactions", {}),
    ):
        (await trial.get(path, **params)).expect("400 validation", "400 unsupported")
    for path in ("/snapshot/gadget", "/digest/gadget"):
        (await trial.get(path)).expect("400 unsupported", "400 validation")
    page = json.loads((await trial.get("/changes", limit=1)).expect("200").body)
    expect(len(page["changes"]) <= 1, "one change at most with limit=1", len(page["changes"]))
    page = json.loads((await trial.get("/snapshot/account", limit=1)).expect("200").body)
    expect(len(page["items"]) <= 1, "one account at most with limit=1", len(page["items"]))


@check("2")
async def unknown_account(trial: Trial) -> None:
    """An account that does not exist is 404."""
    (await trial.get(f"/accounts/riskdesk-{uuid4()}")).expect("404 not_found")


@check("1")
async def gzip(trial: Trial) -> None:
    """Long answers are compressed for a reader who takes gzip, and only for one."""
    compressed = 0
    for path in ("/meta", "/changes", *(f"/snapshot/{type_}" for type_ in trial.reader.meta.types)):
        answer = await trial.wire.get(path, trial.reader.token, headers={"Accept-Encoding": "gzip"})
        if len(answer.expect("200").body) >= COMPRESSIBLE:
            encoding = answer.headers.get("content-encoding", "none")
            expect(encoding == "gzip", f"Content-Encoding gzip from {path}", encoding)
            compressed += 1
    if not compressed:
        raise Skipped("answers_short")
    plain = await trial.wire.get("/changes", trial.reader.token, headers={"Accept-Encoding": "identity"})
    encoding = plain.headers.get("content-encoding", "identity")
    expect(encoding == "identity", "no Content-Encoding for a reader of identity", encoding)


@check("2")
async def not_modified(trial: Trial) -> None:
    """The ETag is the quoted version; with it in If-None-Match the answer is 304 and empty."""
    path = f"/accounts/{await trial.an_account()}"
    for _ in range(3):
        answer = (await trial.get(path)).expect("200")
        tag = answer.headers.get("etag", "missing")
        version = answer.read(Account).version
        expect(tag == f'"{version}"', f'ETag "{version}"', tag)
        again = await trial.wire.get(path, trial.reader.token, headers={"If-None-Match": tag})
        if again.status == 200 and again.read(Account).version > version:
            continue  # it changed in between
        expect(not again.expect("304").body, "304 without a body", f"{len(again.body)} bytes")
        break
    other = await trial.wire.get(path, trial.reader.token, headers={"If-None-Match": '"0"'})
    other.expect("200")


@check("7.2")
async def server_clock(trial: Trial) -> None:
    """`server_time` and the Date header tell the same time: both serve as the core's clock."""
    answer = (await trial.get("/meta")).expect("200")
    _together(answer, answer.read(CoreMeta).server_time)


@check("7.2")
async def unknown_command(trial: Trial) -> None:
    """404 for a command nobody sent says what time it is, or the fence could never be proved."""
    answer = (await trial.get(f"/commands/{uuid4()}")).expect("404 not_found")
    problem = answer.problem
    told = problem.server_time if problem else None
    expect(told or answer.date, "server_time in the 404, or a Date", "neither")
    if told is not None:
        _together(answer, told)


def _together(answer: Answer, told: Instant) -> None:
    """Expect an answer's `server_time` to be near its Date; an answer without Date is not judged here."""
    apart = told / SECOND - (told / SECOND if answer.date is None else answer.date)
    expect(abs(apart) <= CLOCK_S, f"at most {CLOCK_S} s between Date and server_time", f"{apart:.1f} s")


@check("2")
async def transaction_history(trial: Trial) -> None:
    """One account's transactions, newest first, page by page, inside the window asked for."""
    await _history(trial, "transaction", TransactionPage)


@check("2")
async def login_history(trial: Trial) -> None:
    """One account's logins, newest first, page by page, inside the window asked for."""
    await _history(trial, "login", LoginPage)


async def _history(trial: Trial, type_: str, kind: type[TransactionPage] | type[LoginPage]) -> None:
    account = await _with_history(trial, type_)
    path = f"/{type_}s"
    items: list[Transaction | Login] = []
    following: dict[str, Any] = {}
    for limit in (1, 50):
        page = (await trial.get(path, account_id=account, limit=limit, **following)).expect("200").read(kind)
        expect(len(page.items) <= limit, f"at most {limit} items", len(page.items))
        expect(page.has_more == bool(page.next), "next where has_more is true, and only there", page.next)
        items += page.items
        if not page.next:
            break
        following = {"next": page.next}
    times = [item.occurred_at for item in items]
    expect(times == sorted(times, reverse=True), f"{type_}s newest first", [instants.wire(at) for at in times[:3]])
    expect(len({item.id for item in items}) == len(items), "no item twice", len(items))
    strangers = {item.account_id for item in items} - {account, None}
    expect(not strangers, f"only {type_}s of {account}", strangers)
    middle = instants.wire(times[len(times) // 2])
    since = (await trial.get(path, account_id=account, occurred_from=middle)).expect("200").read(kind)
    until = (await trial.get(path, account_id=account, occurred_to=middle)).expect("200").read(kind)
    first = [item for item in since.items if item.occurred_at < instants.parse(middle)]
    expect(since.items and not first, f"occurred_from {middle}, inclusive", f"{len(since.items)} items")
    last = [item for item in until.items if item.occurred_at >= instants.parse(middle)]
    expect(not last, f"occurred_to {middle}, exclusive", f"{len(last)} later items")


async def _with_history(trial: Trial, type_: str) -> str:
    """An account that the feed names in something of that type. Raises Skipped when there is none."""
    living = (await trial.scan("account")).items
    for leaf in reversed(await trial.walk()):
        for change in leaf.changes:
            data = data_of(change) if change.type == type_ else None
            if data and data.get("account_id") in living:
                return str(data["account_id"])
    raise Skipped("no_history", type=type_)
