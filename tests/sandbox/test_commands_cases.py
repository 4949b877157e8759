"""Case commands (contract, section 3.2)."""

from __future__ import annotations

import pytest

from console.core import instants
from console.core.instants import MINUTE


def claim(desk, account, who="operator", minutes=30):
    return desk.submit("case.claim", account.id, {"minutes": minutes}, who=who)


def case_after(desk, answer):
    """The case as published by the command of this answer."""
    assert answer.status_code == 200, answer.text
    (change,) = [c for c in desk.changes_since(answer.json()["effect_seq"] - 1) if c["type"] == "case"]
    assert change["version"] == answer.json()["resulting_version"]
    return change["data"]


def test_the_first_touch_creates_the_one_case(desk):
    account = desk.open_account()
    case = case_after(desk, claim(desk, account))
    assert (case["version"], case["status"], case["claimed_by"]) == (1, "claimed", "maria.k")
    assert case["claim_expires_at"] == instants.wire(desk.clock() + 30 * MINUTE)
    noted = case_after(desk, desk.submit("case.note", account.id, {"text": "seen"}))
    assert (noted["id"], noted["version"], noted["note_count"]) == (case["id"], 2, 1)


def test_somebody_elses_claim_holds_until_it_expires(desk, code_of):
    account = desk.open_account()
    claim(desk, account)
    refused = claim(desk, account, "operator-2")
    assert code_of(refused) == (409, "already_claimed")
    assert refused.json()["current"]["claimed_by"] == "maria.k"
    assert code_of(desk.submit("case.note", account.id, {"text": "me too"}, who="operator-2")) == (200, "ok")
    desk.clock.pass_s(30 * 60)
    assert case_after(desk, claim(desk, account, "operator-2"))["claimed_by"] == "li.na"


def test_claiming_again_extends(desk):
    account = desk.open_account()
    claim(desk, account)
    desk.clock.pass_s(60)
    case = case_after(desk, claim(desk, account, minutes=60))
    assert case["claim_expires_at"] == instants.wire(desk.clock() + 60 * MINUTE)


def test_an_expired_claim_is_published_as_open_by_the_core(desk):
    account = desk.open_account()
    claim(desk, account, minutes=1)
    head = desk.head
    desk.clock.pass_s(61)
    (change,) = desk.settled_since(head)
    assert (change["data"]["status"], change["caused_by"]) == ("open", {"kind": "system"})


def test_release_belongs_to_the_claimant_and_to_supervisors(desk, code_of):
    account = desk.open_account()
    claim(desk, account)
    assert code_of(desk.submit("case.release", account.id, {}, who="operator-2")) == (403, "forbidden")
    assert case_after(desk, desk.submit("case.release", account.id, {}))["status"] == "open"
    again = desk.submit("case.release", account.id, {}).json()
    assert (again["status"], again["effect"], again.get("effect_seq")) == ("succeeded", "already_in_state", None)
    assert again["resulting_version"] == 2
    claim(desk, account)
    assert case_after(desk, desk.submit("case.release", account.id, {}, who="supervisor"))["status"] == "open"


def test_a_release_of_nothing_still_creates_the_case(desk):
    answer = desk.submit("case.release", desk.open_account().id, {}).json()
    assert (answer["effect"], answer["resulting_version"]) == ("already_in_state", 1)


@pytest.mark.parametrize("verdict", ["fraud", "legit"])
def test_a_verdict_closes_the_case_and_labels_what_it_names(desk, verdict):
    account = desk.open_account()
    bought = [desk.bank.authorise(desk.purchase(account.id)) for _ in range(2)]
    head = desk.head
    answer = desk.submit("case.verdict", account.id, {"verdict": verdict, "transaction_ids": [t.id for t in bought]})
    case = case_after(desk, answer)
    assert (case["status"], case["verdict"], case["verdict_by"]) == ("closed", verdict, "maria.k")
    labels = [change["data"] for change in desk.changes_since(head) if change["type"] == "label"]
    assert [(label["target"]["id"], label["verdict"], label["kind"]) for label in labels] == [
        (t.id, verdict, "operator") for t in bought
    ]
    assert labels[0]["occurred_at"] == instants.wire(bought[0].occurred_at)
    assert [c["type"] for c in desk.changes_since(head)] == ["label", "label", "case", "command"]


def test_a_later_verdict_is_a_new_version_of_the_same_label(desk):
    account, head = desk.open_account(), desk.head
    for verdict in ("fraud", "legit"):
        desk.submit("case.verdict", account.id, {"verdict": verdict})
    first, second = [change for change in desk.changes_since(head) if change["type"] == "label"]
    assert first["data"]["target"] == {"type": "account", "id": account.id}
    assert (first["id"], first["version"] + 1) == (second["id"], second["version"])
    assert second["data"]["recorded_at"] == first["data"]["recorded_at"] or second["data"]["verdict"] == "legit"


def test_inconclusive_opens_the_case_and_labels_nothing(desk):
    account = desk.open_account()
    claim(desk, account)
    head = desk.head
    case = case_after(desk, desk.submit("case.verdict", account.id, {"verdict": "inconclusive"}))
    assert (case["status"], case.get("claimed_by")) == ("open", None)
    assert "label" not in [change["type"] for change in desk.changes_since(head)]


def test_claiming_a_closed_case_clears_its_verdict(desk):
    account = desk.open_account()
    desk.submit("case.verdict", account.id, {"verdict": "legit"})
    case = case_after(desk, claim(desk, account, "operator-2"))
    assert (case["status"], case.get("verdict"), case.get("verdict_by")) == ("claimed", None, None)


def test_no_verdict_over_another_persons_claim_unless_supervising(desk, code_of):
    account = desk.open_account()
    claim(desk, account)
    over = {"verdict": "fraud"}
    assert code_of(desk.submit("case.verdict", account.id, over, who="operator-2")) == (409, "already_claimed")
    assert code_of(desk.submit("case.verdict", account.id, over, who="supervisor")) == (200, "ok")


def test_a_verdict_names_transactions_of_the_account_only(desk, code_of):
    account, other = desk.open_account(), desk.open_account()
    bought = desk.bank.authorise(desk.purchase(other.id))
    params = {"verdict": "fraud", "transaction_ids": [bought.id]}
    assert code_of(desk.submit("case.verdict", account.id, params)) == (400, "validation")
    assert code_of(desk.submit("case.verdict", account.id, {**params, "transaction_ids": ["none"]}))[0] == 400


def test_a_typology_may_be_named_as_the_reason(desk, code_of):
    account = desk.open_account()
    answer = desk.submit("case.verdict", account.id, {"verdict": "fraud"}, reason_code="mule")
    assert answer.json()["reason_code"] == "mule"
    assert code_of(desk.submit("case.note", account.id, {"text": "x"}, reason_code="mule"))[0] == 400
