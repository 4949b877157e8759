"""The look: four themes, and the styles that lines drawn cell by cell take from them.

Every colour is one of the 256 that any terminal has, so that the desk looks the same over tmux and ssh. `plain` has no
colours at all, only weights, on whatever background the terminal has; it is what $NO_COLOR asks for.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rich.style import Style
from textual.theme import Theme
from textual.types import AnimationLevel

GLYPHS = ("·", "○", "●", "▲", "◆")
"""One glyph for each level, none to critical: a level is never told by colour alone."""

DARK = Theme(
    name="dusk",
    primary="#87afff",
    secondary="#8a8a8a",
    accent="#87afff",
    foreground="#d0d0d0",
    background="#121212",
    surface="#1c1c1c",
    panel="#262626",
    success="#87af87",
    warning="#d7af5f",
    error="#ff5f5f",
    dark=True,
    variables={
        "faint": "#808080",
        "level-0": "#808080",
        "level-1": "#87afd7",
        "level-2": "#d7af5f",
        "level-3": "#ff875f",
        "level-4": "#ff5f87",
        "cursor": "#005f87",
        "glow-1": "#262626",
        "glow-2": "#3a3a3a",
        "glow-3": "#4e4e4e",
        "border": "#4e4e4e",
        "scrollbar": "#3a3a3a",
        "scrollbar-background": "#121212",
        "footer-background": "#121212",
    },
)

LIGHT = Theme(
    name="dawn",
    primary="#005faf",
    secondary="#6c6c6c",
    accent="#005faf",
    foreground="#262626",
    background="#ffffff",
    surface="#eeeeee",
    panel="#e4e4e4",
    success="#005f00",
    warning="#875f00",
    error="#af0000",
    dark=False,
    variables={
        "faint": "#6c6c6c",
        "level-0": "#6c6c6c",
        "level-1": "#005f87",
        "level-2": "#875f00",
        "level-3": "#af0000",
        "level-4": "#87005f",
        "cursor": "#afd7ff",
        "glow-1": "#eeeeee",
        "glow-2": "#ffffd7",
        "glow-3": "#ffffaf",
        "border": "#b2b2b2",
        "scrollbar": "#c6c6c6",
        "scrollbar-background": "#ffffff",
        "footer-background": "#ffffff",
    },
)

CLEAR = Theme(
    name="clear",
    primary="#5fafd7",
    secondary="#8a8a8a",
    accent="#5fafd7",
    foreground="#d0d0d0",
    background="#121212",
    surface="#1c1c1c",
    panel="#262626",
    success="#5fafd7",
    warning="#ffd75f",
    error="#ff8700",
    dark=True,
    variables={
        "faint": "#808080",
        "level-0": "#808080",
        "level-1": "#5f87d7",
        "level-2": "#87d7ff",
        "level-3": "#ffd75f",
        "level-4": "#ff8700",
        "cursor": "#005f87",
        "glow-1": "#262626",
        "glow-2": "#3a3a3a",
        "glow-3": "#4e4e4e",
        "border": "#4e4e4e",
        "scrollbar": "#3a3a3a",
        "scrollbar-background": "#121212",
        "footer-background": "#121212",
    },
)
"""For colour-blind eyes: blues and oranges, which all kinds of them tell apart (after Okabe and Ito 2008)."""

BARE = "ansi_default"
"""The terminal's own colour."""

PLAIN = Theme(
    name="plain",
    ansi=True,
    primary=BARE,
    secondary=BARE,
    accent=BARE,
    foreground=BARE,
    background=BARE,
    surface=BARE,
    panel=BARE,
    boost=BARE,
    success=BARE,
    warning=BARE,
    error=BARE,
    variables={
        **dict.fromkeys(DARK.variables, BARE),
        **dict.fromkeys((f"scrollbar-{part}" for part in ("hover", "active", "corner-color")), BARE),
        **dict.fromkeys((f"scrollbar-background-{part}" for part in ("hover", "active")), BARE),
        **dict.fromkeys(("ansi-background", "ansi-foreground"), BARE),
        **dict.fromkeys(("border-blurred", "input-cursor-background", "input-cursor-foreground"), BARE),
        "input-cursor-text-style": "reverse",
        "block-cursor-text-style": "reverse",
    },
)

THEMES = (DARK, LIGHT, CLEAR, PLAIN)

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


WEIGHTS = Palette(
    plain=Style(),
    faint=Style(dim=True),
    strong=Style(bold=True),
    accent=Style(underline=True),
    good=Style(),
    warning=Style(bold=True),
    bad=Style(bold=True, underline=True),
    heading=Style(dim=True, bold=True),
    levels=(
        Style(dim=True),
        Style(),
        Style(bold=True),
        Style(bold=True, underline=True),
        Style(bold=True, reverse=True),
    ),
    cursor=Style(reverse=True),
    glow=(Style(),) * GLOW_STEPS,
)
"""The styles of `plain`."""


def palette(variables: Mapping[str, str]) -> Palette:
    """The styles of a theme, by its resolved variables (`App.theme_variables`)."""
    if variables["cursor"] == BARE:
        return WEIGHTS
    names = ("foreground", "faint", "primary", "success", "warning", "error", "cursor")
    levels = tuple(variables[f"level-{level}"] for level in range(len(GLYPHS)))
    glows = tuple(variables[f"glow-{step}"] for step in range(1, GLOW_STEPS + 1))
    return _palette(tuple(variables[name] for name in names), levels, glows)


@lru_cache(maxsize=8)
def _palette(colours: tuple[str, ...], levels: tuple[str, ...], glows: tuple[str, ...]) -> Palette:
    foreground, faint, primary, success, warning, error, cursor = (_hex(name) for name in colours)
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
        glow=tuple(Style(bgcolor=_hex(name)) for name in glows),
    )


def _hex(text: str) -> str:
    """Theme variables may carry an alpha (`#rrggbbaa`), which a terminal can't show."""
    return text[:7]


def look_asked_for() -> tuple[bool, AnimationLevel]:
    """Whether the environment asks for no colours, and how much motion: none, unless $TEXTUAL_ANIMATIONS says more.

    $NO_COLOR is taken out of the environment: Textual would make greys of the colours, and those are colours too.
    """
    asked = os.environ.get("TEXTUAL_ANIMATIONS", "none").lower()
    motion: AnimationLevel = "full" if asked == "full" else "basic" if asked == "basic" else "none"
    return bool(os.environ.pop("NO_COLOR", "")), motion
