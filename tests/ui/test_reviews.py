"""The review screens: the queue, one paper in full, and the dialogs; every key acts on the paper that it was on."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, current_thread, main_thread
from typing import Any

import pytest
from msgspec.structs import replace

from console import language
from console.desk import cards
from console.paths import Home
from console.risk.credit.case import Case, Check, Peer, Tie
from console.risk.credit.review import Choice, review
from console.risk.credit.scorecard import Scorecard
from console.ui import reviewing
from console.ui.app import RiskDesk
from console.ui.dialogs.review import GrantLessDialog, ReferDialog, ReviewDialog, TurnDownDialog
from console.ui.screens import deciding_papers
from console.ui.screens import reviews as reviews_screen
from console.ui.screens.deciding_papers import Key, judge_all
from console.ui.themes import WEIGHTS
from console.ui.widgets.papers import Judged
from store import reviews
from store.journal import Entry, Journal, Move
from store.life import State
from store.plans import Order, Plans, PlanState, Target
from tests import applicants
from tests.risk.test_review import CUSTOMER, GOOD, PASSED, RULES
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import NOW
from tests.ui.screens import frame, ready, shown, until


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Whom the console woke, in the place of a watcher."""
    told: list[str | None] = []
    monkeypatch.setattr(deciding_papers, "wake", lambda _home, about, _complain: told.append(about))
    return told


@pytest.fixture(autouse=True)
def furnished(home: Home) -> None:
    applicants.furnish(home.mirror, NOW, 200, "acc_000152")


async def queue(app: RiskDesk) -> None:
    await ready(app, 201)
    app.perform("write", "10")
    app.perform("reviews")
    await until(
        lambda: app.screen.NAME == "reviews" and app.screen.stands and app.screen.table.total() == 5, "what waits"
    )


async def dialog(app: RiskDesk) -> ReviewDialog:
    await until(lambda: isinstance(app.screen, ReviewDialog) and bool(app.screen.focused), "the dialog")
    return app.screen


def entries(home: Home) -> list[Entry]:
    journal = Journal(home.journal)
    try:
        return journal.recent(10)
    finally:
        journal.close()


async def test_a_refusal_by_keys_carries_the_reason_and_the_grounds(desk: Desk, home: Home, woken: list[str]) -> None:
    app = desk()
    async with app.run_test() as pilot:
        await queue(app)
        await pilot.press("j", "d")
        opened = await dialog(app)
        assert isinstance(opened, TurnDownDialog)
        assert "app_2" in frame(app)
        await pilot.press("enter")
        assert entries(home) == []
        await pilot.press("d")
        await dialog(app)
        await pilot.press("1", "y")
        await until(lambda: bool(woken), "the watcher's nudge")
    (entry,) = entries(home)
    assert (entry.type, entry.target_id, entry.if_match, entry.reason_code) == (
        "application.decide",
        "app_2",
        2,
        "credit_risk",
    )
    journal = Journal(home.journal)
    kept = reviews.of_command(journal, entry.command_id)
    assert kept is not None
    assert (kept.choice, kept.recommended, kept.decided_by) == ("decline", "refer", "maria.k")
    journal.close()


async def test_less_is_prefilled_with_the_offer_and_a_referral_needs_its_note(desk: Desk, home: Home) -> None:
    app = desk()
    async with app.run_test() as pilot:
        await queue(app)
        await pilot.press("G", "m")
        opened = await dialog(app)
        assert isinstance(opened, GrantLessDialog)
        assert opened.amount.value.replace(",", "") == f"{opened.judged.advice.offer.limit_minor / 100:.2f}"
        await pilot.press("escape", "g", "e")
        opened = await dialog(app)
        assert isinstance(opened, ReferDialog)
        await pilot.press("y")
        assert entries(home) == []
        await pilot.press("n", *"call", "enter", "y")
        await until(lambda: bool(entries(home)), "the note")
    (entry,) = entries(home)
    assert (entry.type, entry.account_id) == ("case.note", "acc_new_1")


async def test_nothing_is_sent_unarmed_and_a_paper_that_changed_is_said_to_be(desk: Desk, home: Home) -> None:
    app = desk()
    async with app.run_test() as pilot:
        await ready(app, 201)
        app.perform("reviews")
        await until(
            lambda: app.screen.NAME == "reviews" and app.screen.stands and app.screen.table.total() == 5, "what waits"
        )
        await pilot.press("a")
        assert app.screen.NAME == "reviews"
        app.perform("write", "10")
        await pilot.press("a")
        opened = await dialog(app)
        applicants.put(home.mirror, ("application", applicants.application(1, NOW, version=3)))
        assert opened.judged.found.paper.version == 2
        await shown(app, "Changed since this dialog was opened")


async def test_the_queue_is_ordered_and_enter_shows_the_whole(desk: Desk, home: Home) -> None:
    app = desk()
    async with app.run_test() as pilot:
        await queue(app)
        assert [item.paper.id for item in app.screen.table.items] == ["app_1", "app_2", "app_3", "app_4", "lrq_1"]
        app.perform("sort", "asked")
        assert app.screen.table.items[0].paper.id == "lrq_1"
        app.perform("sort", "advice")
        assert app.screen.table.items[0].paper.id == "app_2"
        await pilot.press("g", "enter")
        await until(lambda: app.screen.NAME == "review" and app.screen.stands, "the application")
        await shown(app, "!device")
        await shown(app, "2 other applicants with the same device")
        await pilot.press("G")
        await shown(app, "expert scorecard")
        await pilot.press("escape")
        assert app.screen.NAME == "reviews"


async def test_a_card_put_in_force_judges_what_is_shown_at_once(desk: Desk, home: Home) -> None:
    app = desk()
    async with app.run_test(size=(120, 50)) as pilot:
        await queue(app)
        await pilot.press("g", "enter")
        await until(lambda: app.screen.NAME == "review" and app.screen.stands, "the application")
        await pilot.press("G")
        before = app.screen.judge(app.screen.paper()).advice.assessment.points
        card = Scorecard.from_json(cards.present(None).text.encode())
        text = replace(card, base=card.base - 7, made_of=1234, defaults=50).to_json().decode()
        journal = Journal(home.journal)
        cards.apply(journal, text, "fitted", "maria.k")
        journal.close()
        await shown(app, f"scorecard of 1,234 cases {reviews.digest(text)[:12]} since ")
        assert app.screen.judge(app.screen.paper()).advice.assessment.points == before - 7


async def test_the_queue_is_filtered_by_fields_of_its_own(desk: Desk) -> None:
    app = desk()
    async with app.run_test() as pilot:
        await queue(app)
        for text, left in (
            ("advice:refer", ["app_2", "app_3", "app_4"]),
            ("type:limit_request", ["lrq_1"]),
            ("asked>10000", ["lrq_1"]),
            ("app_1", ["app_1"]),
            ("points<0", []),
            ("", ["app_1", "app_2", "app_3", "app_4", "lrq_1"]),
        ):
            assert app.screen.apply_filter(text)
            await until(lambda left=left: [item.paper.id for item in app.screen.table.items] == left, text)
        assert not app.screen.apply_filter("advise:refer")
        await pilot.pause()


async def test_the_queue_is_judged_beside_the_console(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, ran = Event(), []

    def slowly(*what: Any) -> dict[Key, Judged | None]:
        ran.append(current_thread())
        assert go_on.wait(20)
        return judge_all(*what)

    monkeypatch.setattr(reviews_screen, "judge_all", slowly)
    app = desk()
    async with app.run_test(size=(120, 40)):
        await queue(app)
        app.screen.remember(dict.fromkeys(app.screen._judged), 0)
        assert app.screen.apply_filter("advice:refer")
        await shown(app, "judging all that wait")
        assert app.screen.table.items == []
        go_on.set()
        await until(lambda: app.screen.table.total() == 3, "those to refer")
        assert "judging all that wait" not in frame(app)
    assert ran and main_thread() not in ran


async def test_what_came_to_nothing_is_judged_anew(desk: Desk, home: Home) -> None:
    app = desk()
    async with app.run_test() as pilot:
        await queue(app)
        await pilot.press("a")
        await dialog(app)
        await pilot.press("2", "n", *"seen", "enter", "y")
        await until(lambda: bool(entries(home)), "the decision")
        (entry,) = entries(home)
        journal = Journal(home.journal)
        journal.begin_attempt(entry.command_id, NOW)
        journal.settle(entry.command_id, Move(to=State.EXPIRED), NOW)
        app.perform("commands")
        await until(
            lambda: app.screen.NAME == "commands" and app.screen.stands and len(app.screen.list.again) == 1,
            "the command",
        )
        app.screen.list.place(app.screen.list.entries[0].position)
        app.perform("redecide")
        await until(lambda: app.screen.NAME == "review" and app.screen.stands, "the application")
        await pilot.press("a")
        await dialog(app)
        await pilot.press("2", "n", *"again", "enter", "y")
        await until(lambda: len(journal.recent(10)) == 2, "the second decision")
        assert journal.recent(10)[0].follows == entry.command_id
        journal.close()


async def test_a_draft_is_taken_over_only_with_its_accounts_before_ones_eyes(desk: Desk, home: Home) -> None:
    journal = Journal(home.journal)
    own = {"currency": "CNY", "from_minor": 500_000, "value_minor": 780_000, "why": "earned"}
    order = Order("account.set_limit", {"limit": "credit"}, "credit_risk")
    Plans(journal).make(order, [Target("acc_000012", 3, 1, "CNY", own)], NOW, "watcher", state=PlanState.DRAFT)
    app = desk()
    async with app.run_test() as pilot:
        await ready(app, 201)
        app.perform("write", "10")
        app.perform("plans")
        await until(lambda: app.screen.NAME == "plans" and app.screen.stands and app.screen.table.total() == 1, "it")
        await pilot.press("r")
        await shown(app, "is a draft")
        assert Plans(journal).need(1).state is PlanState.DRAFT
        await pilot.press("enter")
        await until(lambda: app.screen.NAME == "plan" and app.screen.stands, "its accounts")
        await shown(app, "5,000.00 → 7,800.00")
        await pilot.press("r")
        await until(lambda: Plans(journal).need(1).state is PlanState.RUNNING, "that it runs")
    assert Plans(journal).need(1).created_by == "maria.k"
    journal.close()


CASES = [
    GOOD,
    CUSTOMER,
    replace(CUSTOMER, alert=3, asked=4, days_late=9, status="frozen", requested_minor=90_000_000),
    replace(GOOD, ties=[Tie("device", 3), Tie("ip", 3)], peers=[Peer("acc_1", "shared_phone", 4, True)], blocked=True),
    replace(GOOD, values={}, age=0, stated_minor=9_000_000, checks=[Check(name, "fail", "why") for name in PASSED]),
    replace(GOOD, checks=[], requested_minor=None),
]


@pytest.fixture(params=language.LANGUAGES)
def code(request: pytest.FixtureRequest) -> Iterator[str]:
    language.use(request.param)
    yield request.param


@pytest.mark.parametrize("case", CASES)
def test_every_piece_of_evidence_has_its_words(code: str, case: Case) -> None:
    found = review(case, RULES)
    pairs = [
        *reviewing.steps(found, "CNY", {"CNY": 2}, WEIGHTS),
        *reviewing.offered(found, "CNY", {"CNY": 2}, WEIGHTS),
    ]
    text = " ".join(f"{label.plain} {words.plain}" for label, words in pairs) + reviewing.flow(found, WEIGHTS).plain
    assert "review." not in text
    assert all(language.tr(f"review.reason.{word}") != f"review.reason.{word}" for word in found.reasons)
    assert reviewing.advice(found, "CNY", {"CNY": 2}).startswith(language.tr(f"review.choice.{Choice(found.choice)}"))
