"""Runs the checks against one core: first those that read, then those that write, then what every answer showed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import httpx

from console.bench.conformance import answers, concurrent, deciding, feed, keys, reads, state, versions
from console.bench.conformance.hand import Hand
from console.bench.conformance.inspection import Inspection
from console.bench.conformance.trial import Pace, Trial
from console.bench.conformance.verdict import CHECKS, Check, Failed, Outcome, Skipped, Verdict
from console.bench.conformance.wire import Person, Wire
from console.core.messages import CoreMeta
from console.language import tr

AT_ONCE = 4
"""Checks that run beside each other, at most."""
USABLE = ("active", "frozen")
OWN_ACCOUNTS = 4
"""Accounts that are chosen when the caller names none."""
ROOMS = [room.__name__ for room in (feed, state, reads, keys, versions, deciding, concurrent, answers)]
"""The modules of checks, in the order of the report; importing them registers their checks."""


class Unusable(Exception):
    """The examination can't begin; the message says why."""


class Unreachable(Unusable):
    """The core does not answer."""


@dataclass(frozen=True)
class Tokens:
    """Who asks: `own` sends commands, `reading` reads (None: `own`), `second` decides on what `own` asked for."""

    own: str | None
    reading: str | None = None
    second: str | None = None

    def __repr__(self) -> str:
        return "Tokens(***)"


@dataclass(frozen=True)
class Asked:
    """What to examine: without `accounts` some active ones without holds, without `only` every check."""

    write: bool = False
    accounts: Sequence[str] = ()
    old_cursor: str | None = None
    only: Sequence[str] = ()
    pace: Pace = field(default_factory=Pace)


@dataclass
class Result:
    """The verdicts in the order of the report, who was asked for them, and what was left behind."""

    meta: CoreMeta
    verdicts: list[Verdict] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    answers: int = 0

    def count(self, outcome: Outcome) -> int:
        return sum(verdict.outcome == outcome for verdict in self.verdicts)


def all_checks() -> list[Check]:
    """Every check, in the order of the report."""
    return sorted(CHECKS, key=lambda check: ROOMS.index(check.run.__module__))


async def examine(
    origin: str, tokens: Tokens, asked: Asked, transport: httpx.AsyncBaseTransport | None = None
) -> Result:
    """Run the checks. Raises Unusable when the core can't be examined, ValueError for an origin that is none."""
    inspection = Inspection()
    wire = Wire(origin, tokens.own or tokens.reading, inspection, transport)
    try:
        trial = await _begun(wire, inspection, tokens, asked)
        hand, why = await _hand(trial, asked)
        chosen = [check for check in all_checks() if not asked.only or check.name in asked.only]
        reading = [check for check in chosen if not check.writes and check.run.__module__ != answers.__name__]
        writing = [check for check in chosen if check.writes]
        verdicts = await _all(reading, trial)
        verdicts += await _all(writing, hand) if hand else [_skipped(check, why) for check in writing]
        verdicts += await _all([check for check in chosen if check not in (*reading, *writing)], trial)
        left = hand.left if hand else []
        return Result(trial.reader.meta, verdicts, left, inspection.answers)
    finally:
        await wire.close()


async def _begun(wire: Wire, inspection: Inspection, tokens: Tokens, asked: Asked) -> Trial:
    """Learn from /meta who the tokens stand for."""
    people: dict[str | None, Person] = {}
    for token in (tokens.own, tokens.reading or tokens.own, tokens.second or tokens.own):
        if token not in people:
            people[token] = await _person(wire, token)
    own = people[tokens.own]
    return Trial(
        wire=wire,
        inspection=inspection,
        reader=people[tokens.reading or tokens.own],
        operator=own if own.may("operator") else None,
        people=list(people.values()),
        old_cursor=asked.old_cursor,
        pace=asked.pace,
    )


async def _person(wire: Wire, token: str | None) -> Person:
    try:
        answer = (await wire.get("/meta", token)).expect("200")
        return Person(token, answer.read(CoreMeta))
    except Failed as failed:
        raise Unusable(tr("conformance.no_meta", expected=failed.expected, seen=failed.seen)) from failed
    except (httpx.HTTPError, TimeoutError) as error:
        raise Unreachable(tr("conformance.unreachable", error=str(error) or type(error).__name__)) from error


async def _hand(trial: Trial, asked: Asked) -> tuple[Hand | None, str]:
    """The hand that may send commands, or None and why there is none."""
    if not asked.write:
        return None, tr("conformance.read_only")
    if trial.operator is None:
        return None, tr("conformance.no_operator", subject=trial.reader.subject)
    hand = Hand(trial, trial.operator, asked.accounts or await _free_accounts(trial))
    for account_id in asked.accounts:
        await _usable(hand, account_id)
    return (hand, "") if hand.accounts else (None, tr("conformance.no_free_account"))


async def _usable(hand: Hand, account_id: str) -> None:
    """Raise Unusable for an account that the caller named and that can't be frozen and given another limit."""
    try:
        status = (await hand.look(account_id)).status
    except Failed as failed:
        raise Unusable(tr("conformance.no_account", id=account_id, seen=failed.seen)) from failed
    if status not in USABLE:
        raise Unusable(tr("conformance.no_account", id=account_id, seen=status))


async def _free_accounts(trial: Trial) -> list[str]:
    """Active accounts without holds."""
    try:
        items = (await trial.scan("account")).items.values()
    except Failed:
        return []
    free = (item["id"] for item in items if item.get("status") == "active" and not item.get("holds"))
    return [id_ for id_, _ in zip(free, range(OWN_ACCOUNTS), strict=False)]


async def _all(checks: Iterable[Check], subject: Trial | Hand) -> list[Verdict]:
    """The verdicts of independent checks, some at a time, in the checks' order."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(check: Check) -> Verdict:
        async with gate:
            return await _verdict(check, subject)

    return list(await asyncio.gather(*(one(check) for check in checks)))


async def _verdict(check: Check, subject: Trial | Hand) -> Verdict:
    began = time.perf_counter()
    try:
        await check.run(subject)
    except Failed as failed:
        return Verdict(check, "fail", failed.expected, failed.seen, seconds=time.perf_counter() - began)
    except Skipped as skipped:
        return _skipped(check, tr(f"conformance.skip_{skipped.key}", **skipped.values))
    except (httpx.HTTPError, TimeoutError) as error:
        seen = f"{type(error).__name__} {error}".strip()
        return Verdict(check, "fail", "an answer", seen, seconds=time.perf_counter() - began)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        seen = f"{type(error).__name__}: {error}"[:600]
        return Verdict(check, "fail", "an answer of the contract's shape", seen, seconds=time.perf_counter() - began)
    return Verdict(check, "pass", seconds=time.perf_counter() - began)


def _skipped(check: Check, why: str) -> Verdict:
    return Verdict(check, "skipped", why=why)
