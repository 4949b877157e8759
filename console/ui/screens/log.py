"""The log screen: the end of the watcher's log as it grows, by level."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text
from textual.widget import Widget

from console.language import tr
from console.ui import formats
from console.ui.actions import bindings
from console.ui.screens.base import DeskScreen
from console.ui.tail import LEVELS, Line, Tail
from console.ui.text import clean, folded
from console.ui.themes import palette
from console.ui.widgets.lines import Lines
from console.ui.widgets.rows import Cell, RowList

STEPS = tuple(LEVELS.index(name) for name in ("DEBUG", "WARNING", "ERROR"))
"""The least levels shown, one after another."""
GLYPHS = ("·", "·", "▲", "◆", "◆")
DETAIL = 3


class LogList(RowList):
    """Lines by their number, the newest last; the end stays in view until the cursor leaves it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: Sequence[Line] = ()

    def tell(self, lines: Sequence[Line]) -> None:
        at_end = self.cursor is None or (bool(self.lines) and self.cursor == self.lines[-1].number)
        self.lines = lines
        self.resize_to_rows()
        self.refresh()
        if at_end or self.cursor_index is None:
            self.place(lines[-1].number if lines else None)

    def total(self) -> int:
        return len(self.lines)

    def key_at(self, index: int) -> int:
        return self.lines[index].number

    def index_of(self, key: int) -> int | None:
        """By halving: the numbers rise down the list."""
        low, high = 0, len(self.lines)
        while low < high:
            middle = (low + high) // 2
            if self.lines[middle].number < key:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self.lines) and self.lines[low].number == key else None

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        line, colours = self.lines[index], self.palette
        style = (colours.faint, colours.plain, colours.warning, colours.bad, colours.bad)[line.level]
        return [(GLYPHS[line.level], 1, False, style), (clean(line.text, width), max(1, width - 3), False, style)]


class LogScreen(DeskScreen):
    """What the watcher wrote down. The line under the cursor stands in full at the foot."""

    DEFAULT_CSS = """
    LogScreen LogList { padding: 0 0 0 1; }
    LogScreen #detail { height: 3; padding: 0 1; background: $surface; }
    """
    BINDINGS = bindings("log")
    NAME = "log"

    def __init__(self) -> None:
        super().__init__()
        self._tail: Tail | None = None
        self._step = 0
        self._trouble = ""

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield LogList()
        yield Lines("detail")

    @property
    def table(self) -> LogList:
        return self.query_one(LogList)

    def home_focus(self) -> Widget | None:
        return self.table

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        if self._tail is None:
            self._tail = Tail(self.sight.home.log)
        try:
            news, self._trouble = self._tail.look(), ""
        except FileNotFoundError:
            news, self._trouble = False, tr("ui.log.none", path=clean(self.sight.home.log))
        except OSError as error:
            news, self._trouble = False, tr("ui.log.unread", error=clean(error))
        if news:
            self._show()
        self._draw()
        super().looked(mirror_changed, journal_changed)

    def do_grade(self, _: str) -> None:
        """Show lines of the next level and worse ones only, then all again."""
        self._step = (self._step + 1) % len(STEPS)
        self._show()
        self._draw()

    def _show(self) -> None:
        if self._tail is not None:
            self.table.tell(self._tail.of(STEPS[self._step]))

    def on_row_list_moved(self, _: RowList.Moved) -> None:
        self._draw()

    def _draw(self) -> None:
        if not self.stands:
            return
        colours, width = palette(self.app.theme_variables), self.app.size.width - 2
        title = Text(tr("ui.log.title"), colours.strong)
        title.append(f"  {tr(f'ui.log.least.{LEVELS[STEPS[self._step]].lower()}')}", colours.accent)
        title.append(f"  {tr('ui.log.lines', count=formats.count(self.table.total()))}", colours.faint)
        if self._trouble:
            title.append(f"   {self._trouble}", colours.warning)
        title.truncate(width, overflow="ellipsis")
        self.query_one("#title", Lines).show(title)
        index = self.table.cursor_index
        text = clean(self.table.lines[index].text, DETAIL * width) if index is not None else ""
        self.query_one("#detail", Lines).show(Text("\n".join(folded(text, width, DETAIL)), colours.plain))
