"""The order of checks (contract, 7.1), replay, the fence, If-Match and dry runs."""

from __future__ import annotations

import uuid

import pytest

from console.core import instants
from console.core.instants import SECOND


def test_earlier_checks_hide_later_ones(desk, code_of):
    """One request wrong in every way is refused for the first reason; each repair shows the next."""
    account = desk.open_account()
    expired = {"not_after": instants.wire(desk.clock() - 1)}
    wrong = desk.body("account.close", "no_such", {"x": 1}, **expired)
    assert code_of(desk.http.post("/commands", json=wrong, headers={"Authorization": "Bearer nobody"}))[0] == 401
    assert code_of(desk.post("/commands", "viewer", json=wrong)) == (400, "idempotency_key_missing")
    assert code_of(desk.send(wrong, "viewer", key="NOT-A-UUID")) == (400, "validation")
    assert code_of(desk.send(wrong, "viewer")) == (400, "validation")
    wrong["params"] = {}
    assert code_of(desk.send({**wrong, "reason_code": "card_party"}, "viewer")) == (400, "validation")
    assert code_of(desk.send(wrong, "viewer")) == (422, "command_expired")
    wrong["not_after"] = instants.wire(desk.clock() + 120 * SECOND)
    assert code_of(desk.send(wrong, "viewer")) == (403, "forbidden")
    assert code_of(desk.send(wrong)) == (404, "not_found")
    wrong["target"]["id"] = account.id
    assert code_of(desk.send(wrong)) == (428, "precondition_required")
    assert code_of(desk.send(wrong, if_match=account.version + 1)) == (412, "version_mismatch")
    assert desk.send(wrong, if_match=account.version).status_code == 202


def test_a_refused_request_leaves_the_key_unused(desk):
    key, account = str(uuid.uuid4()), desk.open_account(status="closed")
    head = desk.head
    assert desk.freeze(account.id, key=key).status_code == 409
    assert desk.get(f"/commands/{key}").status_code == 404
    assert desk.head == head
    assert desk.freeze(desk.open_account().id, key=key).status_code == 200


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "account.explode"},
        {"params": {"scope": "full", "unexpected": 1}},
        {"params": {"scope": "half"}},
        {"params": {"scope": "full", "expires_at": "2026-11-20T21:14:09Z"}},
        {"extra": 1},
        {"target": {"type": "customer", "id": "x"}},
        {"target": {"type": "account", "id": "a b"}},
        {"target": {"type": "account", "id": "a\n"}},
        {"target": {"type": "account"}},
        {"not_after": "2026-11-20T21:14:09.1Z"},
        {"not_after": 5},
        {"not_after": "2026-02-31T21:14:09.000000Z"},
        {"reason_code": None},
        {"reason_code": "credit_risk"},
        {"reason_code": "other", "note": "  "},
        {"note": "x" * 2001},
        {"dry_run": "yes"},
        {"decided_on": []},
    ],
)
def test_a_body_against_the_schema_is_refused_with_a_pointer(desk, code_of, broken):
    answer = desk.send({**desk.body("account.freeze", "acc", {"scope": "full"}), **broken})
    assert code_of(answer) == (400, "validation")
    assert answer.json()["effect"] == "none"
    assert answer.json()["errors"][0]["pointer"].startswith("/")


def test_the_same_id_twice_is_refused(desk, code_of):
    account = desk.open_account()
    answer = desk.submit("account.unfreeze", account.id, {"hold_ids": ["h", "h"]}, if_match=1)
    assert code_of(answer) == (400, "validation")


@pytest.mark.parametrize("header", ["41", '"0"', '"-1"', '"x"', "*", '""', '"', '"9007199254740992"', 'W/"1"'])
def test_if_match_must_be_one_quoted_version(desk, code_of, header):
    assert code_of(desk.freeze(desk.open_account().id, if_match=header)) == (400, "validation")


def test_the_same_request_again_is_answered_from_the_record(desk):
    account, key = desk.open_account(), str(uuid.uuid4())
    body = desk.body("account.freeze", account.id, {"scope": "full"})
    first = desk.send(body, key=key, if_match=account.version)
    head = desk.head
    desk.clock.pass_s(3600)
    again = desk.send(dict(reversed(body.items())), key=key, if_match=account.version)
    assert (first.status_code, again.status_code) == (200, 200)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    assert desk.head == head


def test_a_key_is_never_another_request(desk, code_of):
    account, key = desk.open_account(), str(uuid.uuid4())
    body = desk.body("account.freeze", account.id, {"scope": "full"})
    assert desk.send(body, key=key).status_code == 200
    reused = (422, "idempotency_key_reused")
    assert code_of(desk.send({**body, "note": "more"}, key=key)) == reused
    assert code_of(desk.send({**body, "dry_run": True}, key=key)) == reused
    assert code_of(desk.send(body, key=key, if_match=account.version)) == reused
    assert code_of(desk.send(body, "operator-2", key=key)) == reused


def test_true_and_one_are_different_json_values(desk, code_of):
    account, key = desk.open_account(), str(uuid.uuid4())
    body = desk.body("account.freeze", account.id, {"scope": "full"}, decided_on={"extra": True})
    assert desk.send(body, key=key).status_code == 200
    assert code_of(desk.send({**body, "decided_on": {"extra": 1}}, key=key))[0] == 422


def test_a_replay_comes_before_if_match(desk):
    """A retry of an applied command must not fail on the version it produced itself."""
    hold = desk.hold()
    account, key = desk.open_account(holds=[hold]), str(uuid.uuid4())
    body = desk.body("account.unfreeze", account.id, {"hold_ids": [hold.hold_id]})
    answers = [desk.send(body, key=key, if_match=account.version) for _ in range(2)]
    assert [answer.json()["status"] for answer in answers] == ["succeeded", "succeeded"]


def test_a_404_carries_the_clock_that_proves_the_fence(desk):
    body = desk.body("account.freeze", desk.open_account().id, {"scope": "full"})
    key = str(uuid.uuid4())
    desk.clock.pass_s(121)
    missing = desk.get(f"/commands/{key}").json()
    assert missing["code"] == "not_found"
    assert missing["server_time"] > body["not_after"]
    assert desk.send(body, key=key).json()["code"] == "command_expired"
    assert desk.get(f"/commands/{key}").status_code == 404


def test_the_core_begins_at_the_last_moment_and_not_after(desk):
    account = desk.open_account()
    body = desk.body("account.freeze", account.id, {"scope": "full"}, not_after=instants.wire(desk.clock()))
    assert desk.send(body).status_code == 200
    desk.clock.pass_s(0.000001)
    assert desk.send(body).json()["code"] == "command_expired"


def test_not_after_lies_within_what_the_core_allows(desk, code_of):
    account = desk.open_account()

    def ahead(type_, params, seconds, **more):
        not_after = instants.wire(desk.clock() + seconds * SECOND)
        return code_of(desk.submit(type_, account.id, params, not_after=not_after, **more))

    assert ahead("account.freeze", {"scope": "login"}, 900) == (200, "ok")
    assert ahead("account.freeze", {"scope": "login"}, 901) == (400, "validation")
    version = desk.bank.account(account.id).version
    assert ahead("account.close", {}, 86_400, if_match=version) == (202, "ok")
    assert ahead("account.close", {}, 86_401, if_match=version) == (400, "validation")


def test_money_that_moved_alone_is_no_mismatch(desk, code_of):
    account = desk.open_account()
    desk.bank.authorise(desk.purchase(account.id))
    params = {"limit": "credit", "value_minor": 50_000, "currency": "CNY"}
    assert code_of(desk.submit("account.set_limit", account.id, params, if_match=account.version)) == (200, "ok")
    again = desk.submit("account.set_limit", account.id, {**params, "value_minor": 1}, if_match=account.version)
    assert code_of(again) == (412, "version_mismatch")
    now = desk.bank.account(account.id)
    assert again.json()["current"]["version"] == now.version
    assert again.headers["ETag"] == f'"{now.version}"'


def test_if_match_is_honoured_where_it_is_optional_and_ignored_for_cases(desk, code_of):
    account = desk.open_account()
    desk.freeze(account.id)
    assert code_of(desk.freeze(account.id, if_match=account.version)) == (412, "version_mismatch")
    assert code_of(desk.submit("case.note", account.id, {"text": "x"}, if_match=999)) == (200, "ok")


@pytest.mark.parametrize("who", ["operator", "supervisor"])
def test_a_dry_run_records_nothing(desk, who):
    account, key, head = desk.open_account(), str(uuid.uuid4()), desk.head
    answer = desk.freeze(account.id, key=key, dry_run=True, who=who)
    told = answer.json()
    assert (answer.status_code, told["dry_run"], told["effect"]) == (200, True, "none")
    assert told["approval"] == {"required": False}
    assert told["preview"]["status"] == "frozen"
    assert told["preview"]["version"] == account.version + 1
    assert desk.head == head
    assert desk.bank.account(account.id).status == "active"
    assert desk.freeze(account.id, key=key).status_code == 200


def test_a_dry_run_says_which_approval_it_would_need(desk):
    account = desk.open_account()
    answer = desk.submit("account.close", account.id, {}, dry_run=True, if_match=account.version)
    assert (answer.status_code, answer.json()["approval"]["policy"]) == (200, "close")
    assert answer.json()["preview"]["status"] == "closed"


def test_a_dry_run_is_refused_like_the_real_thing(desk, code_of):
    assert code_of(desk.freeze(desk.open_account().id, dry_run=True, who="viewer")) == (403, "forbidden")
    assert code_of(desk.freeze(desk.open_account(status="closed").id, dry_run=True))[1] == "illegal_transition"
