"""The list of what waits for a second person, and of what was decided here a short time ago."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from console.core.instants import MINUTE
from console.core.messages import Command, CoreMeta
from console.core.second_person import is_own
from console.language import term, tr
from console.ui import formats
from console.ui.actions import bindings
from console.ui.asked import outcome
from console.ui.text import clean
from console.ui.widgets.columns import INTENT_GLYPHS, intent_style
from console.ui.widgets.items import ItemList
from console.ui.widgets.rows import Cell
from store.journal import Entry

COLUMNS = (("", 5), ("left", 4), ("command", 10), ("account", 14), ("who", 10))
"""Names and cells of the columns before the last, which takes the rest: what it asks."""


URGENT = 10 * MINUTE
"""Time left below which it is said louder."""


@dataclass(frozen=True)
class Item:
    """A command, our own decision about it, and whether it still waits."""

    command: Command
    ballot: Entry | None
    waits: bool


class ApprovalList(ItemList[Item]):
    """Commands by their ids. `seen` and `marked` hold ids: of those looked at, and of those chosen for one decision."""

    BINDINGS = bindings("list", "figures")

    def __init__(self, asks: Callable[[Command], str]) -> None:
        """`asks` says what a command asks for; it is called for those on screen."""
        super().__init__()
        self._asks = asks
        self.seen: set[str] = set()
        self.marked: set[str] = set()
        self._meta: CoreMeta | None = None
        self._now = 0

    def tell(self, items: Sequence[Item], meta: CoreMeta | None, now: int) -> None:
        """Show these, `now` by the core's clock. Marks of what waits no more are dropped.

        The cursor begins on the first; when its command is gone it stands on none until it is moved.
        """
        self._meta, self._now = meta, now
        self.marked &= {item.command.id for item in items if item.waits}
        self.take(items)
        self.begin()

    def name_of(self, item: Item) -> str:
        return item.command.id

    def chosen(self) -> list[Item]:
        """The marked ones, else the one under the cursor."""
        marked = [item for item in self.items if item.command.id in self.marked]
        return marked or ([self.current] if self.current is not None else [])

    def name_at(self, index: int) -> str | int | None:
        return self.items[index].command.id

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        item, colours = self.items[index], self.palette
        command, ballot = item.command, item.ballot
        own = self._meta is not None and is_own(command, self._meta)
        plain = colours.plain if item.waits and not own else colours.faint
        left = command.not_after - self._now
        state = ballot.state if ballot is not None else ""
        rest = width - sum(size + 1 for _, size in COLUMNS) - 1
        return [
            ("■" if command.id in self.marked else " ", 1, False, colours.accent),
            ("✓" if command.id in self.seen else " ", 1, False, colours.good),
            (INTENT_GLYPHS.get(state, " "), 1, False, intent_style(state, colours)),
            (formats.age(left) if item.waits else "", 4, True, colours.warning if left < URGENT else plain),
            (term("ui.command", clean(command.type, 40)), 10, False, plain),
            (clean(command.target.id, 72), 14, False, plain),
            (tr("approvals.own") if own else clean(command.created_by, 24), 10, False, plain),
            (self._asks(command) if item.waits else outcome(command), max(1, rest), False, plain),
        ]
