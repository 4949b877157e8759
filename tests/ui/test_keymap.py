"""Keys as the settings change them: they act, they are the ones shown, and none means two things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from console.settings import Settings
from console.ui import actions, keymap, screens
from console.ui.app import RiskDesk
from console.ui.screens.help import HelpScreen
from tests.ui.conftest import Desk
from tests.ui.screens import frame, ready, until


@pytest.mark.parametrize(
    ("wished", "words"),
    [
        ({"freze": ("f",)}, "there is no action 'freze'; did you mean freeze?"),
        ({"xyzzy": ("f",)}, "there is no action 'xyzzy'"),
        ({"quit": ("ctrl+q",)}, "belongs to the terminal"),
        ({"quit": ("hyper+q",)}, "'hyper+q' is no key"),
        ({"quit": (" ",)}, "is no key"),
        ({"command": ()}, "needs a key"),
        ({"filter": ("f",)}, "'f' is also the key of `freeze`"),
        ({"older": ("q",)}, "'q' is also the key of `quit`"),
        ({"filter": ("?",)}, "'?' is also the key of `help`"),
        ({"help": ("F9",), "quit": ("f9",)}, "'f9' is also the key of"),
    ],
)
def test_a_keymap_that_can_not_be_is_told(wished: keymap.Keymap, words: str) -> None:
    _, ((name, told),) = keymap.read(wished)
    assert name in wished
    assert words in told


@pytest.mark.parametrize(
    "wished",
    [
        {"freeze": ("u",), "unfreeze": ("f",)},
        {"filter": ("f",), "freeze": ()},
        {"older": ("Z",)},
        {"page_down": ("space", "pgdn"), "filter": (",", "/")},
        {"write": ("W",)},
    ],
)
def test_keys_may_be_swapped_taken_away_and_shared_where_they_never_meet(wished: keymap.Keymap) -> None:
    _, wrong = keymap.read(wished)
    assert [told for _, told in wrong if "space" not in told] == []


def test_no_default_key_is_reserved() -> None:
    assert not {key for action in actions.ACTIONS for key in action.keys} & keymap.TAKEN


async def test_the_new_keys_act_and_are_shown(desk: Callable[..., RiskDesk]) -> None:
    app = desk(settings=Settings(keys={"filter": ("F4", ","), "freeze": (), "write": ("W",), "down": ("n", "down")}))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app)
        assert "f4 filter" in frame(app)
        first = app.screen.table.cursor
        await pilot.press("n")
        assert app.screen.table.cursor != first
        await pilot.press("W")
        await until(lambda: app.sight.situation.armed, "the desk armed by its new key")
        await pilot.press("slash", "f", "j")
        assert app.screen.NAME == "watch"
        assert len(app.screen_stack) == 2
        app.perform("help")
        await until(lambda: isinstance(app.screen, HelpScreen) and app.screen.stands, "help")
        lines = frame(app).splitlines()
        assert any(line.split()[:3] == ["f4", ",", "filter"] for line in lines)
        assert any(line.split()[:2] == [":freeze", "freeze"] for line in lines)
        await pilot.press("escape", "comma")
        await until(lambda: app.screen.query_one("Prompt").display, "the prompt")


def test_settings_reach_the_console(desk: Callable[..., RiskDesk]) -> None:
    settings = Settings()
    app = desk(settings=replace(settings, console=replace(settings.console, theme="dawn", armed_minutes=3)))
    assert app.theme == "dawn"


@pytest.mark.parametrize("name", screens.BY_NAME)
async def test_every_screen_takes_the_keys_that_are_typed_on_it(desk: Desk, name: str) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        app.show(name)
        await until(lambda: isinstance(app.screen, screens.named(name)) and app.screen.stands, f"the screen {name}")
        await pilot.press("f1" if name == "find" else "question_mark")  # there every letter is part of what is sought
        await until(lambda: isinstance(app.screen, HelpScreen), "the help")
