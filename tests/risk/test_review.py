"""The flow of checks: what is missing is never passed, suspicion comes first, the shipped card keeps its promises."""

from __future__ import annotations

from dataclasses import replace as revised
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from console import paths
from console.risk.columns import DAY, HOUR
from console.risk.credit.case import Case, Check, Peer, Tie, UnreadableCase
from console.risk.credit.limits import Ability, Willingness
from console.risk.credit.review import Choice, Outcome, Review, Rules, review
from console.risk.credit.scorecard import Scorecard
from console.risk.policy import Cutoffs, Limits

CARD = Scorecard.from_json((paths.fixtures() / "policies" / "application_card.json").read_bytes())
RULES = Rules(CARD, Cutoffs(585, 560), Limits())
PASSED = ("identity", "liveness", "document", "sanctions", "bureau", "device")
GOOD = Case(
    type="application",
    currency="CNY",
    requested_minor=500_000,
    age=2 * DAY,
    ability=Ability(1_000_000, "verified", open_lines=1),
    willingness=Willingness(delinquencies_24m=0),
    values={"score": 650.0, "bureau_score": 690.0, "delinquencies_24m": 0.0, "income_proof": "verified"},
    checks=[Check(name, "pass") for name in PASSED],
)
CUSTOMER = replace(
    GOOD,
    type="limit_request",
    present_minor=300_000,
    status="active",
    days_late=0,
    willingness=Willingness(24, 0, 0),
    checks=[],
    asked=1,
)


def judged(case: Case = GOOD, **changes: Any) -> Review:
    return review(replace(case, **changes), RULES)


def with_check(name: str, outcome: str) -> list[Check]:
    return [Check(one, outcome if one == name else "pass") for one in PASSED]


def outcome(found: Review, step: str) -> Outcome:
    return next(one.outcome for one in found.steps if one.name == step)


def test_a_good_application_is_approved_as_asked_for_and_every_step_is_told() -> None:
    found = judged()
    assert (found.choice, found.limit_minor, found.reasons) == (Choice.APPROVE, 500_000, ())
    names = ["identity", "documents", "sanctions", "bureau", "device", "fraud", "affordability", "decision"]
    assert [step.name for step in found.steps] == names
    assert all(step.told for step in found.steps)


@pytest.mark.parametrize("name", ["identity", "liveness", "sanctions"])
@pytest.mark.parametrize("word", ["unavailable", "pending", ""])
def test_what_could_not_be_checked_is_missing_and_holds(name: str, word: str) -> None:
    found = judged(checks=with_check(name, word))
    step = "identity" if name == "liveness" else name
    assert outcome(found, step) is Outcome.MISSING
    assert found.choice is Choice.REFER


@given(st.lists(st.tuples(st.sampled_from(PASSED), st.sampled_from(["fail", "unavailable", "later"])), min_size=1))
def test_no_application_is_approved_over_a_core_check_that_did_not_pass(failed: list[tuple[str, str]]) -> None:
    outcomes = dict(failed)
    found = judged(checks=[Check(name, outcomes.get(name, "pass")) for name in PASSED])
    if set(outcomes) - {"bureau"} - {name for name, word in failed if name == "device" and word != "fail"}:
        assert found.choice in (Choice.REFER, Choice.DECLINE)
        assert found.limit_minor is None


@pytest.mark.parametrize("name", PASSED)
@pytest.mark.parametrize("word", ["fail", "unavailable"])
def test_a_check_made_twice_counts_by_its_worse_outcome(name: str, word: str) -> None:
    once = judged(checks=with_check(name, word))
    assert judged(checks=[*GOOD.checks, Check(name, word)]) == judged(checks=[Check(name, word), *GOOD.checks]) == once


def test_an_identity_that_failed_is_declined_and_a_sanctions_hit_is_a_persons() -> None:
    declined = judged(checks=with_check("identity", "fail"))
    assert (declined.choice, declined.reasons) == (Choice.DECLINE, ("identity_unverified",))
    assert judged(checks=with_check("sanctions", "fail")).choice is Choice.REFER


def test_shared_things_refer_from_a_number_on_that_is_no_chance() -> None:
    assert (
        judged(ties=[Tie("device", 1), Tie("ip", 40), Tie("address", 3), Tie("employer", 90)]).choice is Choice.APPROVE
    )
    for tie in (Tie("device", 2), Tie("phone", 1), Tie("address", 4), Tie("national_id", 1)):
        found = judged(ties=[Tie("ip", 3), tie])
        assert (found.choice, outcome(found, "device")) == (Choice.REFER, Outcome.REFER)
        assert next(one for one in found.steps if one.name == "device").told[0].figures["kind"] == tie.kind


def test_suspicion_is_looked_into_before_anything_is_declined() -> None:
    poor = GOOD.values | {"score": 500.0, "bureau_score": 480.0, "delinquencies_24m": 4.0}
    assert judged(values=poor).choice is Choice.DECLINE
    assert judged(values=poor, ties=[Tie("device", 5)]).choice is Choice.REFER
    assert judged(values=poor, peers=[Peer("acc", "shared_device", 1, True)]).choice is Choice.REFER
    assert judged(values=poor, peers=[Peer("acc", "shared_address", 1, True)]).choice is Choice.DECLINE


def test_a_thin_file_waits_until_it_is_known_to_stand_alone() -> None:
    thin = {name: value for name, value in GOOD.values.items() if name != "bureau_score"}
    fresh = judged(values=thin, age=HOUR, checks=with_check("bureau", "unavailable"))
    assert (fresh.choice, outcome(fresh, "device"), outcome(fresh, "bureau")) == (
        Choice.REFER, Outcome.MISSING, Outcome.MISSING,
    )  # fmt: skip
    later = judged(values=thin, age=12 * HOUR, checks=with_check("bureau", "unavailable"))
    assert later.choice in (Choice.APPROVE, Choice.LESS)
    assert judged(age=0).choice is Choice.APPROVE


def test_less_is_offered_where_the_ability_does_not_carry_all() -> None:
    found = judged(requested_minor=9_000_000)
    assert found.choice is Choice.LESS
    assert found.limit_minor == found.offer.limit_minor < 9_000_000
    assert found.reasons == ("income_insufficient", "months_on_book")
    nothing = judged(ability=Ability(None))
    assert (nothing.choice, outcome(nothing, "affordability")) == (Choice.REFER, Outcome.MISSING)


def test_an_income_that_carries_what_is_asked_for_is_not_blamed() -> None:
    record = {"willingness": Willingness(delinquencies_24m=9), "requested_minor": 2_000_000}
    found = judged(**record, values={**GOOD.values, "delinquencies_24m": 9.0})
    assert found.offer.ability_minor > 2_000_000
    assert (found.choice, outcome(found, "affordability")) == (Choice.DECLINE, Outcome.FAIL)
    assert found.reasons[0] == "delinquencies_24m"
    assert "income_insufficient" not in found.reasons
    assert judged(CUSTOMER, requested_minor=900_000).reasons == ("policy_limit",)


def test_points_against_the_cutoffs_decide_with_the_cards_reasons() -> None:
    poor = judged(values={"score": 500.0, "bureau_score": 480.0, "delinquencies_24m": 4.0})
    assert poor.choice is Choice.DECLINE
    assert set(poor.assessment.reason_codes) <= set(poor.reasons)
    edge = Rules(CARD, Cutoffs(judged().assessment.points + 1, 0), Limits())
    assert review(GOOD, edge).choice is Choice.REFER


def test_a_customer_who_is_late_or_stopped_gets_no_raise_but_may_always_ask_for_less() -> None:
    assert judged(CUSTOMER).choice is Choice.APPROVE
    assert judged(CUSTOMER, days_late=5).choice is Choice.DECLINE
    assert judged(CUSTOMER, status="frozen").choice is Choice.REFER
    assert judged(CUSTOMER, asked=3).choice is Choice.REFER
    assert judged(CUSTOMER, alert=3).choice is Choice.REFER
    assert judged(CUSTOMER, days_late=90, alert=4, requested_minor=100_000).choice is Choice.APPROVE
    distressed = revised(CUSTOMER.ability, utilisation=0.99)
    assert judged(CUSTOMER, ability=distressed).choice is Choice.DECLINE


def test_a_case_is_the_same_after_it_was_stored() -> None:
    case = replace(GOOD, ties=[Tie("device", 2)], peers=[Peer("acc", "shared_ip", 4, False)])
    again = Case.from_json(case.to_json())
    assert again == case
    assert review(again, RULES) == review(case, RULES)
    for broken in (b"", b"{}", b"[" * 5000, b'{"type": "other"}'):
        with pytest.raises(UnreadableCase):
            Case.from_json(broken)


def test_no_worse_news_turns_a_refusal_into_an_approval() -> None:
    worse = [Peer("acc", "shared_phone", 4, True)]
    for changes in ({"requested_minor": 90_000_000}, {"checks": with_check("identity", "fail")}, {"age": 0}):
        assert judged(**changes, peers=worse).choice is Choice.REFER
