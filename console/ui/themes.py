"""The look: two themes, and the styles that lines drawn cell by cell take from them.

Every colour is one of the 256 that any terminal has, so that the desk looks the same over tmux and ssh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rich.style import Style
from textual.theme import Theme

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
        "level-3": "#af5f00",
        "level-4": "#af0000",
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
