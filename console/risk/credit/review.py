"""Reviewing an application or a limit request: a flow of checks, each with its evidence, and what they come to.

It recommends and decides nothing. A check that is not available is missing, never passed. What is suspicious is
referred before anything else counts: who invents people must not learn by a decline which invention was found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from console.risk.columns import DAY, HOUR
from console.risk.credit.case import Case, Check
from console.risk.credit.limits import Bounds, Offer, offer
from console.risk.credit.scorecard import Assessment, Scorecard
from console.risk.policy import Cutoffs, Limits

WINDOW = 56 * DAY
"""How far back applications are compared: eight weeks, as the Bank Account Fraud data set counts device sharing (Jesus
et al., NeurIPS 2022, datasheet)."""
SHARED_MOST = {"device": 2, "phone": 1, "email": 1, "national_id": 1, "address": 4}
"""So many other applicants with the same thing are no chance. A couple shares a device and a flat of students an
address; two people do not share a phone number. A network address and an employer are told and count for nothing."""
SETTLES = 12 * HOUR
"""Invented people apply within hours of each other. A file without any bureau score is not approved sooner: until then
nobody can know whether it stands alone. Our assumption."""
STATED_OVER = 2.0
"""A claimed income so many times the one that is on file needs proof."""
RAISES_ASKED = 3
"""So many requests for a higher limit within 30 days look like a bust-out being prepared."""
ALARMING, CRITICAL = 3, 4
"""Levels of an open alert: high on the account itself, critical on one that is linked."""
LEAST_SHARE = 0.1
"""An offer below this share of what is asked for is none."""
STRONG_LINKS = frozenset({"shared_device", "shared_phone", "shared_email", "shared_national_id", "shared_bank_account"})
"""Links by which a fraud casts doubt on somebody else; who only lives at an address with a victim is not suspect."""
NO_CAP = 2**53 - 1

Figures = Mapping[str, float | str]


class Outcome(StrEnum):
    """How a step ended. MISSING: it could not be made, or not yet."""

    PASS = "pass"  # noqa: S105 - no secret
    FAIL = "fail"
    REFER = "refer"
    MISSING = "missing"


class Choice(StrEnum):
    """What is recommended, and what a person decides. REFER: it stays open, and somebody looks further."""

    APPROVE = "approve"
    LESS = "less"
    DECLINE = "decline"
    REFER = "refer"


class Told(NamedTuple):
    """A piece of evidence: a code, which the console has words for, and its figures by name."""

    code: str
    figures: Figures = MappingProxyType({})


class Step(NamedTuple):
    """One check. `holds`: it keeps the recommendation from approving. `told` begins with what decided the outcome."""

    name: str
    outcome: Outcome
    told: tuple[Told, ...] = ()
    holds: bool = False


class Rules(NamedTuple):
    """By what a case is judged: the scorecard, and what the stance in force says."""

    card: Scorecard
    cutoffs: Cutoffs
    limits: Limits


class Review(NamedTuple):
    """The flow and what it comes to. `limit_minor` is the limit to approve, None where nothing is approved.

    `reasons` are the principal ones, in words that the person concerned may be told.
    """

    steps: tuple[Step, ...]
    choice: Choice
    limit_minor: int | None
    reasons: tuple[str, ...]
    assessment: Assessment
    offer: Offer


REASONS = {
    "identity": "identity_unverified",
    "documents": "documents_incomplete",
    "sanctions": "verification_pending",
    "standing": "account_standing",
    "bureau": "bureau_unavailable",
    "device": "verification_pending",
    "fraud": "verification_pending",
}
"""What somebody may be told of a step that stood against them; offer and scorecard have reasons of their own."""
LESSENED = {
    "late": "days_past_due",
    "delinquencies": "delinquencies_24m",
    "new": "months_on_book",
    "distress": "utilisation",
    "most_raise": "policy_limit",
    "cap": "policy_limit",
}
"""What somebody may be told of a line of the offer's reasoning that made it smaller."""
MOST_REASONS = 4
"""More principal reasons do not help who is told them (Regulation B, 12 CFR 1002.9, official comment (b)(2)-1)."""
WORST_FIRST = {"fail": 0, "pass": 2}
"""Outcomes of a check; any other stands between them."""
SUSPICIOUS = ("sanctions", "device", "fraud")
"""Steps whose doubt is looked into before anything is declined."""


def review(case: Case, rules: Rules) -> Review:
    """Judge a case. Raises ValueError for values that the scorecard or the limits can't take."""
    judged = rules.card.assess(case.values)
    offered = offer_for(case, judged.pd, rules.limits)
    steps = [step(case) for step in STEPS[case.type]]
    steps += [_affordability(case, offered), _decision(case, judged, rules.cutoffs)]
    choice = _choice(case, steps, offered)
    limit = None
    if choice is Choice.APPROVE:
        limit = case.requested_minor if case.requested_minor is not None else offered.limit_minor
    elif choice is Choice.LESS:
        limit = offered.limit_minor
    return Review(tuple(steps), choice, limit, _reasons(case, choice, steps, judged, offered), judged, offered)


def bounds(limits: Limits) -> Bounds:
    """What the stance in force allows; an income that nobody knows carries nothing."""
    return Bounds(0, NO_CAP, 0, factor=limits.offer_factor, most_raise=limits.raise_factor)


def offer_for(case: Case, pd: float, limits: Limits) -> Offer:
    """The limit made for a person at this probability of default (0..1)."""
    return offer(case.ability, case.willingness, pd, bounds(limits), case.present_minor)


def lowers(case: Case) -> bool:
    """Whether the person asks for no more than there is: nothing speaks against that."""
    return case.present_minor is not None and (case.requested_minor or 0) <= case.present_minor


# ---------------------------------------------------------------- what is recommended


def _choice(case: Case, steps: list[Step], offered: Offer) -> Choice:
    if lowers(case):
        return Choice.APPROVE
    if any(step.holds and step.name in SUSPICIOUS for step in steps):
        return Choice.REFER
    if any(step.outcome is Outcome.FAIL for step in steps):
        return Choice.DECLINE
    if any(step.holds for step in steps):
        return Choice.REFER
    wanted = case.requested_minor
    return Choice.APPROVE if wanted is None or offered.limit_minor >= wanted else Choice.LESS


def _reasons(case: Case, choice: Choice, steps: list[Step], judged: Assessment, offered: Offer) -> tuple[str, ...]:
    """Why it is not approved as asked for: the steps in their order, the points lost, what made the offer small."""
    if choice is Choice.APPROVE:
        return ()
    against = [step for step in steps if step.outcome is Outcome.FAIL or (step.holds and choice is not Choice.DECLINE)]
    names = {step.name for step in against}
    found = [REASONS[step.name] for step in against if step.name in REASONS]
    short = choice is Choice.LESS or "affordability" in names
    if short and offered.ability_minor < max(1, case.requested_minor or 0):
        found.append("income_insufficient")
    if "decision" in names:
        found += judged.reason_codes
    if short:
        found += [LESSENED[line.code] for line in offered.reasons if line.code in LESSENED]
        found += judged.reason_codes if offered.risk < 1 else ()
    return tuple(dict.fromkeys(found))[:MOST_REASONS] or ("policy_limit",)


# ---------------------------------------------------------------- the steps


def _identity(case: Case) -> Step:
    """A face and a name that belong together."""
    outcomes = {name: _check(case, name) for name in ("identity", "liveness")}
    told = tuple(_told_check(case, name) for name in outcomes)
    if outcomes["identity"] == "fail":
        return Step("identity", Outcome.FAIL, told)
    if "fail" in outcomes.values():
        return Step("identity", Outcome.REFER, told, holds=True)
    if any(outcome != "pass" for outcome in outcomes.values()):
        return Step("identity", Outcome.MISSING, told, holds=True)
    return Step("identity", Outcome.PASS, told)


def _documents(case: Case) -> Step:
    """The document, and an income that nobody has proved and that is far from the one on file."""
    told = [_told_check(case, "document")]
    outcome = _check(case, "document")
    known, stated = case.ability.income_minor, case.stated_minor
    if stated is None and known is None:
        told.append(Told("income_missing"))
    elif stated is not None and known and stated > known * STATED_OVER:
        told.append(Told("income_overstated", {"stated_minor": stated, "known_minor": known}))
        return Step("documents", Outcome.REFER, tuple(told), holds=True)
    if outcome == "fail":
        return Step("documents", Outcome.REFER, tuple(told), holds=True)
    if outcome != "pass":
        return Step("documents", Outcome.MISSING, tuple(told), holds=outcome is not None)
    return Step("documents", Outcome.PASS, tuple(told))


def _sanctions(case: Case) -> Step:
    """A hit is for compliance to clear, never for a machine."""
    outcome, told = _check(case, "sanctions"), (_told_check(case, "sanctions"),)
    if outcome == "pass":
        return Step("sanctions", Outcome.PASS, told)
    return Step("sanctions", Outcome.REFER if outcome == "fail" else Outcome.MISSING, told, holds=True)


def _bureau(case: Case) -> Step:
    """What other lenders report. Without a record the scorecard's own bin for that speaks."""
    score = case.values.get("bureau_score")
    told = [_told_check(case, "bureau")] if case.type == "application" else []
    told.append(Told("no_bureau_score") if score is None else Told("bureau_score", {"score": score}))
    bad = case.willingness.delinquencies_24m
    if bad:
        told.append(Told("delinquencies", {"count": bad}))
    if _check(case, "bureau") == "fail":
        return Step("bureau", Outcome.REFER, tuple(told), holds=True)
    if score is None or _check(case, "bureau") not in (None, "pass"):
        return Step("bureau", Outcome.MISSING, tuple(told))
    return Step("bureau", Outcome.PASS, tuple(told))


def _device(case: Case) -> Step:
    """The device, and who else has applied with what this person applied with."""
    ties = [Told("shared", {"kind": tie.kind, "others": tie.others}) for tie in case.ties if tie.others]
    many = [tie for tie in case.ties if tie.others >= SHARED_MOST.get(tie.kind, NO_CAP)]
    told = tuple([Told("blocked_device")] * case.blocked + [_told_check(case, "device")] + ties)
    if many:
        ties.sort(key=lambda one: one.figures["kind"] not in {tie.kind for tie in many})
        return Step("device", Outcome.REFER, (*ties, *told[: len(told) - len(ties)]), holds=True)
    if case.blocked or _check(case, "device") == "fail":
        return Step("device", Outcome.REFER, told, holds=True)
    if case.values.get("bureau_score") is None and case.age < SETTLES:
        left = Told("settles", {"hours": -(-(SETTLES - case.age) // HOUR)})
        return Step("device", Outcome.MISSING, (left, *told), holds=True)
    return Step("device", Outcome.PASS if _check(case, "device") == "pass" else Outcome.MISSING, told)


def _velocity(case: Case) -> Step:
    """How often a higher limit was asked for."""
    told = (Told("asked", {"times": case.asked}),)
    hasty = case.asked >= RAISES_ASKED
    return Step("device", Outcome.REFER if hasty else Outcome.PASS, told, holds=hasty)


def _fraud(case: Case) -> Step:
    """The account's own alert, and the accounts that the core links with this person."""
    bad = [peer for peer in case.peers if peer.fraud and peer.link in STRONG_LINKS]
    alarmed = [peer for peer in case.peers if peer.level >= CRITICAL and peer.link in STRONG_LINKS]
    told = [Told("known_fraud", {"account": peer.account_id, "link": peer.link}) for peer in bad]
    told += [Told("linked_alert", {"account": peer.account_id, "link": peer.link}) for peer in alarmed]
    if case.alert:
        told.insert(0, Told("alert", {"level": case.alert}))
    if case.alert >= ALARMING or bad or alarmed:
        return Step("fraud", Outcome.REFER, tuple(told), holds=True)
    told.append(Told("linked", {"accounts": len(case.peers)}))
    return Step("fraud", Outcome.PASS, tuple(told))


def _standing(case: Case) -> Step:
    """Where the account stands: nobody who is late, or whose account is stopped, gets more credit."""
    told = (Told("status", {"status": case.status or ""}), Told("late", {"days": case.days_late or 0}))
    if case.status != "active":
        return Step("standing", Outcome.REFER, told, holds=True)
    return Step("standing", Outcome.FAIL if case.days_late else Outcome.PASS, told)


def _affordability(case: Case, offered: Offer) -> Step:
    wanted = case.requested_minor
    told = [Told("offered", {"limit_minor": offered.limit_minor})]
    if case.ability.income_minor is None and not lowers(case):
        return Step("affordability", Outcome.MISSING, (Told("income_missing"),), holds=True)
    if wanted is not None:
        told.append(Told("wanted", {"limit_minor": wanted}))
    least = max(1, round((wanted or 0) * LEAST_SHARE), (case.present_minor or 0) + 1)
    if offered.limit_minor >= least or lowers(case):
        return Step("affordability", Outcome.PASS, tuple(told))
    return Step("affordability", Outcome.FAIL, tuple(told))


def _decision(case: Case, judged: Assessment, cutoffs: Cutoffs) -> Step:
    """The points against the cut-offs of the stance in force."""
    bar = {"points": judged.points, "approve": cutoffs.approve_above, "decline": cutoffs.decline_below}
    told = (Told("points", bar), Told("pd", {"pd": judged.pd}))
    if judged.points >= cutoffs.approve_above or lowers(case):
        return Step("decision", Outcome.PASS, told)
    if judged.points < cutoffs.decline_below:
        return Step("decision", Outcome.FAIL, told)
    return Step("decision", Outcome.REFER, told, holds=True)


STEPS: Mapping[str, tuple[Callable[[Case], Step], ...]] = {
    "application": (_identity, _documents, _sanctions, _bureau, _device, _fraud),
    "limit_request": (_standing, _bureau, _velocity, _fraud),
}
"""The checks of each type, in order; affordability and the decision come after them."""


def _made(case: Case, name: str) -> Check | None:
    """One of the core's own checks, the worst where it was made more than once; None where it was not made."""
    made = [check for check in case.checks if check.name == name]
    return min(made, key=lambda check: WORST_FIRST.get(check.outcome, 1), default=None)


def _check(case: Case, name: str) -> str | None:
    found = _made(case, name)
    return found.outcome if found else None


def _told_check(case: Case, name: str) -> Told:
    found = _made(case, name)
    if found is None:
        return Told("not_checked", {"check": name})
    return Told("checked", {"check": name, "outcome": found.outcome, "detail": found.detail or ""})
