"""A decision goes into the journal before anything else; a watcher that does not answer loses nothing."""

from __future__ import annotations

import asyncio
import json

import pytest

from console.core import commands
from console.core.messages import DecidedOn
from console.desk import stored
from console.paths import Home
from console.ui.app import RiskDesk
from console.ui.drafts import Draft, Refused
from console.ui.sight import Sight
from console.ui.submitting import submitter
from store.journal import Journal, Move
from store.life import State
from tests.ui.mirror_builder import NOW
from tests.ui.screens import ready, shown, until


@pytest.fixture
def sight(home: Home) -> Sight:
    seen = Sight(home, None, lambda: NOW, lambda: 4242)
    seen.look()
    return seen


def draft(sight: Sight, wish: commands.Wish) -> Draft:
    assert sight.mirror is not None
    detail = sight.mirror.detail(0)
    assert detail is not None
    return Draft(wish, stored.account(detail.doc), DecidedOn(score=0.99, rule_ids=["ATO-1"]))


async def test_a_decision_is_journaled_although_no_watcher_answers(sight: Sight) -> None:
    complaints: list[str] = []
    command_id = submitter(sight, complaints.append)(
        draft(sight, commands.set_limit("acc_000000", 5, "CNY", "credit_risk"))
    )
    entry = sight.open_journal().get(command_id)
    assert entry is not None
    assert (entry.state, entry.if_match, entry.created_by) == (State.QUEUED, 3, "maria.k")
    assert json.loads(entry.body)["decided_on"]["rule_ids"] == ["ATO-1"]
    while not complaints:
        await asyncio.sleep(0.01)
    sight.close()


async def test_what_the_core_would_refuse_is_refused_in_words(sight: Sight) -> None:
    submit = submitter(sight, print)
    with pytest.raises(Refused, match="does not take the reason"):
        submit(draft(sight, commands.freeze("acc_000000", "boredom")))
    sight.close()


async def test_a_second_decision_waits_for_the_first(sight: Sight) -> None:
    submit = submitter(sight, lambda why: None)
    submit(draft(sight, commands.set_limit("acc_000000", 5, "CNY", "credit_risk")))
    with pytest.raises(Refused):
        submit(draft(sight, commands.set_limit("acc_000000", 6, "CNY", "credit_risk")))
    submit(draft(sight, commands.freeze("acc_000000", "account_takeover")))
    sight.close()


async def test_the_outcome_is_said_when_it_comes(home: Home) -> None:
    app = RiskDesk(home, clock=lambda: NOW, watcher_pid=lambda: 4242)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("j", "colon", *"write", "enter", "f", "1", "y")
        await until(lambda: bool(app.sight.commands), "the journaled command")
        watcher = Journal(home.journal)
        (entry,) = watcher.unresolved()
        watcher.begin_attempt(entry.command_id, NOW)
        watcher.settle(entry.command_id, Move(to=State.CONFIRMED), NOW)
        await shown(app, "freeze of acc_000000: confirmed.")
        watcher.close()
