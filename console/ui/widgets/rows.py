"""A list of any length, drawn line by line: only what is visible is ever read or painted.

The cursor is a key (an account's number, an event's seq), never a position: whatever happens to the order, it stays on
the same thing, and when that thing is gone there is no cursor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from console.ui.actions import bindings
from console.ui.text import fit
from console.ui.themes import Palette, palette

Cell = tuple[str, int, bool, Style]
"""Clean text, width in cells, whether it stands on the right, and its style."""


TOLD_WIDTH = 400
"""Cells in which a row is told: nothing of it is cut."""


class RowList(ScrollView, can_focus=True):
    """Base of the lists. A subclass says how many rows there are, which key each has and how one is drawn."""

    DEFAULT_CSS = """
    RowList { height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar = bindings("list")

    class Moved(Message):
        """The cursor is on another row, or on none."""

    def __init__(self, **names: str | None) -> None:
        super().__init__(**names)  # type: ignore[arg-type]
        self.cursor: int | None = None
        self._base = Style()
        self._colours: Palette | None = None

    # ------------------------------------------------------------ what a subclass tells

    def total(self) -> int:
        """The number of rows."""
        raise LookupError("a list must say how many rows it has")

    def key_at(self, index: int) -> int:
        raise LookupError("a list must say which key a row has")

    def index_of(self, key: int) -> int | None:
        raise LookupError("a list must say where a key is")

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        """The cells of a row; their widths and the single spaces between them make up `width`."""
        raise LookupError("a list must say how a row is drawn")

    def name_at(self, index: int) -> str | int | None:
        """What a row is called in the documented views, None where it stands in none."""
        return None

    def shade(self, index: int) -> Style | None:
        """The background of a row other than the cursor's."""
        return None

    # ------------------------------------------------------------ drawing

    @property
    def palette(self) -> Palette:
        """The theme's styles, as of the last painting."""
        if self._colours is None:
            self._colours = palette(self.app.theme_variables)
        return self._colours

    @property
    def top(self) -> int:
        """The index of the first visible row."""
        return self.scroll_offset.y

    @property
    def height(self) -> int:
        return max(1, self.scrollable_content_region.height)

    @property
    def cursor_index(self) -> int | None:
        return None if self.cursor is None else self.index_of(self.cursor)

    def in_view(self) -> range:
        return range(self.top, min(self.top + self.height, self.total()))

    def resize_to_rows(self) -> None:
        """Tell the scroll bar how many rows there are now."""
        self.virtual_size = Size(self.scrollable_content_region.width, self.total())

    def on_resize(self) -> None:
        self.resize_to_rows()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Some lines at once: what all of them need is looked up once."""
        self._base, self._colours = self.rich_style, palette(self.app.theme_variables)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        index = self.top + y
        if index >= self.total():
            return Strip.blank(width, self._base)
        under = self.palette.cursor if index == self.cursor_index else self.shade(index)
        base = self._base + under if under else self._base
        cells = self.cells(index, width)
        segments = [Segment(fit(text, size, right) + " ", base + style) for text, size, right, style in cells]
        return Strip(segments, sum(size + 1 for _, size, _, _ in cells)).adjust_cell_length(width, base)

    def told(self, index: int) -> str:
        """A row as a line of text."""
        return "  ".join(text.strip() for text, *_ in self.cells(index, TOLD_WIDTH) if text.strip())

    def repaint(self, index: int) -> None:
        """Paint one row again, when it is visible."""
        if self.top <= index < self.top + self.height:
            self.refresh(Region(0, index - self.top, self.size.width, 1))

    # ------------------------------------------------------------ moving

    def place(self, key: int | None, show: bool = True) -> None:
        """Put the cursor on a key. Rows that lose or gain it are painted again, nothing else."""
        before = self.cursor_index
        self.cursor = key
        after = self.cursor_index
        for index in {before, after} - {None}:
            self.repaint(index or 0)
        if show and after is not None:
            self._scroll_into_view(after)
        self.post_message(self.Moved())

    def move(self, rows: int) -> None:
        """Move the cursor by rows; a first move puts it on the first visible one."""
        total = self.total()
        if not total:
            return
        index = self.cursor_index
        wanted = self.top if index is None else max(0, min(total - 1, index + rows))
        self.place(self.key_at(wanted))

    def do_down(self, _: str) -> None:
        self.move(1)

    def do_up(self, _: str) -> None:
        self.move(-1)

    def do_page_down(self, _: str) -> None:
        self._page(self.height)

    def do_page_up(self, _: str) -> None:
        self._page(-self.height)

    def do_top(self, _: str) -> None:
        self.move(-self.total())

    def do_bottom(self, _: str) -> None:
        self.move(self.total())

    def _page(self, rows: int) -> None:
        """Turn the page and keep the cursor on its line of the screen."""
        if self.cursor_index is not None:
            self.scroll_to(y=max(0, self.top + rows), animate=False, immediate=True)
        self.move(rows)

    def _scroll_into_view(self, index: int) -> None:
        if index < self.top:
            self.scroll_to(y=index, animate=False, immediate=True)
        elif index >= self.top + self.height:
            self.scroll_to(y=index - self.height + 1, animate=False, immediate=True)
