"""What calls for an automatic measure: critical alerts, and applications that are clear; each with why it is left."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from console.core.client import CoreClient
from console.core.instants import SECOND, Instant
from console.core.messages import CoreMeta
from console.desk import papers, review
from console.desk.papers import Dossier
from console.desk.review import InForce
from console.risk import queue
from console.risk.automatic import Candidate, Cost, Regime, unfit
from console.risk.credit.case import UnreadableCase
from console.risk.credit.review import Choice, Outcome, Review
from store import reviews, wanting
from store.automatic import Want
from store.journal import Journal
from store.papers import Paper
from store.reader import Reader
from store.wanting import Ticket

FREEZE, APPROVE, DECLINE = "freeze", "approve", "decline"
"""Measures. A decision on an application counts against the budget of a rule of its name."""
BAND = 96
"""Among so many of the most pressing alerts the order is left to chance, so that two watchers seldom reach for the
same."""
PAPERS_EVERY = 20 * SECOND
MOST_PAPERS = 200
"""Applications are judged again so often, so many of the oldest at most."""


@dataclass(frozen=True)
class Round:
    """What one round goes by: the core by the service's credential, the mirror, the policy, the core's clock, and the
    claims of the subject that the mirror shows, of whichever watcher, as far back as they may count."""

    client: CoreClient
    meta: CoreMeta
    mirror: Reader
    regime: Regime
    core_now: Instant
    tickets: dict[str, Ticket]

    @property
    def subject(self) -> str:
        return self.meta.you.subject


@dataclass(frozen=True)
class Call:
    """What calls for a measure, and why it is left to a person; None: it is the machine's."""

    want: Want
    why: str | None

    @property
    def cost(self) -> Cost:
        return Cost(self.want.currency, self.want.exposure_minor, self.want.rules)


# ---------------------------------------------------------------- alerts


def of_alerts(now: Round, reason: Callable[[Iterable[str], CoreMeta], str | None]) -> Iterator[Call]:
    """The critical alerts that the policy wants answered, about the most pressing first.

    `reason` gives the core's reason code for a hold that some rules call for.
    """
    found = wanting.critical(now.mirror) if now.regime.measures.freeze else []
    if not found:
        return
    rows = np.array([one.standing for one in found])
    standing = queue.Standing.of(rows)._replace(account=np.arange(len(found), dtype=np.int32))
    order = queue.order(standing, now.mirror.watermark()).tolist()
    for place in (*random.sample(order[:BAND], min(BAND, len(order))), *order[BAND:]):
        one = found[place]
        if one.score < now.regime.measures.least_score:
            continue
        candidate = Candidate(
            one.alert_id, one.opening, one.account_id, one.score, one.rules, one.currency, one.available_minor,
            one.scopes, one.claimed_by, one.claimed_until, one.pending,
        )  # fmt: skip
        why = unfit(candidate, now.regime.measures, now.core_now)
        if why is None and reason(one.rules, now.meta) is None:
            why = "no_reason"
        cost = candidate.cost
        want = Want(
            one.alert_id, one.opening, one.account_id, FREEZE, one.score, one.rules, cost.currency, cost.exposure,
            now.regime.stamp,
        )  # fmt: skip
        yield Call(want, why)


# ---------------------------------------------------------------- applications


@dataclass(frozen=True)
class Judged:
    """An application that is clear, with everything it was judged on."""

    found: Dossier
    advice: Review
    by: InForce
    choice: Choice


def judged(journal: Journal, mirror: Reader, paper: Paper) -> Judged | None:
    """An open application as it is to be decided, None where it is not clear or can't be read.

    What a person has looked at and left open is theirs.
    """
    found = papers.dossier(mirror, paper)
    if found is None or not found.is_open or reviews.about(journal, paper.type, paper.id):
        return None
    by = review.rules(journal)
    try:
        advice = review.recommend(found, by)
    except (UnreadableCase, ValueError):
        return None
    choice = clear(advice)
    return Judged(found, advice, by, choice) if choice is not None else None


def clear(advice: Review) -> Choice | None:
    """What a machine may decide: approve as asked for where every check has passed, decline where one has failed and
    none is open; None for all else."""
    outcomes = {step.outcome for step in advice.steps}
    if advice.choice is Choice.APPROVE and outcomes == {Outcome.PASS}:
        return Choice.APPROVE
    if advice.choice is Choice.DECLINE and outcomes <= {Outcome.PASS, Outcome.FAIL}:
        return Choice.DECLINE
    return None


class Papers:
    """The clear applications: judged again now and then, and whenever they change."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._judged: dict[tuple[str, int], Call | None] = {}
        self._looked_at = 0

    def calls(self, now: Round) -> Iterator[Call]:
        """The clear applications, the oldest first, but for those that somebody works on."""
        if not now.regime.measures.applications:
            return
        if not 0 <= now.core_now - self._looked_at < PAPERS_EVERY:
            self._looked_at, self._judged = now.core_now, {}
        waiting = [paper for paper, _ in papers.waiting(now.mirror) if paper.type == "application"]
        for paper in waiting[:MOST_PAPERS]:
            key = (paper.id, paper.version)
            if key not in self._judged:
                self._judged[key] = self._judge(paper, now)
            call = self._judged[key]
            if call is not None:
                account_id = call.want.account_id
                claimed = wanting.claimed(now.mirror, account_id, now.core_now)
                yield replace(call, why=call.why or ("claimed" if claimed else None))

    def _judge(self, paper: Paper, now: Round) -> Call | None:
        one = judged(self._journal, now.mirror, paper)
        if one is None:
            return None
        resource, why = one.found.resource, None
        measure = APPROVE if one.choice is Choice.APPROVE else DECLINE
        if resource.account_id is None:
            why = "no_account"
        elif review.reason_code(one.advice, one.choice, "application", now.meta) is None:
            why = "no_reason"
        want = Want(
            cause=paper.id,
            opening=0,
            account_id=resource.account_id or "",
            measure=measure,
            score=round(one.advice.assessment.pd, 4),
            rules=(measure,),
            currency=resource.currency,
            exposure_minor=resource.requested_limit_minor if measure == APPROVE else 0,
            policy_version=now.regime.stamp,
        )
        return Call(want, why)
