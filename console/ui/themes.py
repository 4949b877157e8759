"""The look: two themes, and the styles that lines drawn cell by cell take from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rich.color import Color as RichColor
from rich.style import Style
from textual.theme import Theme

GLYPHS = ("·", "○", "●", "▲", "◆")
"""One glyph for each level, none to critical: a level is never told by colour alone."""

DARK = Theme(
    name="dusk",
    primary="#7aa2f7",
    secondary="#8a93a3",
    accent="#7aa2f7",
    foreground="#c8cdd7",
    background="#14161b",
    surface="#1a1d24",
    panel="#20242d",
    success="#7fbf8e",
    warning="#e0b050",
    error="#f47174",
    dark=True,
    variables={
        "faint": "#767e8c",
        "level-0": "#767e8c",
        "level-1": "#7fa8c9",
        "level-2": "#d8bd6a",
        "level-3": "#f0975a",
        "level-4": "#f47174",
        "cursor": "#2c3446",
        "glow": "#3d3a22",
        "border": "#353b47",
    },
)

LIGHT = Theme(
    name="dawn",
    primary="#2456a6",
    secondary="#5f6672",
    accent="#2456a6",
    foreground="#23272e",
    background="#faf9f6",
    surface="#f1efe9",
    panel="#e8e5dc",
    success="#2d6f43",
    warning="#855a00",
    error="#b3261e",
    dark=False,
    variables={
        "faint": "#6b717b",
        "level-0": "#6b717b",
        "level-1": "#2a6486",
        "level-2": "#7a5f00",
        "level-3": "#a84a00",
        "level-4": "#b3261e",
        "cursor": "#d5e0f2",
        "glow": "#fbeeb8",
        "border": "#cfcabd",
    },
)

THEMES = (DARK, LIGHT)

GLOW_STEPS = 3
"""Shades between a row that changed just now and one at rest."""


@dataclass(frozen=True)
class Palette:
    """Styles by purpose, for one theme."""

    plain: Style
    faint: Style
    strong: Style
    accent: Style
    good: Style
    warning: Style
    bad: Style
    heading: Style
    levels: tuple[Style, ...]
    cursor: Style
    glow: tuple[Style, ...]

    def level(self, level: int) -> Style:
        return self.levels[level] if 0 <= level < len(self.levels) else self.faint


def palette(variables: Mapping[str, str]) -> Palette:
    """The styles of a theme, by its resolved variables (`App.theme_variables`)."""
    names = ("foreground", "background", "faint", "primary", "success", "warning", "error", "cursor", "glow", "panel")
    levels = tuple(variables[f"level-{level}"] for level in range(len(GLYPHS)))
    return _palette(tuple(variables[name] for name in names), levels)


@lru_cache(maxsize=8)
def _palette(colours: tuple[str, ...], levels: tuple[str, ...]) -> Palette:
    foreground, background, faint, primary, success, warning, error, cursor, glow, _ = (_hex(name) for name in colours)
    return Palette(
        plain=Style(color=foreground),
        faint=Style(color=faint),
        strong=Style(color=foreground, bold=True),
        accent=Style(color=primary),
        good=Style(color=success),
        warning=Style(color=warning),
        bad=Style(color=error),
        heading=Style(color=faint, bold=True),
        levels=tuple(Style(color=_hex(name), bold=place >= 3) for place, name in enumerate(levels)),
        cursor=Style(bgcolor=cursor, bold=True),
        glow=tuple(Style(bgcolor=_blend(background, glow, step / GLOW_STEPS)) for step in range(1, GLOW_STEPS + 1)),
    )


def _hex(text: str) -> str:
    """Theme variables may carry an alpha (`#rrggbbaa`), which a terminal can't show."""
    return text[:7]


def _blend(low: str, high: str, share: float) -> str:
    first, second = RichColor.parse(low).get_truecolor(), RichColor.parse(high).get_truecolor()
    mixed = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)
