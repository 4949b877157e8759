"""Bulk: checked once like one decision, ordered by exposure, and each account's turn judged on the account as it is."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from console.core import instants
from console.core.commands import InvalidWish, Wish
from console.core.instants import HOUR, MINUTE, SECOND, Instant
from console.core.messages import Account, CoreMeta, decoder
from console.desk import bulk
from console.desk.bulk import Skip
from console.desk.quota import expected, quota
from store.journal import Intent, Journal, Move
from store.life import State
from store.plans import Order, Plans, PlanState, Target
from store.reader import Reader
from tests.ui import mirror_builder

META: CoreMeta = decoder(CoreMeta).decode(
    (Path(__file__).parents[2] / "fixtures/contract/examples/meta.json").read_bytes()
)
NOW = instants.parse("2026-11-20T21:14:09.000000Z")
FREEZE = Order("account.freeze", {"scope": "full"}, "account_takeover")
LOWER = Order("account.set_limit", {"limit": "credit", "value_minor": 500, "currency": "CNY"}, "credit_risk")


@pytest.fixture
def journal(tmp_path: Path):
    with closing(Journal(tmp_path / "journal.db")) as opened:
        yield opened


def account(**more: object) -> Account:
    at = instants.wire(NOW)
    limits = {"credit_limit_minor": 900, "available_minor": 900, "balance_minor": 0, "pending_minor": 0}
    known = {
        "id": "a1", "version": 4, "customer_id": "c1", "status": "active", "credit_state": "current", "holds": [],
        "limits": {"currency": "CNY", **limits}, "opened_at": at, "updated_at": at,
    }  # fmt: skip
    return decoder(Account).decode(json.dumps(known | more))


def hold(scope: str = "full", releasable_by: str = "operator", expires_at: int | None = None) -> dict:
    told = {
        "hold_id": f"h-{scope}-{releasable_by}", "scope": scope, "reason_code": "other", "source": "operator",
        "placed_at": instants.wire(NOW), "placed_by": "li.na", "releasable_by": releasable_by,
    }  # fmt: skip
    return told | ({"expires_at": instants.wire(expires_at)} if expires_at else {})


def why(order: Order, at: Account) -> str | None:
    try:
        bulk.wish(order, Target(at.id), at)
    except Skip as skip:
        return skip.why
    return None


def test_a_plan_goes_by_exposure_and_names_each_account_once(journal: Journal) -> None:
    chosen = [
        Target("small", 1, 50_000, "CNY"),
        Target("yen", 1, 900, "JPY"),
        Target("large", 1, 99_000, "CNY"),
        Target("small", 1, 50_000, "CNY"),
        Target("unknown"),
    ]
    plan = bulk.make(journal, META, FREEZE, chosen, NOW)
    order = [item.target.account_id for item in Plans(journal).items(plan.number)]
    assert order == ["large", "yen", "small", "unknown"]
    assert plan.created_by == META.you.subject
    assert bulk.exposure(chosen[:3]) == {"CNY": 149_000, "JPY": 900}


@pytest.mark.parametrize(
    ("order", "key"),
    [
        (Order("account.freeze", {"scope": "full"}, "no_such_code"), "reason_not_listed"),
        (Order("account.freeze", {"scope": "all"}, "account_takeover"), "word_unknown"),
        (Order("account.freeze", {"scope": "full", "expires_at": 5}, "account_takeover"), "expiry_past"),
        (Order("account.freeze", {"scope": "full"}, "account_takeover", "x" * 2001), "text_long"),
        (Order("account.set_limit", {**LOWER.params, "value_minor": -1}, "credit_risk"), "value_range"),
        (Order("account.set_limit", {"limit": "credit", "share": "half"}, "credit_risk"), "share_range"),
        (Order("account.set_limit", {"limit": "credit", "share": "101%"}, "credit_risk"), "share_range"),
        (Order("account.unfreeze", {}, "no_such_code"), "reason_not_listed"),
        (Order("limit_request.decide", {}, "other"), "word_unknown"),
    ],
)
def test_what_the_core_would_refuse_makes_no_plan(journal: Journal, order: Order, key: str) -> None:
    with pytest.raises(InvalidWish) as refused:
        bulk.make(journal, META, order, [Target("a1")], NOW)
    assert refused.value.key == key
    assert Plans(journal).recent(1) == []


def test_a_plan_needs_accounts(journal: Journal) -> None:
    with pytest.raises(InvalidWish, match="accounts_count"):
        bulk.make(journal, META, FREEZE, [], NOW)


def test_a_freeze_that_says_nothing_new_is_skipped() -> None:
    assert why(FREEZE, account(status="closed")) == "closed"
    assert why(FREEZE, account(holds=[hold()])) == "already"
    assert why(FREEZE, account(holds=[hold("debit_only")])) is None
    assert why(FREEZE, account(holds=[hold(expires_at=NOW + HOUR)])) is None
    shorter = replace_params(FREEZE, expires_at=NOW + MINUTE)
    assert why(shorter, account(holds=[hold(expires_at=NOW + HOUR)])) == "already"
    made = bulk.wish(shorter, Target("a1"), account())
    assert made == Wish("account.freeze", "a1", {"scope": "full", "expires_at": NOW + MINUTE}, "account_takeover", None)
    assert isinstance(made.params["expires_at"], Instant)


def replace_params(order: Order, **params: object) -> Order:
    return Order(order.type, order.params | params, order.reason_code, order.note)


def test_a_release_names_the_holds_that_a_person_may_release() -> None:
    order = Order("account.unfreeze", {}, "false_positive")
    holds = [hold(), hold("login", "supervisor"), hold("credit_only", "compliance")]
    made = bulk.wish(order, Target("a1"), account(holds=holds))
    assert made.params == {"hold_ids": ["h-full-operator", "h-login-supervisor"]}
    assert why(order, account(holds=holds[2:])) == "no_holds"
    assert why(order, account(status="closed")) == "closed"


def test_many_limits_are_lowered_and_never_raised() -> None:
    made = bulk.wish(LOWER, Target("a1"), account())
    assert made.params == {"limit": "credit", "value_minor": 500, "currency": "CNY"}
    assert why(replace_params(LOWER, value_minor=900), account()) == "already"
    assert why(replace_params(LOWER, value_minor=901), account()) == "would_raise"
    assert why(replace_params(LOWER, currency="EUR"), account()) == "other_currency"
    assert why(LOWER, account(status="closing")) == "not_open"
    assert why(replace_params(LOWER, limit="cash"), account()) is None
    share = Order("account.set_limit", {"limit": "credit", "share": "50%"}, "credit_risk")
    made = bulk.wish(share, Target("a1"), account())
    assert made.params == {"limit": "credit", "value_minor": 450, "currency": "CNY"}
    assert why(replace_params(share, share="100%"), account()) == "already"
    assert why(replace_params(share, limit="cash"), account()) == "no_limit"


def test_closing_and_cases() -> None:
    assert why(Order("account.close", {}, "mule"), account(status="closing")) == "already"
    assert bulk.wish(Order("account.close", {}, "mule"), Target("a1"), account()).type == "account.close"
    verdict = Order("case.verdict", {"verdict": "fraud"}, "mule")
    made = bulk.wish(verdict, Target("a1", params={"transaction_ids": ["t1"]}), account())
    assert made == Wish("case.verdict", "a1", {"verdict": "fraud", "transaction_ids": ["t1"]}, "mule", None)


def test_pace_and_time_to_go_are_told_from_the_last_minute(journal: Journal) -> None:
    plans = Plans(journal)
    plan = plans.make(FREEZE, [Target(f"a{number}") for number in range(10)], NOW, "jonas.p")
    assert bulk.progress(plans, plan, NOW + 10 * SECOND).per_minute is None
    for second in range(4):
        plans.skip(plans.waiting(1, 1)[0], "closed", NOW + second * 10 * SECOND)
    told = bulk.progress(plans, plan, NOW + 30 * SECOND)
    assert (told.per_minute, told.eta_s, told.share) == (8.0, 45, 0.4)
    late = bulk.progress(plans, plan, NOW + 80 * SECOND)
    assert (late.per_minute, late.eta_s) == (2.0, 180)
    stopped = plans.stop(1, NOW + 81 * SECOND, "jonas.p")
    assert bulk.progress(plans, stopped, NOW + 82 * SECOND).eta_s is None
    assert stopped.state is PlanState.STOPPED


def test_accounts_come_from_the_mirror_as_it_shows_them(tmp_path: Path) -> None:
    mirror_builder.build(tmp_path / "mirror.db", accounts=5)
    with closing(Reader(tmp_path / "mirror.db")) as mirror:
        found = bulk.targets(mirror, ["acc_000003", "nobody", "acc_000001"])
    assert [one.account_id for one in found] == ["acc_000003", "nobody", "acc_000001"]
    assert [one.version for one in found] == [6, None, 4]
    assert (found[0].exposure_minor or 0) > 0
    assert found[1] == Target("nobody")
    assert bulk.targets(None, ["x"]) == [Target("x")]


def test_an_operators_quota_counts_accounts_of_the_last_minutes(journal: Journal) -> None:
    operator = replace(META, you=replace(META.you, subject="maria.k", roles=["operator"]))
    supervisor = replace(META, you=replace(META.you, roles=["operator", "supervisor"]))
    for number in range(operator.limits.bulk_accounts - 1):
        freeze(journal, f"a{number}", NOW)
    wish = Wish("account.freeze", "new")

    def left(meta: CoreMeta, at: int = NOW) -> int | None:
        told = quota(meta, journal, None, at)
        return None if told is None else told.left

    assert (left(operator), expected(journal, operator, wish, NOW)) == (1, "no")
    freeze(journal, "last", NOW)
    assert (left(operator), expected(journal, operator, wish, NOW)) == (0, "yes")
    assert expected(journal, operator, Wish("account.freeze", "a3"), NOW) == "no"
    assert expected(journal, operator, Wish("case.claim", "new"), NOW) == "no"
    assert (left(supervisor), expected(journal, supervisor, wish, NOW)) == (None, "no")
    assert bulk.beyond(FREEZE, ["a3", "last", "new", "newer"], quota(operator, journal, None, NOW)) == 2
    assert bulk.beyond(FREEZE, ["new"], None) == 0
    assert left(operator, NOW + operator.limits.bulk_window_s * SECOND + 1) == operator.limits.bulk_accounts


def freeze(journal: Journal, account_id: str, at: int) -> None:
    journal.intend(
        Intent(
            command_id=f"c-{account_id}", type="account.freeze", target_type="account", target_id=account_id,
            account_id=account_id, body=b"{}", if_match=1, not_after=at + MINUTE, created_by="maria.k",
        ),
        at,
    )  # fmt: skip
    journal.begin_attempt(f"c-{account_id}", at)
    journal.settle(f"c-{account_id}", Move(to=State.CONFIRMED), at)
