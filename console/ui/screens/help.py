"""Help: the actions of the screen one comes from, each with its key, and why it is not possible just now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from console.language import tr
from console.ui.actions import Action, Facts, obstacle, shown
from console.ui.screens.base import DeskScreen
from console.ui.text import fit
from console.ui.themes import GLYPHS, Palette, palette
from console.ui.widgets.columns import INTENT_GLYPHS, intent_style, level_text
from store.query import FIELDS

KEY_WIDTH, NAME_WIDTH = 12, 16


class HelpScreen(DeskScreen):
    """Made from the live actions, so that it can't say what is not so."""

    DEFAULT_CSS = "HelpScreen VerticalScroll { height: 1fr; padding: 0 1; }"
    NAME = "help"

    def __init__(self, actions: Sequence[Action], facts: Facts) -> None:
        super().__init__()
        self._actions, self._facts = actions, facts

    def body(self) -> Iterable[Widget]:
        yield Static(id="title", classes="heading", markup=False)
        with VerticalScroll():
            yield Static(id="text", markup=False)

    def home_focus(self) -> Widget | None:
        return self.query_one(VerticalScroll)

    def on_mount(self) -> None:
        self.set_focus(self.home_focus())
        colours = palette(self.app.theme_variables)
        self.query_one("#title", Static).update(Text(tr("ui.help_screen.title"), colours.strong))
        lines = [_line(action, self._facts, colours) for action in self._actions]
        self.query_one("#text", Static).update(Text("\n").join([*lines, *_legend(colours)]))
        super().on_mount()


def _line(action: Action, facts: Facts, colours: Palette) -> Text:
    keys = " ".join(shown(key) for key in action.keys) or f":{action.name}"
    line = Text(fit(keys, KEY_WIDTH) + " ", colours.accent)
    line.append(fit(action.title, NAME_WIDTH) + " ", colours.strong)
    line.append(action.help)
    why = obstacle(action, facts)
    return line.append(f"  ({why})" if why else "", colours.warning)


def _legend(colours: Palette) -> list[Text]:
    levels = Text("")
    for place in reversed(range(len(GLYPHS))):
        levels.append(f"{level_text(place)}  ", colours.level(place))
    marks = Text("")
    for state, glyph in INTENT_GLYPHS.items():
        marks.append(f"{glyph} {tr(f'ui.state.{state}')}  ", intent_style(state, colours))
    filters = Text(tr("ui.help_screen.filter", fields=" ".join(FIELDS)), colours.plain)
    headings = ("ui.help_screen.levels", "ui.help_screen.marks", "ui.help_screen.filters")
    parts = zip(headings, (levels, marks, filters), strict=True)
    return [line for heading, text in parts for line in (Text(), Text(tr(heading), colours.heading), text)]
