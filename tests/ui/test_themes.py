"""The themes: legible on their background, levels apart for every kind of eye, and one without any colour."""

from __future__ import annotations

import os
import re
from itertools import combinations

import pytest
from textual.color import Color

from console.ui import themes
from console.ui.themes import BARE, CLEAR, GLYPHS, PLAIN, THEMES, WEIGHTS
from tests.ui.conftest import Desk
from tests.ui.screens import frame, ready, shown

COLOURED = [theme for theme in THEMES if theme is not PLAIN]
READ = ("foreground", "primary", "success", "warning", "error")

# What an eye without red or green receptors sees, in linear RGB (Viénot, Brettel and Mollon 1999).
DEFICIENT = {
    "protan": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deutan": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
}


def linear(text: str) -> tuple[float, float, float]:
    red, green, blue = ((part / 255) ** 2.2 for part in Color.parse(text).rgb)
    return red, green, blue


def luminance(text: str) -> float:
    return sum(part * weight for part, weight in zip(linear(text), (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def seen(text: str, eye: str) -> list[float]:
    return [
        max(0.0, sum(part * weight for part, weight in zip(linear(text), row, strict=True))) ** (1 / 2.2)
        for row in DEFICIENT[eye]
    ]


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_text_is_legible(theme) -> None:
    words = [getattr(theme, name) for name in READ] + [theme.variables[f"level-{level}"] for level in range(1, 5)]
    for ground in (theme.background, theme.surface):
        assert min(contrast(word, ground) for word in words) > 4.5
        assert contrast(theme.variables["faint"], ground) > 4
    assert contrast(theme.foreground, theme.variables["cursor"]) > 4


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_every_colour_is_one_of_the_256(theme) -> None:
    steps = (0, 95, 135, 175, 215, 255)
    for text in (*(getattr(theme, name) for name in READ), *theme.variables.values()):
        red, green, blue = Color.parse(text).rgb
        assert all(part in steps for part in (red, green, blue)) or (red == green == blue and (red - 8) % 10 == 0), text


@pytest.mark.parametrize("eye", DEFICIENT)
def test_a_colour_blind_eye_tells_the_levels_and_outcomes_apart(eye: str) -> None:
    levels = [CLEAR.variables[f"level-{level}"] for level in range(len(GLYPHS))]
    outcomes = [CLEAR.success, CLEAR.warning, CLEAR.error]
    for colours in (levels, outcomes):
        for one, other in combinations(colours, 2):
            distance = sum((a - b) ** 2 for a, b in zip(seen(one, eye), seen(other, eye), strict=True)) ** 0.5
            assert distance > 0.15, (one, other)


def test_without_colour_the_levels_differ_by_weight() -> None:
    assert len(set(WEIGHTS.levels)) == len(GLYPHS)
    assert all(
        style.color is None and style.bgcolor is None for style in (*WEIGHTS.levels, WEIGHTS.cursor, WEIGHTS.bad)
    )
    assert len(set(GLYPHS)) == len(GLYPHS)
    assert set(PLAIN.variables.values()) <= {BARE, "reverse"}


async def test_no_color_means_none_at_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = desk()
    assert "NO_COLOR" not in os.environ
    async with app.run_test(size=(80, 24)):
        await ready(app)
        assert app.theme == "plain"
        app.screen.table.place(2)
        for name in ("rules", "log", "help"):
            app.perform(name)
            await shown(app, ":")
            for strip in app.screen._compositor.render_strips():
                for _, style, _ in strip:
                    for colour in (style.color, style.bgcolor) if style else ():
                        assert colour is None or colour.is_default


async def test_the_look_is_changed_by_name_and_in_turn(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        texts = set()
        for theme in THEMES:
            app.command(f"theme {theme.name}")
            assert app.theme == theme.name
            texts.add(re.sub(r"\d+s", "", frame(app)))
        assert len(texts) == 1
        app.command("theme")
        assert app.theme == THEMES[0].name
        app.command("theme pink")
        await shown(app, "dusk, dawn, clear, plain")


def test_nothing_moves_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEXTUAL_ANIMATIONS")
    assert themes.look_asked_for() == (False, "none")
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "Full")
    monkeypatch.setenv("NO_COLOR", "")
    assert themes.look_asked_for() == (False, "full")
