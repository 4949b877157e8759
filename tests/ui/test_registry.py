"""A walk over the whole registry: each action has a way in and help, tells each obstacle, and does what it says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.events import Key
from textual.pilot import Pilot

from console import language
from console.language import catalogue, tr
from console.paths import Home
from console.ui import clipboard
from console.ui.actions import ACTIONS, BY_NAME, NEEDS, Action, Facts, live, obstacle
from console.ui.app import RiskDesk
from console.ui.dialogs import foresight
from console.ui.dialogs.fields import Question, Words
from console.ui.drafts import Draft
from console.ui.screens import policy
from tests.ui import rehearsing
from tests.ui.conftest import Desk
from tests.ui.effects import EFFECTS, Check, Seen
from tests.ui.screens import frame, ready, shown, until
from tests.ui.staging_dialogs import dialog_open, press


@pytest.fixture
def home(tmp_path: Path, furnished: Path) -> Home:
    """In the place of the bare home."""
    return Home(shutil.copytree(furnished, tmp_path / "home"))


@pytest.fixture(autouse=True)
def rehearsed(foreseen: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The core has a word on what is asked, in the place of `foreseen`."""
    monkeypatch.setattr(foresight, "foresee", rehearsing.foresee)


def without(need: str, facts: Facts) -> Facts:
    """The same facts, but what a need asks for is not so, and everything else is."""

    def account(**changes: object) -> Facts:
        assert facts.account is not None
        return replace(facts, account=replace(facts.account, **changes))

    made: dict[str, Callable[[], Facts]] = {
        "armed": lambda: replace(facts, armed=False),
        "may_command": lambda: replace(facts, may_command=False),
        "may_approve": lambda: replace(facts, may_approve=False),
        "same_version": lambda: replace(facts, same_version=False),
        "account": lambda: replace(facts, account=None),
        "seen": lambda: replace(facts, seen=False),
        "mirrored": lambda: account(version=0),
        "reasons": lambda: replace(facts, reasons_known=False),
        "not_closed": lambda: account(status="closed"),
        "limit_open": lambda: account(status="closing"),
        "holds": lambda: account(holds=0),
        "unmarked": lambda: replace(facts, marked=1),
        "claimed": lambda: account(claimed_by=None),
    }
    return made[need]()


def test_every_action_has_its_line_here() -> None:
    assert list(EFFECTS.keys() ^ BY_NAME.keys()) == []


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_an_action_has_help_in_every_language_and_a_sentence_for_every_obstacle(action: Action) -> None:
    for code in language.LANGUAGES:
        words = catalogue(code)
        needed = [f"ui.action.{action.name}", f"ui.help.{action.name}", *(f"ui.need.{need}" for need in action.needs)]
        assert [key for key in needed if not words.get(key, "").strip()] == []
    assert set(action.needs) <= NEEDS.keys()


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
async def test_an_action_tells_each_obstacle_and_does_what_it_says(
    action: Action, desk: Desk, drafts: list[Draft], home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, seen = EFFECTS[action.name], Seen(drafts, [])

    async def keep(text: str, *_: object) -> str:
        seen.copied.append(text)
        return "kept"

    monkeypatch.setattr(clipboard, "copy", keep)
    monkeypatch.setattr(policy, "tried", policy.tried)
    app = desk()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app)
        if action.danger:
            app.perform("write", "10")
        await check.begin(app)
        await pilot.pause()
        assert action.name in [one.name for one in live(app.focused or app.screen)]
        await obstacles(app, pilot, action, seen)
        seen.before = check.before(app)
        await ask(app, pilot, action, check)
        if check.keys is not None:
            await answer(app, check)
        await until(lambda: check.done(app, seen), f"what {action.name} does")


async def obstacles(app: RiskDesk, pilot: Pilot[object], action: Action, seen: Seen) -> None:
    """Each need that is not met is told, by its own sentence, and nothing is done."""
    possible = app.facts()
    assert obstacle(action, possible) is None
    for need in action.needs:
        front, facts = app.screen, without(need, possible)
        app.facts = lambda facts=facts: facts  # type: ignore[method-assign]
        app.screen.unsay()
        app.perform(action.name)
        await shown(app, f"{action.title}: {tr(f'ui.need.{need}')}"[:100])
        assert app.screen is front
        assert (seen.drafts, seen.copied) == ([], [])
        del app.facts
    await pilot.pause()


async def ask(app: RiskDesk, pilot: Pilot[object], action: Action, check: Check) -> None:
    """By its first key, as a hand does; by `:` where it needs words, or has no key."""
    if action.keys and not check.argument:
        await pilot.press(action.keys[0])
    else:
        app.command((check.argument or action.name).format(home=app.sight.home.folder))
        await pilot.pause()


async def answer(app: RiskDesk, check: Check) -> None:
    await dialog_open(app)
    for part in app.screen.fields:
        if isinstance(part, Words | Question) and part.key in check.typed:
            part.value = check.typed[part.key]
    await press(app, check.keys or "")
    assert app.screen.obstacle() is None, frame(app)
    app.screen.take(Key("y", "y"))
