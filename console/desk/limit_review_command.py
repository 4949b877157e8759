"""`riskdesk review book`: the limit review over the whole book, printed or kept as draft plans."""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from console.core.problems import CoreProblem, CoreUnreachable
from console.desk import limit_review, review
from console.desk.act import fail
from console.desk.credentials import Credentials
from console.desk.limit_review import Moved, NoReason
from console.desk.review_command import asked_core, exponents_of, opened_mirror
from console.exits import Exit
from console.language import tr
from console.paths import home
from console.risk.credit.scorecard import UnusableCard
from console.risk.policy import PolicyError
from console.ui import formats
from console.ui.text import clean
from store.files import StoreError
from store.journal import Journal
from store.plans import Plan

SHOWN = 20
"""Accounts that are printed, those with the greatest change."""


def run(options: argparse.Namespace, core: str) -> int:
    """Review the book; keep what comes of it as drafts unless it is a dry run."""
    place = home(getattr(options, "home", None))
    place.make()
    plans: list[Plan] = []
    try:
        journal = Journal(place.journal)
        by = review.rules(journal)
        with opened_mirror(place) as mirror:
            judged = list(limit_review.review(mirror, by))
            exponents = exponents_of(mirror)
        found = [one for one in judged if one is not None]
        if not options.dry_run:
            meta, core_now = asyncio.run(asked_core(core, Credentials(place)))
            plans = limit_review.draft(journal, meta, found, by, core_now, meta.you.subject)
    except CoreUnreachable as error:
        return fail(str(error), Exit.UNREACHABLE)
    except CoreProblem as problem:
        return fail(str(problem), Exit.REFUSED)
    except NoReason as error:
        return fail(tr("review.no_reason", codes=error), Exit.REFUSED)
    except (StoreError, PolicyError, UnusableCard, sqlite3.Error) as error:
        return fail(str(error), Exit.FAILED)
    if options.json:
        print(json.dumps(_told(found, len(judged), plans, by.policy_version)))
        return Exit.OK
    _print(found, len(judged), exponents)
    for plan in plans:
        print(tr("review.drafted", number=plan.number, reason=clean(plan.order.reason_code, 40)))
    return Exit.OK


def _print(found: Sequence[Moved], accounts: int, exponents: Mapping[str, int]) -> None:
    raised = sum(one.change.raises for one in found)
    print(tr("review.book", accounts=accounts, raises=raised, cuts=len(found) - raised))
    for one in sorted(found, key=lambda one: -abs(one.change.limit_minor - one.change.present_minor))[:SHOWN]:
        change, currency = one.change, one.line.currency
        amounts = [formats.money(minor, currency, exponents) for minor in (change.present_minor, change.limit_minor)]
        words = tr(f"review.moved.{change.why}")
        print(
            f"  {clean(one.line.account_id, 72):24} {amounts[0]:>14} → {amounts[1]:>14} {clean(currency, 3)}  {words}"
        )


def _told(found: Sequence[Moved], accounts: int, plans: Sequence[Plan], policy_version: str) -> dict[str, Any]:
    changes = [
        {
            "account_id": one.line.account_id,
            "currency": one.line.currency,
            "from_minor": one.change.present_minor,
            "limit_minor": one.change.limit_minor,
            "why": one.change.why,
            "points": one.change.assessment.points,
            "pd": one.change.assessment.pd,
        }
        for one in found
    ]
    told = {"accounts": accounts, "changes": changes, "plans": [plan.number for plan in plans]}
    return told | {"policy_version": policy_version}
