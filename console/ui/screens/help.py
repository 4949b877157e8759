"""Help: the actions of the screen one comes from, each with its key, and why it is not possible just now."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from console.language import term, tr
from console.ui.actions import Action, Facts, obstacle, shown
from console.ui.screens.reading import ReadingScreen
from console.ui.themes import GLYPHS, Palette, palette
from console.ui.widgets.columns import INTENT_GLYPHS, intent_style, level_text
from console.ui.widgets.lines import Pair

KEY_WIDTH = 12


class HelpScreen(ReadingScreen):
    """Made from the live actions, so that it can't say what is not so."""

    NAME = "help"

    def __init__(self, actions: Sequence[Action], facts: Facts, fields: Sequence[str] = ()) -> None:
        """`fields` are those that a filter of the screen one comes from may name."""
        super().__init__()
        self._actions, self._facts, self._fields = actions, facts, fields

    def draw(self) -> None:
        colours = palette(self.app.theme_variables)
        self.heading.show(Text(tr("ui.help_screen.title"), colours.strong))
        pairs = [_line(action, self._facts, colours) for action in self._actions]
        self.text.show_pairs([*pairs, *_legend(self._fields, colours)], KEY_WIDTH)


def _line(action: Action, facts: Facts, colours: Palette) -> Pair:
    keys = " ".join(shown(key) for key in action.keys) or f":{action.name}"
    words = Text(f"{action.title}  ", colours.strong).append(action.help, colours.plain)
    why = obstacle(action, facts)
    return Text(keys, colours.accent), words.append(f"  ({why})" if why else "", colours.warning)


def _legend(fields: Sequence[str], colours: Palette) -> list[Pair]:
    levels, marks = Text(), Text()
    for place in reversed(range(len(GLYPHS))):
        levels.append(f"{level_text(place)}  ", colours.level(place))
    for state, glyph in INTENT_GLYPHS.items():
        marks.append(f"{glyph} {term('ui.state', state)}  ", intent_style(state, colours))
    told = [("levels", levels), ("marks", marks)]
    if fields:
        told.append(("filters", Text(tr("ui.help_screen.filter", fields=" ".join(fields)), colours.plain)))
    return [(Text(), Text()), *((Text(tr(f"ui.help_screen.{name}"), colours.heading), text) for name, text in told)]
