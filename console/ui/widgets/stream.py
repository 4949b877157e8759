"""A list of events without an end, the newest first: read page by page as somebody goes down, never as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, Protocol, TypeVar

from textual.message import Message

from console.ui.actions import bindings
from console.ui.widgets.rows import RowList

PAGE = 60
KEPT = 2_000
"""Rows in memory: going further down lets go of the newest, which `refresh` brings back."""


class Numbered(Protocol):
    """A row: `seq` is its key, falling down the list."""

    @property
    def seq(self) -> int: ...


Column = tuple[str, int, bool]
"""A column's name, its width in cells, and whether it stands on the right."""

Row = TypeVar("Row", bound=Numbered)
Page = Callable[[int, int], tuple[list[Row], int]]
"""Reads up to so many rows from a place on; returns them with the next page's place, 0 where the list is over."""


class Stream(RowList, Generic[Row]):
    """Rows by seq. What is new comes on top while nobody works below the first row; else it waits for `refresh`."""

    BINDINGS: ClassVar = bindings("stream", "figures")

    class Grown(Message):
        """Other rows are there than before."""

    def __init__(self, **names: str | None) -> None:
        super().__init__(**names)
        self.shown: list[Row] = []
        self.newer = False
        self._reads: Page[Row] | None = None
        self._newest = self._rest = 0

    # ------------------------------------------------------------ rows and keys

    def total(self) -> int:
        return len(self.shown)

    def key_at(self, index: int) -> int:
        return self.shown[index].seq

    def index_of(self, key: int) -> int | None:
        """By halving: the seqs fall down the list."""
        low, high = 0, len(self.shown)
        while low < high:
            middle = (low + high) // 2
            if self.shown[middle].seq > key:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self.shown) and self.shown[low].seq == key else None

    @property
    def more(self) -> bool:
        """Whether there are older rows than those shown."""
        return self._rest > 0

    def chosen(self) -> Row | None:
        """The row under the cursor."""
        index = self.cursor_index
        return None if index is None else self.shown[index]

    # ------------------------------------------------------------ reading

    def follow(self, page: Page[Row], newest: int) -> None:
        """The list as it is now: `newest` is the place of its newest row, `page` reads from a place on."""
        self._reads = page
        if newest == self._newest and (self.shown or self._rest):
            return
        if self.shown and self.cursor_index not in (None, 0):
            self.newer = True
            self.post_message(self.Grown())
            return
        follows = self.cursor_index == 0
        self._take(page, newest)
        if follows and self.shown:
            self.place(self.shown[0].seq)

    def forget(self) -> None:
        """Drop everything read: it means something else now."""
        self.shown, self.newer, self._newest, self._rest = [], False, 0, 0
        self.place(None)
        self._changed()

    def start_again(self, newest: int) -> None:
        """Read from the newest on; the cursor stays on its row while that is there, else it goes to the top."""
        if self._reads is None:
            return
        key = self.cursor
        self.shown = []
        self._take(self._reads, newest)
        if key is not None:
            self.place(key if self.index_of(key) is not None else next((row.seq for row in self.shown), None))
        if self.cursor is None:
            self.scroll_to(y=0, animate=False, immediate=True)

    def _take(self, page: Page[Row], newest: int) -> None:
        """Put what is new on top; rows that do not reach down to those shown take their place."""
        fresh, rest = page(newest, PAGE)
        known = self.shown[0].seq if self.shown else 0
        if len(self.shown) < KEPT and any(row.seq <= known for row in fresh):
            self.shown = [row for row in fresh if row.seq > known] + self.shown
        else:
            self.shown, self._rest = fresh, rest
        self.newer, self._newest = False, newest
        self._changed()

    def move(self, rows: int) -> None:
        """Read on before the cursor reaches the end."""
        index = self.cursor_index if self.cursor_index is not None else self.top
        if index + max(rows, 0) + self.height >= len(self.shown) and self._rest and self._reads is not None:
            older, self._rest = self._reads(self._rest, PAGE)
            self.shown += older
            self._let_go()
            self._changed()
        super().move(rows)

    def _let_go(self) -> None:
        over = min(len(self.shown) - KEPT, self.cursor_index or 0)
        if over > 0:
            del self.shown[:over]
            self.newer = True
            self.scroll_to(y=max(0, self.top - over), animate=False, immediate=True)

    def _changed(self) -> None:
        self.resize_to_rows()
        self.refresh()
        self.post_message(self.Grown())


def fitted(columns: Sequence[Column], width: int) -> list[Column]:
    """Columns in a width: the one of 0 cells takes what the others leave."""
    taken = sum(size for _, size, _ in columns) + len(columns)
    return [(name, size or max(1, width - taken), right) for name, size, right in columns]
