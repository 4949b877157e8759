"""Account commands: the table of section 3.1 and what each effect looks like in the feed."""

from __future__ import annotations

import pytest

from console.core import instants
from console.core.instants import SECOND

TABLE = {
    "freeze": ["applied", "applied", "applied", "applied", 409],
    "unfreeze": ["applied", "applied", "applied", "applied", 409],
    "set_limit": [409, "applied", "applied", 409, 409],
    "close": ["closed", "closing", "closing", "already_in_state", "already_in_state"],
}
STATES = ["pending", "active", "frozen", "closing", "closed"]


def in_state(desk, state):
    """An account in the state; all but closed owe money, all have a hold, a harmless one unless frozen."""
    scope = "full" if state == "frozen" else "login"
    balance = 0 if state in ("closed", "pending") else 700
    status = "active" if state == "frozen" else state
    account = desk.open_account(status=status, holds=[desk.hold(scope=scope)], balance_minor=balance)
    assert account.status == state
    return account


@pytest.mark.parametrize(("command", "column"), [(c, i) for c in TABLE for i in range(5)])
def test_every_command_in_every_state(desk, command, column):
    account, expected = in_state(desk, STATES[column]), TABLE[command][column]
    params = {
        "freeze": {"scope": "full"},
        "unfreeze": {"hold_ids": [account.holds[0].hold_id]},
        "set_limit": {"limit": "credit", "value_minor": 50_000, "currency": "CNY"},
        "close": {},
    }[command]
    answer = desk.submit(f"account.{command}", account.id, params, if_match=account.version)
    if command == "close":
        answer = desk.decide(answer.json()["id"], "approve")
    if expected == 409:
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
        assert answer.json()["current"]["status"] == STATES[column]
        return
    assert answer.status_code == 200
    now = desk.bank.account(account.id)
    if expected in ("closed", "closing"):
        assert now.status == expected
        assert (now.closed_at is not None) == (expected == "closed")
    else:
        assert answer.json()["effect"] == expected
    if expected == "already_in_state":
        assert (now.version, answer.json()["resulting_version"]) == (account.version, account.version)
        assert answer.json().get("effect_seq") is None


def test_a_freeze_is_a_hold_named_after_its_command(desk):
    account, head = desk.open_account(), desk.head
    command = desk.freeze(account.id, reason_code="account_takeover").json()
    effect, report = desk.changes_since(head)
    (hold,) = effect["data"]["holds"]
    assert (effect["type"], effect["data"]["status"], effect["data"]["status_reason"]) == (
        "account",
        "frozen",
        "account_takeover",
    )
    assert (hold["hold_id"], hold["placed_by"], hold["releasable_by"], hold["source"]) == (
        command["id"],
        "maria.k",
        "operator",
        "operator",
    )
    assert (command["effect_seq"], command["resulting_version"]) == (effect["seq"], effect["version"])
    assert (report["type"], report["id"], report["data"]["status"]) == ("command", command["id"], "succeeded")
    cause = {"kind": "command", "command_id": command["id"], "actor": "maria.k"}
    assert effect["caused_by"] == report["caused_by"] == cause


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("full", "frozen"),
        ("debit_only", "frozen"),
        ("credit_only", "active"),
        ("cash_advance", "active"),
        ("login", "active"),
    ],
)
def test_frozen_follows_from_the_scope_of_holds(desk, scope, status):
    account = desk.open_account()
    desk.freeze(account.id, scope)
    assert desk.bank.account(account.id).status == status


def test_an_unfreeze_releases_the_named_holds_only(desk):
    mine, theirs = desk.hold(), desk.hold()
    account = desk.open_account(holds=[mine, theirs])
    named = {"hold_ids": [mine.hold_id, "gone_already"]}
    assert desk.submit("account.unfreeze", account.id, named, if_match=account.version).json()["effect"] == "applied"
    now = desk.bank.account(account.id)
    assert (now.status, [hold.hold_id for hold in now.holds]) == ("frozen", [theirs.hold_id])
    again = desk.submit("account.unfreeze", account.id, named, if_match=now.version).json()
    assert (again["effect"], again["resulting_version"]) == ("already_in_state", now.version)


@pytest.mark.parametrize("owner", ["compliance", "system"])
def test_the_cores_own_holds_stay(desk, code_of, owner):
    hold, mine = desk.hold(owner), desk.hold()
    account = desk.open_account(holds=[hold, mine])
    named = {"hold_ids": [hold.hold_id, mine.hold_id]}
    answer = desk.submit("account.unfreeze", account.id, named, if_match=account.version, who="supervisor")
    assert code_of(answer) == (403, "forbidden")
    assert len(desk.bank.account(account.id).holds) == 2


def test_a_hold_expires_on_wall_time_by_the_core_itself(desk):
    account = desk.open_account()
    until = desk.clock() + 60 * SECOND
    desk.submit("account.freeze", account.id, {"scope": "full", "expires_at": instants.wire(until)})
    desk.clock.pass_s(60)
    desk.bank.settle()
    assert desk.bank.account(account.id).status == "frozen"
    head = desk.head
    desk.clock.pass_s(0.000001)
    (change,) = desk.settled_since(head)
    assert (change["data"]["status"], change["data"]["holds"]) == ("active", [])
    assert change["caused_by"] == {"kind": "system"}
    desk.bank.settle()
    assert desk.head == head + 1


def test_a_hold_can_not_expire_before_it_begins(desk, code_of):
    params = {"scope": "full", "expires_at": instants.wire(desk.clock())}
    assert code_of(desk.submit("account.freeze", desk.open_account().id, params)) == (400, "validation")


@pytest.mark.parametrize(("limit", "field"), [("credit", "credit_limit_minor"), ("cash", "cash_limit_minor")])
def test_a_limit_goes_down_at_once_and_is_absolute(desk, limit, field):
    account = desk.open_account(balance_minor=5_000)
    params = {"limit": limit, "value_minor": 20_000, "currency": "CNY"}
    answer = desk.submit("account.set_limit", account.id, params, if_match=account.version)
    assert answer.json()["effect"] == "applied"
    now = desk.bank.account(account.id)
    assert getattr(now.limits, field) == 20_000
    assert now.limits.available_minor == now.limits.credit_limit_minor - 5_000
    same = desk.submit("account.set_limit", account.id, params, if_match=now.version).json()
    assert (same["status"], same["effect"]) == ("succeeded", "already_in_state")


def test_a_first_daily_limit_only_restricts(desk):
    account = desk.open_account()
    params = {"limit": "daily", "value_minor": 10, "currency": "CNY"}
    assert desk.submit("account.set_limit", account.id, params, if_match=account.version).status_code == 200


def test_a_limit_in_another_currency_is_refused(desk, code_of):
    account = desk.open_account()
    params = {"limit": "credit", "value_minor": 10, "currency": "EUR"}
    assert code_of(desk.submit("account.set_limit", account.id, params, if_match=account.version))[1] == "validation"


def test_a_closing_account_closes_when_its_debt_is_gone(desk):
    account = desk.open_account(balance_minor=700)
    pending = desk.submit("account.close", account.id, {}, if_match=account.version).json()
    desk.decide(pending["id"], "approve")
    assert desk.bank.account(account.id).status == "closing"
    assert desk.bank.authorise(desk.purchase(account.id)).decline_code == "account_closed"
    desk.bank.authorise(desk.purchase(account.id, -700, kind="payment"))
    now = desk.bank.account(account.id)
    assert (now.status, now.limits.balance_minor) == ("closed", 0)


def test_what_a_caller_may_do_is_told_to_that_caller_only(desk):
    account = desk.open_account(holds=[desk.hold()])
    read = desk.get(f"/accounts/{account.id}").json()
    assert "account.unfreeze" in read["allowed_commands"]
    assert "case.release" not in read["allowed_commands"]
    assert desk.get(f"/accounts/{account.id}", "viewer").json()["allowed_commands"] == []
    assert "allowed_commands" not in desk.changes_since(desk.head - 1)[0]["data"]
    closed = desk.open_account(status="closed")
    assert desk.get(f"/accounts/{closed.id}").json()["allowed_commands"] == ["case.claim", "case.verdict", "case.note"]
