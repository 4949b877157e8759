"""The second person (contract, 7.5), pending commands, applications and limit requests."""

from __future__ import annotations

import threading
import uuid

import pytest

from console.core import instants
from console.core.instants import SECOND, Instant
from console.core.messages import Application, LimitRequest
from console.sandbox.people import Person

RAISE = {"limit": "credit", "value_minor": 400_000, "currency": "CNY"}


def ask_raise(desk, account, **options):
    return desk.submit("account.set_limit", account.id, RAISE, if_match=account.version, **options)


def test_an_increase_waits_and_says_where(desk):
    account, head = desk.open_account(), desk.head
    answer = ask_raise(desk, account)
    command = answer.json()
    assert (answer.status_code, command["status"], command.get("effect")) == (202, "pending_approval", None)
    assert command["approval"] == {"required": True, "policy": "limit_increase", "expires_at": command["not_after"]}
    assert answer.headers["Location"].endswith(f"/core/v1/commands/{command['id']}")
    assert int(answer.headers["Retry-After"]) > 0
    assert [change["type"] for change in desk.changes_since(head)] == ["command"]
    assert desk.bank.account(account.id).limits.credit_limit_minor == 100_000


def test_approval_executes_exactly_what_was_recorded(desk):
    account = desk.open_account()
    command = ask_raise(desk, account).json()
    head = desk.head
    answer = desk.decide(command["id"], "approve", note="Payslip seen.")
    done = answer.json()
    assert (answer.status_code, done["status"], done["effect"], done["version"]) == (200, "succeeded", "applied", 2)
    assert (done["approval"]["decided_by"], done["approval"]["note"]) == ("jonas.p", "Payslip seen.")
    assert [change["type"] for change in desk.changes_since(head)] == ["account", "command"]
    assert desk.bank.account(account.id).limits.credit_limit_minor == 400_000
    assert desk.decide(command["id"], "approve").json() == done


def test_rejection_has_no_effect(desk, code_of):
    account = desk.open_account()
    command = ask_raise(desk, account).json()
    done = desk.decide(command["id"], "reject").json()
    assert (done["status"], done["effect"]) == ("rejected", "none")
    assert code_of(desk.decide(command["id"], "approve")) == (409, "already_decided")
    assert desk.decide(command["id"], "reject").status_code == 200
    assert desk.bank.account(account.id).limits.credit_limit_minor == 100_000


def test_who_may_decide(desk, code_of):
    account = desk.open_account()
    command = ask_raise(desk, account, who="supervisor").json()
    assert command["status"] == "pending_approval"
    assert code_of(desk.decide(command["id"], "approve", "viewer")) == (403, "forbidden")
    assert code_of(desk.decide(command["id"], "approve", "operator-2")) == (403, "forbidden")
    assert code_of(desk.decide(command["id"], "approve")) == (403, "self_approval")
    assert code_of(desk.decide(str(uuid.uuid4()), "approve")) == (404, "not_found")
    assert code_of(desk.decide(command["id"], "maybe")) == (400, "validation")


def test_if_match_is_checked_again_when_it_executes(desk):
    account = desk.open_account()
    command = ask_raise(desk, account).json()
    desk.freeze(account.id)
    done = desk.decide(command["id"], "approve").json()
    assert (done["status"], done["effect"], done["problem"]["code"]) == ("rejected", "none", "version_mismatch")
    assert done["problem"]["current"]["status"] == "frozen"
    assert desk.decide(command["id"], "approve").json() == done


def test_a_pending_command_lapses_with_its_fence(desk, code_of):
    command = ask_raise(desk, desk.open_account()).json()
    desk.clock.pass_s(120)
    assert desk.get(f"/commands/{command['id']}").json()["status"] == "pending_approval"
    desk.clock.pass_s(1)
    assert code_of(desk.decide(command["id"], "approve")) == (409, "already_decided")
    lapsed = desk.get(f"/commands/{command['id']}").json()
    assert (lapsed["status"], lapsed["effect"]) == ("expired", "none")
    assert code_of(desk.post(f"/commands/{command['id']}/cancel")) == (409, "already_decided")


def test_the_core_publishes_a_lapse_by_itself(desk):
    command = ask_raise(desk, desk.open_account()).json()
    head = desk.head
    desk.clock.pass_s(121)
    (change,) = desk.settled_since(head)
    assert (change["id"], change["data"]["status"], change["caused_by"]["kind"]) == (command["id"], "expired", "system")


def test_only_the_creator_cancels(desk, code_of):
    command = ask_raise(desk, desk.open_account()).json()
    path = f"/commands/{command['id']}/cancel"
    assert code_of(desk.post(path, "operator-2")) == (403, "forbidden")
    assert code_of(desk.post(path, "viewer")) == (403, "forbidden")
    first = desk.post(path)
    assert (first.status_code, first.json()["status"], first.json()["effect"]) == (200, "cancelled", "none")
    assert desk.post(path).json() == first.json()
    assert code_of(desk.decide(command["id"], "approve")) == (409, "already_decided")


def test_a_finished_command_can_not_be_cancelled(desk, code_of):
    command = desk.freeze(desk.open_account().id).json()
    assert code_of(desk.post(f"/commands/{command['id']}/cancel")) == (409, "already_decided")


def test_a_supervisors_hold_asks_operators_for_a_second_person(desk):
    hold = desk.hold("supervisor")
    for who, status in (("operator", 202), ("supervisor", 200)):
        account = desk.open_account(holds=[hold])
        named = {"hold_ids": [hold.hold_id]}
        answer = desk.submit("account.unfreeze", account.id, named, if_match=account.version, who=who)
        assert answer.status_code == status
    command = desk.freeze(desk.open_account().id, who="supervisor").json()
    assert desk.bank.account(command["target"]["id"]).holds[0].releasable_by == "supervisor"


def test_a_reason_may_ask_for_approval(desk):
    account = desk.open_account()
    params = {"limit": "credit", "value_minor": 10, "currency": "CNY"}
    why = {"reason_code": "policy_exception", "note": "agreed with risk"}
    answer = desk.submit("account.set_limit", account.id, params, if_match=account.version, **why)
    assert answer.json()["approval"]["policy"] == "reason_code"


def test_the_twenty_first_account_in_ten_minutes_waits(desk):
    accounts = [desk.open_account() for _ in range(21)]
    answers = [desk.freeze(account.id) for account in accounts]
    assert [answer.status_code for answer in answers] == [200] * 20 + [202]
    assert answers[-1].json()["approval"]["policy"] == "bulk"
    assert desk.freeze(accounts[0].id, "login").status_code == 202
    assert desk.freeze(accounts[0].id, "login", who="operator-2").status_code == 200
    assert desk.decide(answers[-1].json()["id"], "approve").json()["effect"] == "applied"
    desk.clock.pass_s(601)
    assert desk.freeze(desk.open_account().id).status_code == 200


def test_supervisors_and_dry_runs_do_not_count_towards_the_bulk(desk):
    for _ in range(25):
        assert desk.freeze(desk.open_account().id, who="supervisor").status_code == 200
        assert desk.freeze(desk.open_account().id, dry_run=True).json()["approval"] == {"required": False}


# ---------------------------------------------------------------- applications


def apply_for(desk, **changes):
    now = desk.clock()
    draft = {
        "id": f"app_{next(desk.numbers)}",
        "version": 1,
        "kind": "opening",
        "customer_id": desk.open_account().customer_id,
        "status": "in_review",
        "currency": "CNY",
        "checks": [],
        "submitted_at": now,
        "updated_at": now,
        "requested_limit_minor": 150_000,
    }
    return desk.bank.put("application", Application(**draft | changes), now)


@pytest.mark.parametrize(("asked", "granted"), [({}, 150_000), ({"limit_minor": 90_000}, 90_000)])
def test_approving_an_application_books_an_account(desk, asked, granted):
    application, head = apply_for(desk), desk.head
    answer = desk.submit("application.decide", application.id, {"decision": "approve", **asked}, if_match=1)
    account, booked, _ = [change["data"] for change in desk.changes_since(head)]
    assert (account["status"], account["limits"]["credit_limit_minor"]) == ("active", granted)
    assert (booked["status"], booked["approved_limit_minor"], booked["account_id"]) == (
        "booked",
        granted,
        account["id"],
    )
    assert (answer.json()["resulting_version"], account["customer_id"]) == (2, application.customer_id)


def test_booking_opens_the_pending_account_it_names(desk):
    pending = desk.open_account(status="pending", credit_limit_minor=0)
    application = apply_for(desk, account_id=pending.id)
    desk.submit("application.decide", application.id, {"decision": "approve"}, if_match=1)
    now = desk.bank.account(pending.id)
    assert (now.status, now.limits.credit_limit_minor, now.version) == ("active", 150_000, 2)


def test_an_application_is_decided_once(desk, code_of):
    application = apply_for(desk)
    decline = {"decision": "decline"}
    first = desk.submit("application.decide", application.id, decline, if_match=1, reason_code="identity_unverified")
    assert (first.json()["effect"], first.json().get("approval")) == (
        "applied",
        None,
    )
    assert code_of(desk.submit("application.decide", application.id, decline, if_match=1))[1] == "version_mismatch"
    assert code_of(desk.submit("application.decide", application.id, decline, if_match=2))[1] == "illegal_transition"


def test_an_application_without_a_wish_needs_a_limit(desk, code_of):
    application = apply_for(desk, requested_limit_minor=None)
    assert code_of(desk.submit("application.decide", application.id, {"decision": "approve"}, if_match=1))[0] == 400


# ---------------------------------------------------------------- limit requests


def wish(desk, account, requested):
    now = desk.clock()
    request = LimitRequest(
        id=f"lrq_{next(desk.numbers)}",
        version=1,
        account_id=account.id,
        status="pending",
        requested_by="customer",
        current_limit_minor=account.limits.credit_limit_minor,
        requested_limit_minor=requested,
        currency="CNY",
        requested_at=now,
    )
    return desk.bank.put("limit_request", request, now)


def grant(desk, request, **params):
    return desk.submit("limit_request.decide", request.id, {"decision": "approve", **params}, if_match=1)


def test_granting_a_raise_takes_two_and_sets_the_limit(desk):
    account = desk.open_account()
    pending = grant(desk, wish(desk, account, 400_000), limit_minor=200_000).json()
    assert pending["approval"]["policy"] == "limit_increase"
    head = desk.head
    done = desk.decide(pending["id"], "approve").json()
    assert desk.bank.account(account.id).limits.credit_limit_minor == 200_000
    types = [(c["type"], c["data"].get("status")) for c in desk.changes_since(head)]
    assert types == [("account", "active"), ("limit_request", "applied"), ("command", "succeeded")]
    assert done["effect_seq"] == head + 2


def test_granting_a_wish_for_less_takes_one(desk):
    account = desk.open_account()
    assert grant(desk, wish(desk, account, 60_000)).status_code == 200
    assert desk.bank.account(account.id).limits.credit_limit_minor == 60_000


@pytest.mark.parametrize("granted", [99_999, 400_001])
def test_a_grant_lies_between_present_and_requested(desk, code_of, granted):
    assert code_of(grant(desk, wish(desk, desk.open_account(), 400_000), limit_minor=granted)) == (400, "validation")


def test_declining_a_wish_changes_no_limit(desk, code_of):
    account = desk.open_account()
    request = wish(desk, account, 400_000)
    decline = {"decision": "decline"}
    answer = desk.submit("limit_request.decide", request.id, decline, if_match=1, reason_code="credit_risk")
    assert (answer.json()["status"], answer.json()["resulting_version"]) == ("succeeded", 2)
    assert desk.bank.account(account.id).version == account.version
    assert code_of(desk.submit("limit_request.decide", request.id, decline, if_match=2))[1] == "illegal_transition"


def test_waiting_for_a_decision_sleeps_until_there_is_news(desk, monkeypatch):
    command = ask_raise(desk, desk.open_account()).json()
    looked, get = [], desk.bank.desk.get
    monkeypatch.setattr(desk.bank.desk, "get", lambda id_: looked.append(id_) or get(id_))
    threading.Timer(0.3, desk.bank.desk.cancel, (command["id"], Person("maria.k", "operator"))).start()
    assert desk.get(f"/commands/{command['id']}", params={"wait_s": 20}).json()["status"] == "cancelled"
    assert len(looked) < 8


def test_waiting_for_a_command_ends_with_its_decision(desk):
    command = ask_raise(desk, desk.open_account()).json()
    assert desk.get(f"/commands/{command['id']}").headers["ETag"] == '"1"'
    desk.decide(command["id"], "reject")
    assert desk.get(f"/commands/{command['id']}", params={"wait_s": 30}).json()["status"] == "rejected"
    assert instants.parse(command["not_after"]) == desk.clock() + 120 * SECOND


def test_nothing_is_approved_on_a_clock_beyond_the_fence(desk, monkeypatch):
    """However many readings of the clock a decision takes, none beyond `not_after` may lead to an effect."""
    account = desk.open_account()
    command = ask_raise(desk, account).json()
    desk.clock.now = instants.parse(command["not_after"])
    honest = desk.bank.desk._register.clock
    readings = iter(range(1000))
    monkeypatch.setattr(desk.bank.desk._register, "clock", lambda: Instant(honest() + next(readings) * SECOND))
    done = desk.decide(command["id"], "approve").json()
    assert done["status"] == "succeeded"
    assert done["completed_at"] <= command["not_after"]
