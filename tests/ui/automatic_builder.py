"""A desk whose watcher has acted by itself: a policy in force, measures done, under way and left, and a verdict."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

from console.core.instants import DAY, HOUR, MINUTE, SECOND
from console.desk import portfolio, tickets
from console.paths import Home
from console.risk.policy import digest
from store import portfolio as stored
from store.automatic import SKIPPED, Automatic, Want
from store.journal import Intent, Journal, Move
from store.life import State
from store.policies import Policies, Text
from store.reader import Reader
from tests.ui.mirror_builder import NOW

POLICY = """
name = "trial"
[drive]
stance = "normal"
dwell_days = 21
apply = "proposal"
[automatic]
shadow = false
count = 20
exposure = { CNY = 9_000_000 }
per_rule = 10
ceiling = 200
[stances.normal]
limits = { offer_factor = 1.0, raise_factor = 2.0, cut_after_days = 20 }
cutoffs = { approve_above = 585, decline_below = 560 }
automatic = { freeze = true, least_score = 0.97 }
"""
SERVICE = "desk.bot"


def build_automatic(home: Home) -> None:
    journal = Journal(home.journal)
    text = Text(version=digest(POLICY), name="trial", text=POLICY)
    Policies(journal).apply(text, "normal", "trial", "maria.k", now=NOW - HOUR, since=NOW - HOUR)
    acts = Automatic(journal)
    acts.serve(SERVICE, NOW - HOUR)
    wants = [_want(number, f"{text.version}/normal") for number in range(6)]
    acts.want(wants, NOW - 20 * MINUTE)
    for number, (want, state) in enumerate(zip(wants, (State.CONFIRMED, State.CONFIRMED, State.REVIEW), strict=False)):
        at = NOW - (15 - number) * MINUTE
        claim = _intent(number, "case.claim", want, at)
        acts.claim(_only(acts, want), claim, at, lambda: None)
        _settle(journal, claim, State.CONFIRMED, at)
        freeze = _intent(number, "account.freeze", want, at)
        acts.act(_only(acts, want), freeze, at)
        _settle(journal, freeze, state, at)
    left = zip(wants[3:], ("claimed", "budget_exposure"), strict=False)
    acts.leave([(_only(acts, want), SKIPPED, why) for want, why in left], NOW - 2 * MINUTE)
    journal.close()
    with closing(sqlite3.connect(home.mirror)) as connection, connection:
        connection.execute("UPDATE alert SET verdict = 'legit' WHERE account = 0")
        connection.execute("UPDATE alert SET verdict = 'fraud' WHERE account = 1")


def _want(number: int, stamp: str) -> Want:
    rules = ("ATO-1", "GEO-1") if number % 2 else ("ATO-1",)
    amount = 123_400 * (number + 1)
    return Want(
        f"alr_{number}", 0, f"acc_{number:06d}", "freeze", 0.99 - number / 500, rules, "CNY", amount, stamp
    )  # fmt: skip


def _only(acts: Automatic, want: Want):
    return acts.about([want.cause])[0]


def _intent(number: int, type_: str, want: Want, at: int) -> Intent:
    return Intent(
        command_id=f"{type_}-{number}", type=type_, target_type="account", target_id=want.account_id,
        account_id=want.account_id, body=b"{}", if_match=None, not_after=at + 2 * MINUTE, created_by=SERVICE,
        note=tickets.written(want),
    )  # fmt: skip


def _settle(journal: Journal, intent: Intent, state: State, at: int) -> None:
    journal.begin_attempt(intent.command_id, at)
    journal.settle(intent.command_id, Move(to=state), at + SECOND)


def build_book(home: Home) -> None:
    """Keep the portfolio of the mirror, and of a week before it in which less was owed each day."""
    with closing(Reader(home.mirror)) as reader:
        days = portfolio.take(reader)
    journal = Journal(home.journal)
    for ago in range(7, -1, -1):
        share = 1 - ago / 20
        stored.keep(
            journal,
            [
                replace(
                    day,
                    day=day.day - ago * DAY,
                    owed_minor=int(day.owed_minor * share),
                    expected_minor=None if day.expected_minor is None else day.expected_minor * share,
                )
                for day in days
            ],
        )
    journal.close()
