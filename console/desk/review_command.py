"""`riskdesk review`: what waits, one paper in full, deciding it, and telling a decision again."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from console.core import instants
from console.core.client import CoreClient
from console.core.commands import InvalidWish
from console.core.instants import Instant
from console.core.messages import CoreMeta
from console.core.problems import CoreProblem, CoreUnreachable
from console.desk import cards, deciding, papers, review, stored
from console.desk.act import fail, wait, wake
from console.desk.credentials import Credentials
from console.desk.papers import Dossier
from console.desk.review import Decision, NotTold
from console.exits import Exit
from console.language import tr
from console.paths import Home, home
from console.risk.credit.review import Choice, Review
from console.risk.credit.scorecard import UnusableCard
from console.risk.policy import PolicyError
from console.ui import formats, reviewing
from console.ui.text import clean, fit
from console.ui.themes import WEIGHTS
from console.ui.widgets.lines import Pair
from store import reviews
from store.files import StoreError
from store.journal import Blocked, Journal
from store.papers import named as paper_named
from store.reader import Reader

LABEL_WIDTH = 16


def run_list(place: Home, *, as_json: bool) -> int:
    """What waits, with what is recommended for each."""
    try:
        with opened_mirror(place) as mirror:
            by = review.rules(_journal(place))
            found = [one for paper, _ in papers.waiting(mirror) if (one := papers.dossier(mirror, paper)) is not None]
            judged = [(one, review.recommend(one, by)) for one in found]
            exponents = exponents_of(mirror)
    except (StoreError, PolicyError, UnusableCard) as error:
        return fail(str(error), Exit.FAILED)
    if as_json:
        print(json.dumps([_told(*pair) for pair in judged]))
        return Exit.OK
    for one, advice in judged:
        amount = formats.money(one.case.requested_minor, one.case.currency, exponents)
        words = reviewing.advice(advice, one.case.currency, exponents)
        head = f"{tr(f'review.type.{one.type}'):6} {clean(one.resource.id, 72):16} {formats.age(one.case.age):>5}"
        print(f"{head} {amount:>14} {advice.assessment.points:5}  {words}  {reviewing.reasons(advice.reasons)}")
    if not judged:
        print(tr("review.nothing"))
    return Exit.OK


def run_show(place: Home, id_: str, *, as_json: bool) -> int:
    """One paper in full."""
    try:
        with opened_mirror(place) as mirror:
            journal = _journal(place)
            found, by = _find(mirror, id_), review.rules(journal)
            exponents = exponents_of(mirror)
    except (StoreError, PolicyError, UnusableCard) as error:
        return fail(str(error), Exit.FAILED)
    except LookupError as error:
        return fail(str(error), Exit.USAGE)
    advice = review.recommend(found, by)
    if as_json:
        print(
            json.dumps(
                _told(found, advice)
                | {"policy_version": by.policy_version, "card": reviews.digest(by.card)}
                | {"basis": json.loads(found.basis())}
            )
        )
        return Exit.OK
    currency = found.case.currency
    kept = reviews.about(journal, found.type, found.resource.id) if journal is not None else []
    print(f"{reviewing.advice(advice, currency, exponents)}  {reviewing.reasons(advice.reasons)}")
    _print(
        *reviewing.earlier(kept, instants.now(), exponents, WEIGHTS),
        *reviewing.submitted(found, exponents, WEIGHTS),
        *reviewing.person(found, exponents, WEIGHTS),
        *reviewing.steps(advice, currency, exponents, WEIGHTS),
        *reviewing.offered(advice, currency, exponents, WEIGHTS),
        *reviewing.known(found, WEIGHTS),
        *reviewing.points(advice, by, WEIGHTS),
        *reviewing.judged_by(by, WEIGHTS),
    )
    return Exit.OK


def run_decide(options: argparse.Namespace, core: str) -> int:
    """Decide one paper, nudge the watcher, and wait when asked to."""
    place = home(getattr(options, "home", None))
    place.make()
    credentials = Credentials(place)
    try:
        meta, core_now = asyncio.run(asked_core(core, credentials))
        journal = Journal(place.journal)
        with opened_mirror(place) as mirror:
            found = _find(mirror, options.paper)
        by = review.rules(journal)
        advice = review.recommend(found, by)
        decision = _decision(options, found)
        made = review.decide(journal, meta, found, advice, by, decision, core_now=core_now)
    except (InvalidWish, Blocked) as error:
        return fail(deciding.explain(error), Exit.USAGE if isinstance(error, InvalidWish) else Exit.REFUSED)
    except LookupError as error:
        return fail(str(error), Exit.USAGE)
    except CoreUnreachable as error:
        return fail(str(error), Exit.UNREACHABLE)
    except CoreProblem as problem:
        return fail(str(problem), Exit.REFUSED)
    except (StoreError, PolicyError, UnusableCard) as error:
        return fail(str(error), Exit.FAILED)
    if isinstance(made, int):
        print(tr("review.kept", number=made))
        return Exit.OK
    print(tr("cli.queued", id=made.command_id, type=made.type, account=found.resource.id), flush=True)
    wake(place, core, credentials, made.command_id)
    return wait(journal, made, options.timeout) if options.wait else Exit.OK


def run_reconstruct(place: Home, which: str, *, as_json: bool) -> int:
    """Tell a decision again by its command's id or its number, and work its recommendation out anew.

    0 only where that comes out the same and the audit chain has the decision as it is stored.
    """
    journal = _journal(place)
    kept = None
    if journal is not None:
        kept = reviews.of_command(journal, which)
        if kept is None and which.isascii() and which.isdigit() and len(which) < 16:
            kept = reviews.numbered(journal, int(which))
    if journal is None or kept is None:
        return fail(tr("review.no_decision", id=which), Exit.USAGE)
    try:
        told = review.reconstruct(journal, kept)
    except NotTold as error:
        return fail(tr("review.not_told", why=error), Exit.FAILED)
    stands = not told.differs and not told.untrue
    if as_json:
        plain = {name: getattr(kept, name) for name in reviews.PLAIN if name != "basis"} | {"reasons": kept.reasons}
        verdict = {
            "equal": not told.differs,
            "differs": told.differs,
            "audited": not told.untrue,
            "untrue": told.untrue,
        }
        print(json.dumps(plain | verdict | {"review": kept.number, "basis": json.loads(kept.basis)}))
        return Exit.OK if stands else Exit.FAILED
    exponents: dict[str, int] = {}
    if place.mirror.exists():
        with opened_mirror(place) as mirror:
            exponents = exponents_of(mirror)
    limit = formats.money(kept.limit_minor, kept.currency, exponents)
    facts = {"number": kept.number, "target": f"{kept.target_type} {kept.target_id}", "version": kept.target_version}
    print(tr("review.retold", **facts, who=kept.decided_by, at=instants.wire(kept.decided_at)))
    print(f"{tr(f'review.choice.{kept.choice}')} {limit}  {kept.reason_code or ''}  {clean(kept.note)}")
    print(tr("review.retold_by", policy=kept.policy_version, card=reviews.digest(kept.card)[: cards.SHORT]))
    advice = told.advice
    print(f"{reviewing.advice(advice, kept.currency, exponents)}  {reviewing.reasons(advice.reasons)}")
    by = review.judged_by(kept)
    _print(
        *reviewing.steps(advice, kept.currency, exponents, WEIGHTS),
        *reviewing.offered(advice, kept.currency, exponents, WEIGHTS),
        *reviewing.points(advice, by, WEIGHTS),
    )
    print(tr("review.equal") if not told.differs else tr("review.differs", what=", ".join(told.differs)))
    print(tr("review.audited") if not told.untrue else tr("review.untrue", what=", ".join(told.untrue)))
    return Exit.OK if stands else Exit.FAILED


def _decision(options: argparse.Namespace, found: Dossier) -> Decision:
    """The decision that the command line spells: a limit other than the one asked for is approval for less."""
    choice, limit = Choice(options.choice), options.limit
    if choice is Choice.APPROVE and limit is not None and limit != found.resource.requested_limit_minor:
        choice = Choice.LESS
    return Decision(choice, options.reason, options.note, limit if choice is Choice.LESS else None)


def _find(mirror: Reader, id_: str) -> Dossier:
    """The paper of an id. Raises LookupError when there is none, or its document can't be read."""
    found = paper_named(mirror, id_)
    judged = papers.dossier(mirror, found[0]) if found else None
    if judged is None:
        raise LookupError(tr("review.unreadable") if found else tr("review.no_such", id=clean(id_, 72)))
    return judged


def _told(found: Dossier, advice: Review) -> dict[str, Any]:
    return {
        "type": found.type,
        "id": found.resource.id,
        "version": found.paper.version,
        "status": found.resource.status,
        "account_id": found.resource.account_id,
        "asked_at": instants.wire(found.asked_at),
        "requested_limit_minor": found.case.requested_minor,
        "currency": found.case.currency,
        "recommended": advice.choice,
        "limit_minor": advice.limit_minor,
        "reasons": advice.reasons,
        "points": advice.assessment.points,
        "pd": advice.assessment.pd,
        "offer_minor": advice.offer.limit_minor,
        "steps": {step.name: step.outcome for step in advice.steps},
    }


async def asked_core(core: str, credentials: Credentials) -> tuple[CoreMeta, Instant]:
    """What the core says of whoever decides, and its clock."""
    async with CoreClient(core, credentials.sending) as client:
        meta = await client.meta()
        return meta, Instant(instants.now() + client.clock_offset_us)


@contextmanager
def opened_mirror(place: Home) -> Iterator[Reader]:
    """The mirror. Raises StoreError while there is none."""
    mirror = Reader(place.mirror)
    try:
        if not mirror.ready():
            raise StoreError(tr("review.no_mirror"))
        yield mirror
    finally:
        mirror.close()


def _journal(place: Home) -> Journal | None:
    return Journal(place.journal) if place.journal.exists() else None


def exponents_of(mirror: Reader) -> dict[str, int]:
    """Decimal places of each currency that the core named."""
    meta = stored.meta(mirror.notes().get("meta"))
    return {currency.code: currency.exponent for currency in meta.currencies} if meta else {}


def _print(*pairs: Pair) -> None:
    """Labels on the left, words on the right."""
    for label, words in pairs:
        print(f"  {fit(label.plain, LABEL_WIDTH)} {words.plain}")
    sys.stdout.flush()
