"""Reviewing applications and limit requests: what is recommended, deciding, and telling a decision again later."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from console import paths
from console.core import commands
from console.core.commands import InvalidWish, Wish
from console.core.instants import Instant
from console.core.messages import CoreMeta, LimitRequest
from console.desk import cards, deciding
from console.desk.papers import Dossier
from console.desk.undo import open_again
from console.risk.credit.case import Case, UnreadableCase
from console.risk.credit.review import Choice, Review, Rules, review
from console.risk.credit.scorecard import Scorecard, UnusableCard
from console.risk.policy import PolicyError, stamp
from console.risk.policy_text import read_policy
from store import reviews
from store.journal import Entry, Intent, Journal
from store.policies import in_force
from store.reviews import Judged, Kept

SHIPPED_POLICY = "standard.toml"
CODES = {
    "approve": ("ability_verified", "customer_request", "other"),
    "decline": ("credit_risk", "other"),
    "identity_unverified": ("identity_unverified", "credit_risk", "other"),
    "verification_pending": ("synthetic_identity", "identity_unverified", "credit_risk", "other"),
}
"""The institution's reason codes that suit a decision, or a principal reason of it, the best first."""


class NotTold(Exception):
    """A stored decision that can't be worked out again; the message says why."""


@dataclass(frozen=True)
class InForce:
    """By what is judged now: the rules, the texts they are from, and the stamp of the policy and its stance.

    `card_since` is since when the scorecard is in force (µs), None from the beginning.
    """

    rules: Rules
    stance: str
    policy: str
    card: str
    policy_version: str
    card_since: int | None = None


@dataclass(frozen=True)
class Decision:
    """What a person decided: with a limit (minor units) where it is approved, and why."""

    choice: Choice
    reason_code: str | None
    note: str | None = None
    limit_minor: int | None = None


# ---------------------------------------------------------------- recommending


def rules(journal: Journal | None) -> InForce:
    """The scorecard and the policy in force; before the first policy is, the shipped one with its usual stance.

    Raises PolicyError and UnusableCard for texts that can't be used.
    """
    found = in_force(journal) if journal is not None else None
    text = found.text if found else (paths.fixtures() / "policies" / SHIPPED_POLICY).read_text(encoding="utf-8")
    card = cards.present(journal)
    return replace(_judging_by(text, found.stance if found else None, card.text), card_since=card.since)


@cache
def _judging_by(policy_text: str, stance: str | None, card_text: str) -> InForce:
    policy = read_policy(SHIPPED_POLICY, policy_text)
    named = stance or policy.drive.stance
    if named not in policy.stances:
        raise PolicyError(f"the policy {policy.name} has no stance {named!r}")
    chosen = policy.stances[named]
    judged_by = Rules(Scorecard.from_json(card_text.encode()), chosen.cutoffs, chosen.limits)
    return InForce(judged_by, named, policy_text, card_text, stamp(policy.version, named))


def recommend(found: Dossier, by: InForce) -> Review:
    """The flow of checks of a paper and what it comes to."""
    return review(found.case, by.rules)


def reason_code(advice: Review, choice: Choice, type_: str, meta: CoreMeta) -> str | None:
    """The code of the core's list for a type of command that suits a decision best; None where none does."""
    wanted = CODES["approve"]
    if choice is Choice.DECLINE:
        wanted = next((CODES[reason] for reason in advice.reasons if reason in CODES), CODES["decline"])
    listed = {reason.code for reason in commands.reasons_for(f"{type_}.decide", meta)}
    return next((code for code in wanted if code in listed), None)


# ---------------------------------------------------------------- deciding


def wish(found: Dossier, decision: Decision) -> Wish | None:
    """The command that a decision is; None for a case that stays open on no account.

    Raises InvalidWish for a limit that the core would refuse.
    """
    resource = found.resource
    if decision.choice is Choice.REFER:
        account_id = found.account.id if found.account else None
        return commands.note(account_id, decision.note or "") if account_id else None
    if decision.choice is Choice.DECLINE:
        return commands.decide_paper(resource, "decline", None, decision.reason_code or "", decision.note)
    limit = resource.requested_limit_minor if decision.choice is Choice.APPROVE else decision.limit_minor
    if limit is None:
        raise InvalidWish("limit_missing")
    if isinstance(resource, LimitRequest):
        present = found.case.present_minor or 0
        low, high = sorted((present, resource.requested_limit_minor))
        if not low <= limit <= high:
            raise InvalidWish("limit_between", low=low, high=high)
    return commands.decide_paper(resource, "approve", limit, decision.reason_code or "", decision.note)


def decide(
    journal: Journal,
    meta: CoreMeta,
    found: Dossier,
    advice: Review,
    by: InForce,
    decision: Decision,
    *,
    core_now: Instant,
    until: Instant | None = None,
    together: Callable[[sqlite3.Connection, Intent], None] = lambda connection, intent: None,
) -> Entry | int:
    """Store a decision with everything it was made on; nudge the watcher then.

    Returns the command's entry, or the decision's number where a case stays open and there is no account to note that
    on. The paper's version is what was looked at. After `until` the core must not begin it; `together` stores what else
    belongs to it in the same transaction. Raises InvalidWish, Blocked.
    """
    if not found.is_open:
        raise InvalidWish("paper_decided", status=found.resource.status)
    if decision.choice is Choice.REFER and not (decision.note or "").strip():
        raise InvalidWish("text_empty")
    wished = wish(found, decision)
    if wished is None:
        commands.check_text("note", decision.note or "")
        return reviews.keep(journal, _judged(None, meta, found, advice, by, decision), core_now)
    version = None if decision.choice is Choice.REFER else found.paper.version
    before = next(
        (entry for entry in open_again(journal.for_account(wished.account_id)) if entry.target_id == found.resource.id),
        None,
    )
    intent = deciding.fix(
        meta,
        wished,
        core_now=core_now,
        account=found.account,
        if_match=version,
        follows=before.command_id if before else None,
        until=until,
    )
    made = _judged(intent.command_id, meta, found, advice, by, decision)

    def keep(connection: sqlite3.Connection) -> None:
        reviews.store(connection, made, core_now)
        together(connection, intent)

    return journal.intend(intent, core_now, also=keep)


def _judged(
    command_id: str | None, meta: CoreMeta, found: Dossier, advice: Review, by: InForce, decision: Decision
) -> Judged:
    approved = decision.choice in (Choice.APPROVE, Choice.LESS)
    asked = found.resource.requested_limit_minor
    return Judged(
        command_id=command_id,
        target_type=found.type,
        target_id=found.resource.id,
        target_version=found.paper.version,
        account_id=found.resource.account_id,
        choice=decision.choice,
        limit_minor=(asked if decision.choice is Choice.APPROVE else decision.limit_minor) if approved else None,
        currency=found.case.currency,
        reason_code=decision.reason_code,
        note=decision.note,
        recommended=advice.choice,
        offered_minor=advice.limit_minor,
        points=advice.assessment.points,
        pd=advice.assessment.pd,
        reasons=advice.reasons,
        policy_version=by.policy_version,
        stance=by.stance,
        policy=by.policy,
        card=by.card,
        basis=found.basis(),
        decided_by=meta.you.subject,
    )


# ---------------------------------------------------------------- telling it again


@dataclass(frozen=True)
class Retold:
    """A decision as it was stored, worked out again from its stored inputs.

    `differs` names what comes out otherwise now, `untrue` what is not as the audit chain has it; both empty when the
    stored decision stands.
    """

    kept: Kept
    advice: Review
    differs: tuple[str, ...]
    untrue: tuple[str, ...]


def reconstruct(journal: Journal, kept: Kept) -> Retold:
    """Work a decision's recommendation out again from what is stored with it, and compare. Raises NotTold."""
    try:
        case = Case.from_json(json.dumps(json.loads(kept.basis)["case"]).encode())
        by = judged_by(kept)
        advice = review(case, by.rules)
    except (ValueError, KeyError, TypeError, PolicyError, UnusableCard, UnreadableCase) as error:
        raise NotTold(str(error)) from error
    again = {
        "recommended": advice.choice.value,
        "offered_minor": advice.limit_minor,
        "points": advice.assessment.points,
        "pd": advice.assessment.pd,
        "reasons": advice.reasons,
        "policy_version": by.policy_version,
    }
    differs = tuple(name for name, value in again.items() if getattr(kept, name) != value)
    return Retold(kept, advice, differs, _untrue(journal, kept))


def judged_by(kept: Kept) -> InForce:
    """The policy and scorecard that a decision was made by, from its own copies of their texts."""
    return _judging_by(kept.policy, kept.stance, kept.card)


def _untrue(journal: Journal, kept: Kept) -> tuple[str, ...]:
    """What of a stored decision is not as the audit chain has it."""
    told = reviews.audited(journal, kept.number)
    if told is None:
        return ("audit",)
    return tuple(name for name, value in reviews.audit_payload(kept).items() if told.get(name) != value)
