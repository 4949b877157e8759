"""The commands screen: what this desk decided, and what became of it, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text
from textual.widget import Widget

from console.language import term, tr
from console.ui import formats
from console.ui.screens.base import DeskScreen
from console.ui.text import clean
from console.ui.themes import palette
from console.ui.widgets.columns import INTENT_GLYPHS, intent_style
from console.ui.widgets.lines import Lines
from console.ui.widgets.portrait import problem_words
from console.ui.widgets.rows import Cell, RowList
from store.journal import Entry


class CommandList(RowList):
    """Commands of the journal, by their position in it."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: Sequence[Entry] = ()
        self._now = 0

    def tell(self, entries: Sequence[Entry], now: int) -> None:
        same = entries == self.entries and now // 1_000_000 == self._now // 1_000_000
        self.entries, self._now = entries, now
        if not same:
            self.resize_to_rows()
            self.refresh()

    def total(self) -> int:
        return len(self.entries)

    def key_at(self, index: int) -> int:
        return self.entries[index].position

    def index_of(self, key: int) -> int | None:
        return next((place for place, entry in enumerate(self.entries) if entry.position == key), None)

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        entry, colours = self.entries[index], self.palette
        style = intent_style(entry.state, colours)
        cells: list[Cell] = [
            (INTENT_GLYPHS.get(entry.state, " "), 1, False, style),
            (tr(f"ui.state.{entry.state}"), 17, False, style),
            (tr(f"ui.command.{entry.type}"), 12, False, colours.plain),
            (clean(entry.account_id, 72), 15, False, colours.plain),
            (formats.age(self._now - entry.created_at), 4, True, colours.faint),
        ]
        rest = width - sum(size for _, size, _, _ in cells) - len(cells)
        waits = term("ui.waits_for", entry.waits_for) if entry.waits_for else ""
        told = " · ".join(
            part
            for part in (waits, problem_words(entry.problem), clean(entry.reason_code, 40), clean(entry.note))
            if part
        )
        return [*cells, (told, max(1, rest), False, colours.faint)]


class CommandsScreen(DeskScreen):
    """The newest commands of the journal."""

    DEFAULT_CSS = "CommandsScreen CommandList { padding: 0 0 0 1; }"
    NAME = "commands"

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield CommandList()

    def home_focus(self) -> Widget | None:
        return self.query_one(CommandList)

    def on_mount(self) -> None:
        self.set_focus(self.home_focus())

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        colours, situation = palette(self.app.theme_variables), self.sight.situation
        self.query_one(CommandList).tell(self.sight.commands, situation.now)
        title = Text(tr("ui.commands.title"), colours.strong)
        shown = [(tr(f"ui.state.{state}"), number) for state, number in sorted(situation.commands.items())]
        title.append("  " + ("  ".join(f"{name} {number}" for name, number in shown) or tr("ui.commands.none")))
        self.query_one("#title", Lines).show(title)
        super().looked(mirror_changed, journal_changed)
