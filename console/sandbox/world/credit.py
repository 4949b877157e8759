"""Asking for credit: applications for an account and wishes for a higher limit, and the core's answers.

What the core's policy is sure of it decides itself within seconds. The rest waits for a person: before the world goes
live somebody has answered within a day, afterwards it is the desk's to decide.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from console.core.instants import DAY, HOUR, SECOND, Instant
from console.core.messages import Account, Application, Check, Facts, LimitRequest
from console.sandbox.world.arrival import begin_to_live, introduce, newcomer
from console.sandbox.world.clock import Life
from console.sandbox.world.market import FEN
from console.sandbox.world.people import CURRENCY, LIMIT_STEP, Person, account, income
from console.sandbox.world.standing import score
from console.sandbox.world.town import Town

PER = 10_000
PROMPT_RAISE = 1.6
PROMPT_TENURE = 90 * DAY
HOPE_DAYS = 10
PURPOSES = ("电子产品", "日常消费", "旅行", "装修", "教育", "electronics", "daily spending")


class Paper(NamedTuple):
    """What the core's policy looks at in an application."""

    score: int
    checks: list[Check]


def applicants(town: Town) -> Life:
    """Strangers who apply; those who are accepted become neighbours."""
    rng, at = town.dice("applicants"), float(town.clock.now)
    while True:
        people = town.settings.population if town.settings.credit else len(town.people)
        at += rng.expovariate(max(1e-9, town.settings.life.applications * people / PER)) * DAY
        yield int(at)
        person = newcomer(town, town.clock.now)
        person.thrift **= 1 / (1 + town.times.depth(town.clock.now))  # hard times bring those who need it
        town.clock.begin(_try_luck(town, person))


def wishes(town: Town) -> Life:
    """People who would like a higher limit."""
    rng, at = town.dice("wishes"), float(town.clock.now)
    while True:
        at += rng.expovariate(max(1e-9, town.settings.life.limit_requests * len(town.people) / PER)) * DAY
        yield int(at)
        person = rng.choice(town.people)
        if not person.gone and person.engaged_until < town.clock.now:
            town.clock.begin(ask_raise(town, person, rng.uniform(1.2, 2.2)))


def apply(town: Town, person: Person, thin: bool = False, employer: str | None = None) -> Application:
    """Submit a person's application: papers, a pending account, and what the core's checks found.

    `employer` is where they say they work, any by default.
    """
    now, rng = Instant(town.clock.now), person.rng
    introduce(town, person, thin)
    means = person.means(rng)
    paper = _examine(person, thin)
    if town.settings.credit and not thin:
        paper = paper._replace(score=score(person, town.dice(f"score/{person.customer_id}")))
    pending = replace(account(person, now, 0), status="pending")
    town.publish("account", replace(pending, limits=replace(pending.limits, credit_limit_minor=0, available_minor=0)))
    application = Application(
        id=town.new_id("app", 6),
        version=1,
        kind="opening",
        customer_id=person.customer_id,
        account_id=person.account_id,
        product="huaxin_flex",
        status="submitted",
        currency=CURRENCY,
        requested_limit_minor=_rounded(person.limit * rng.uniform(1.0, 1.7)),
        score=paper.score,
        facts=Facts(
            monthly_income_minor=_hundreds(income(person) * rng.uniform(0.9, 1.5)),
            employer=employer or town.registry.employer(rng),
            purpose=rng.choice(PURPOSES),
        ),
        checks=paper.checks,
        tokens=person.tokens,
        channel=rng.choice(("android", "android", "ios", "web")),
        device_id=means.device_id,
        ip=means.line.ip,
        location=means.line.location,
        submitted_at=now,
        updated_at=now,
    )
    town.publish("application", application)
    return application


def await_decision(town: Town, person: Person, application: Application) -> Life:
    """Live through the core's decision. Afterwards the account is active, or there is none."""
    rng = person.rng
    yield town.clock.now + rng.randrange(2 * SECOND, 25 * SECOND)
    if town.settings.credit:
        town.publish("application", replace(application, status="in_review", updated_at=Instant(town.clock.now)))
        yield from _await_the_desk(town, person)
        return
    failed = [check for check in application.checks if check.outcome != "pass"]
    if rng.random() < 0.12 + 0.35 * len(failed):
        town.publish("application", replace(application, status="in_review", updated_at=Instant(town.clock.now)))
        if town.clock.now > town.live_from - DAY:
            yield from _await_the_desk(town, person)
            return
        yield town.clock.now + rng.randrange(2 * HOUR, 22 * HOUR)
    _decide(town, person, application, (application.score or 0) >= 560 and rng.random() < 0.92)


def ask_raise(town: Town, person: Person, factor: float) -> Life:
    """Ask for a limit `factor` times the present one. Old customers in good standing get a moderate raise at once."""
    rng, before = person.rng, town.bank.account(person.account_id)
    limit = before.limits.credit_limit_minor
    asked = LimitRequest(
        id=town.new_id("lrq", 6),
        version=1,
        account_id=person.account_id,
        status="pending",
        requested_by="customer",
        current_limit_minor=limit,
        requested_limit_minor=_rounded(limit * factor),
        currency=CURRENCY,
        requested_at=Instant(town.clock.now),
    )
    town.publish("limit_request", asked)
    if town.settings.credit:
        return
    prompt = factor <= PROMPT_RAISE and town.clock.now - person.opened_at > PROMPT_TENURE
    if not prompt and town.clock.now > town.live_from - DAY:
        return
    yield town.clock.now + (rng.randrange(5 * SECOND, 90 * SECOND) if prompt else rng.randrange(2 * HOUR, 22 * HOUR))
    _answer(town, person, asked, prompt or rng.random() < 0.5)


def _try_luck(town: Town, person: Person) -> Life:
    yield from await_decision(town, person, apply(town, person))
    if town.bank.account(person.account_id).status == "active":
        town.people.append(person)
        begin_to_live(town, person)


def _await_the_desk(town: Town, person: Person) -> Life:
    for _ in range(HOPE_DAYS * 24):
        yield town.clock.now + HOUR
        found = town.bank.account(person.account_id)
        if found.status != "pending":
            person.limit, person.opened_at = found.limits.credit_limit_minor, town.clock.now
            return


def _decide(town: Town, person: Person, application: Application, approved: bool) -> None:
    now, found = Instant(town.clock.now), town.bank.account(person.account_id)
    if found.status != "pending":
        return
    if not approved:
        declined = replace(application, status="declined", decided_at=now, updated_at=now, decision_reason="policy")
        town.publish("application", declined)
        return
    person.opened_at = now
    limits = account(person, now, 0).limits
    town.publish("account", replace(found, status="active", limits=limits, opened_at=now, status_changed_at=now))
    booked = replace(application, status="booked", approved_limit_minor=person.limit, decided_at=now, updated_at=now)
    town.publish("application", booked)


def _answer(town: Town, person: Person, asked: LimitRequest, granted: bool) -> None:
    now, found = Instant(town.clock.now), town.bank.account(person.account_id)
    if found.limits.credit_limit_minor != asked.current_limit_minor or found.status != "active":
        granted = False
    if granted:
        _raise(town, person, found, asked.requested_limit_minor)
    town.publish("limit_request", replace(asked, status="applied" if granted else "declined", decided_at=now))


def _raise(town: Town, person: Person, found: Account, limit: int) -> None:
    limits = found.limits
    more = limit - limits.credit_limit_minor
    limits = replace(limits, credit_limit_minor=limit, available_minor=limits.available_minor + more)
    person.limit = limit
    town.publish("account", replace(found, limits=limits, updated_at=Instant(town.clock.now)))


def _examine(person: Person, thin: bool) -> Paper:
    rng = person.rng
    score = round(rng.gauss(600 if thin else 640, 45))
    doubts = {"identity": 0.02, "liveness": 0.04, "document": 0.03, "sanctions": 0.002}
    checks = [Check(name=name, outcome="fail" if rng.random() < doubt else "pass") for name, doubt in doubts.items()]
    unavailable = rng.random() < (0.4 if thin else 0.12)
    checks.append(Check(name="bureau", outcome="unavailable" if unavailable else "pass"))
    checks.append(Check(name="device", outcome="fail" if rng.random() < 0.03 else "pass"))
    return Paper(max(300, min(850, score)), checks)


def _rounded(amount: float) -> int:
    return max(1, round(amount / LIMIT_STEP)) * LIMIT_STEP


def _hundreds(amount: float) -> int:
    return round(amount / (100 * FEN)) * 100 * FEN
