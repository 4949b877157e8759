"""The list of accounts by risk: an order of account numbers, pages of rows read by number, changes that glow.

The order follows the risk while nobody works in the list. Once the cursor has left the first line, and for some seconds
after any key, the order holds still; what has risen meanwhile is counted, and `refresh` takes the new order in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from rich.style import Style
from textual.message import Message

from console.core.instants import SECOND
from console.ui import themes
from console.ui.actions import bindings
from console.ui.widgets import columns
from console.ui.widgets.marks import MOST as MOST_MARKS
from console.ui.widgets.marks import Marks
from console.ui.widgets.rows import Cell, RowList
from store.reader import AccountRow, Numbers, Reader

HOLD = 5 * SECOND
"""How long after a key the order holds still although the cursor is on the first line."""

KEPT_ROWS = 400
"""Rows kept in memory around what is visible."""

NOBODY: Numbers = np.empty(0, dtype=np.int32)


class AccountTable(RowList):
    """Accounts by risk. `tell` and `offer` bring news; keys and marks are by account number."""

    BINDINGS: ClassVar = bindings("accounts", "filter")

    class Marked(Message):
        """Accounts were marked, or lost their marks; `refused` when there would have been too many."""

        def __init__(self, *, refused: bool = False) -> None:
            super().__init__()
            self.refused = refused

    class Newer(Message):
        """So many accounts stand above what is shown, in the order as it would be now."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

    def __init__(self, own: columns.Own = columns.NO_OWN, **names: str | None) -> None:
        super().__init__(**names)
        self._own = own
        self.order: Numbers = NOBODY
        self.marks = Marks()
        self._found: tuple[int, int | None] = (-1, None)
        self._offered: Numbers | None = None
        self._newer = 0
        self._reader: Reader | None = None
        self._rows: dict[int, AccountRow] = {}
        self._glow: dict[int, int] = {}
        self._touched_at = -HOLD
        self._placed = False
        self._chosen: str | None = None
        self._wanted: str | None = None
        self._now = 0
        self._stream_now = 0
        self._exponents: Mapping[str, int] = {}
        self._intents: Mapping[str, str] = {}
        self._ends: Mapping[str, str] = {}
        self._chosen_columns: Sequence[str] = ()

    # ------------------------------------------------------------ rows and keys

    def total(self) -> int:
        return len(self.order)

    def key_at(self, index: int) -> int:
        return int(self.order[index])

    def index_of(self, key: int) -> int | None:
        """The place of an account. The last answer is kept: every line drawn asks for the cursor's."""
        if self._found[0] != key:
            found = np.flatnonzero(self.order == key)
            self._found = (key, int(found[0]) if len(found) else None)
        return self._found[1]

    def row(self, account: int | None) -> AccountRow | None:
        """What the mirror said of an account at the last look."""
        if account is None or self._reader is None:
            return None
        if account not in self._rows:
            self._rows |= self._reader.page([account])
        return self._rows.get(account)

    def chosen(self) -> AccountRow | None:
        """The row of the account that the cursor was put on; None when there is none, or its number means another."""
        row = self.row(self.cursor)
        return row if row is not None and row.account_id == self._chosen else None

    def place(self, key: int | None, show: bool = True) -> None:
        row = self.row(key)
        self._chosen, self._wanted = (row.account_id if row else None), None
        super().place(key, show)

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        account = self.key_at(index)
        if account not in self._rows:
            self._read_page()
        row = self._rows.get(account)
        if row is None:
            return [(f"  #{account}", width, False, self.palette.faint)]
        return columns.line(row, self._view(), width, self.columns_at(width))

    def columns_at(self, width: int) -> Sequence[str]:
        """The columns that are shown in a width: the chosen ones, else the list's own; none for those of all lists."""
        return self._chosen_columns or self._own.get(columns.step(width), ())

    def show_columns(self, chosen: Sequence[str]) -> None:
        """Show these columns, the list's own where none are named."""
        self._chosen_columns = chosen
        self.refresh()

    def shade(self, index: int) -> Style | None:
        step = self._glow.get(self.key_at(index))
        return None if step is None else self.palette.glow[step - 1]

    def _view(self) -> columns.View:
        return columns.View(
            self._now, self._stream_now, self._exponents, self._intents, self.palette, self._ends, self.marks.numbers
        )

    def _read_page(self) -> None:
        if self._reader is None:
            return
        if len(self._rows) > KEPT_ROWS:
            self._rows.clear()
        first = max(0, self.top)
        self._rows |= self._reader.page(self.order[first : first + self.height + 1].tolist())

    # ------------------------------------------------------------ news

    def look_through(self, reader: Reader | None) -> None:
        """Read from this mirror from now on; with another one everything shown is forgotten, but the cursor's account.

        Numbers mean other accounts there: the cursor goes back to its account by id, once it is in the order again.
        """
        if reader is not self._reader:
            wanted = self._wanted or self._chosen
            self._reader, self._placed = reader, False
            self._rows.clear()
            self._glow.clear()
            self.place(None)
            self._take(NOBODY)
            self._wanted = wanted
            self.marks.renumber(reader, anew=True)

    def tell(
        self,
        now: int,
        stream_now: int,
        exponents: Mapping[str, int],
        intents: Mapping[str, str],
        ends: Mapping[str, str],
    ) -> None:
        """A new look at the surroundings. Only lines whose ages or pending commands changed are painted again.

        An order that was held back is taken in once nobody works in the list.
        """
        before = self._view()
        self._now, self._stream_now, self._exponents = now, stream_now, exponents
        self._intents, self._ends = intents, ends
        after, width = self._view(), self.scrollable_content_region.width
        for index in self.in_view():
            row = self._rows.get(self.key_at(index))
            if row is not None and self._differs(row, before, after, width):
                self.repaint(index)
        if self._offered is not None and not self.held:
            self._take(self._offered)

    def _differs(self, row: AccountRow, before: columns.View, after: columns.View, width: int) -> bool:
        chosen = self.columns_at(width)
        return columns.line(row, before, width, chosen) != columns.line(row, after, width, chosen)

    def reread(self) -> None:
        """The mirror has changed: read the visible rows again, paint and light up those that differ.

        When most of the page differs, as while history loads, nothing is lit: the light would say nothing.
        """
        if self._reader is None:
            return
        self.marks.renumber(self._reader)
        seen = {self.key_at(index): index for index in self.in_view()}
        fresh = self._reader.page(seen)
        changed = [account for account, row in fresh.items() if self._rows.get(account) != row]
        lit = [account for account in changed if account in self._rows]
        self._rows = {account: row for account, row in self._rows.items() if account in seen} | fresh
        if self.app.animation_level == "full" and len(lit) <= self.height // 2:
            self._glow |= dict.fromkeys(lit, themes.GLOW_STEPS)
        for account in changed:
            self.repaint(seen[account])

    def fade(self) -> None:
        """One step of every glowing row towards rest."""
        for index in self.in_view():
            if self.key_at(index) in self._glow:
                self.repaint(index)
        self._glow = {account: step - 1 for account, step in self._glow.items() if step > 1}

    def offer(self, order: Numbers) -> None:
        """The order as it is now. Taken at once, or held back while somebody works in the list."""
        if self.held and len(self.order):
            self._offered = order
            self._count_newer()
        else:
            self._take(order)

    @property
    def latest(self) -> Numbers:
        """The order as it was last offered, whether it is shown yet or held back."""
        return self.order if self._offered is None else self._offered

    @property
    def held(self) -> bool:
        """Whether the order must not move."""
        return self.top > 0 or self._placed or self._now - self._touched_at < HOLD

    def touch(self) -> None:
        """Somebody works in the list: hold the order for some seconds."""
        self._touched_at = self._now

    def do_refresh(self, _: str) -> None:
        """Take in the order offered meanwhile; the cursor stays on its account."""
        if self._offered is not None:
            self._take(self._offered)
            if self.cursor_index is not None:
                self._scroll_into_view(self.cursor_index)

    # ------------------------------------------------------------ marks

    def do_mark(self, _: str) -> None:
        """Mark the account under the cursor, or take its mark away, and step down."""
        row = self.chosen()
        if row is not None:
            self._marked(self.marks.turn(row.account, row.account_id))
            self.move(1)

    def do_mark_range(self, _: str) -> None:
        """Mark all accounts from the last one marked to the cursor, as they are shown."""
        row, edge = self.chosen(), self.marks.last
        if row is None or self._reader is None:
            return
        last = self._reader.number(edge) if edge is not None else None
        begin = self.index_of(last) if last is not None else None
        end = self.index_of(row.account)
        if begin is None or end is None:
            self.do_mark("")
            return
        span = self.order[min(begin, end) : max(begin, end) + 1]
        if len(span) > MOST_MARKS:
            self._marked(False)
            return
        named = self._reader.account_ids(span.tolist())
        self.touch()
        self._marked(self.marks.add(named | {row.account: row.account_id}))

    def unmark(self) -> bool:
        """Drop all marks; False when there are none."""
        if not len(self.marks):
            return False
        self.marks.clear()
        self._marked(True)
        return True

    def _marked(self, done: bool) -> None:
        self.refresh()
        self.post_message(self.Marked(refused=not done))

    # ------------------------------------------------------------ moving

    def replace(self, order: Numbers) -> None:
        """Show other accounts, as a filter wants it."""
        self._take(order)
        self.scroll_to(y=0, animate=False, immediate=True)

    def move(self, rows: int) -> None:
        self.touch()
        super().move(rows)
        self._placed = (self.cursor_index or 0) > 0

    def go_to(self, account: int) -> None:
        """Put the cursor on an account, in the order as it is now, and hold that still."""
        self.do_refresh("")
        self.touch()
        self.place(account)
        self._placed = (self.cursor_index or 0) > 0

    def _take(self, order: Numbers) -> None:
        unchanged = len(order) == len(self.order) and np.array_equal(order, self.order)
        self._offered = None
        if not unchanged:
            shown = self.order[self.top : self.top + self.height]
            self.order, self._found = order, (-1, None)
            self.resize_to_rows()
            if not np.array_equal(shown, order[self.top : self.top + self.height]):
                self.refresh()
        self._find_wanted()
        self._drop_lost_cursor()
        self._count_newer()

    def _find_wanted(self) -> None:
        """Put the cursor back on the account it was on before the mirror was another."""
        if self._wanted is None or self._reader is None:
            return
        number = self._reader.number(self._wanted)
        if number is not None and self.index_of(number) is not None:
            self.place(number)
            self._placed = (self.cursor_index or 0) > 0

    def _drop_lost_cursor(self) -> None:
        """Without a hand on it the cursor goes along with its account, but never out of sight."""
        index = self.cursor_index
        lost = self.cursor is not None and index is None
        drifted = index is not None and not self._placed and index not in self.in_view()
        if lost or drifted:
            self.place(None)
        elif index is not None:
            self.post_message(self.Moved())

    def _count_newer(self) -> None:
        """Accounts that would stand above the cursor's (or the first visible one) and do not yet."""
        count = 0
        if self._offered is not None and len(self.order):
            edge = self.cursor_index if self.cursor_index is not None else self.top
            above = np.flatnonzero(self._offered == self.order[edge])
            if len(above):
                count = len(np.setdiff1d(self._offered[: above[0]], self.order[:edge], assume_unique=True))
        if count != self._newer:
            self._newer = count
            self.post_message(self.Newer(count))
