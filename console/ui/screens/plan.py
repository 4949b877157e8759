"""One plan: how far it is, and every account with what became of it and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.widget import Widget

from console.core.instants import SECOND
from console.desk import bulk
from console.language import term, tr
from console.ui import formats, reason_codes
from console.ui.actions import bindings
from console.ui.plans import GLYPHS, Followed, pace_and_end, result_style, result_words, results
from console.ui.screens.plans import STATE_GLYPHS, Steering, state_style
from console.ui.text import clean
from console.ui.themes import palette
from console.ui.widgets.lines import Lines
from console.ui.widgets.rows import Cell, RowList
from store.plans import Item, Plans, Target

if TYPE_CHECKING:
    from console.desk.export import Extract

BAR = 30
NARROW, WIDE, ROOMY = (12, 15, 15), (24, 19, 19), 100
"""Cells of account, exposure and result, and the width from which there is room for more."""


class ItemList(RowList):
    """The accounts of a plan by their position; only those in sight are read."""

    BINDINGS: ClassVar = bindings("figures")

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._plans: Plans | None = None
        self._count = 0
        self._items: dict[int, Item] = {}
        self._now = 0
        self._exponents: dict[str, int] = {}

    def tell(self, plans: Plans, count: int, now: int, exponents: dict[str, int]) -> None:
        """A new look: the items in sight are read again."""
        first = not self._count
        self._plans, self._count, self._now, self._exponents = plans, count, now, exponents
        self._items.clear()
        self.resize_to_rows()
        if first and count:
            self.place(1, show=False)
        self.refresh()

    def total(self) -> int:
        return self._count

    def key_at(self, index: int) -> int:
        return index + 1

    def index_of(self, key: int) -> int | None:
        return key - 1 if 1 <= key <= self._count else None

    def item(self, position: int | None) -> Item | None:
        """The item at a position, read with the page around it."""
        if position is not None and position not in self._items and self._plans is not None:
            first = min(position, self.top + 1)
            read = self._plans.items(self._number, first, max(self.height + 1, position - first + 1))
            self._items |= {item.position: item for item in read}
        return self._items.get(position or 0)

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        item, colours = self.item(index + 1), self.palette
        if item is None:
            return [("", width, False, colours.faint)]
        target, style = item.target, result_style(item.result, colours)
        amount = formats.money(target.exposure_minor, target.currency, self._exponents)
        account_width, money_width, result_width = WIDE if width >= ROOMY else NARROW
        cells: list[Cell] = [
            (str(item.position), 5, True, colours.faint),
            (GLYPHS.get(item.result, " "), 1, False, style),
            (clean(target.account_id, 72), account_width, False, colours.plain),
            (f"{amount} {clean(target.currency, 3)}", money_width, True, colours.plain),
            (result_words(item.result), result_width, False, style),
            (formats.age(None if item.ended_at is None else self._now - item.ended_at), 4, True, colours.faint),
        ]
        rest = width - sum(size for _, size, _, _ in cells) - len(cells)
        why = term("ui.skipped", item.why or "") if item.result == "SKIPPED" else clean(item.why, 60)
        told = why if item.result != "CONFIRMED" else ""
        return [*cells, (told or self._own(target), max(1, rest), False, colours.faint)]

    def _own(self, target: Target) -> str:
        """The limit made for this account alone, where there is one, and why."""
        own = target.params or {}
        if not isinstance(own.get("value_minor"), int) or "from_minor" not in own:
            return ""
        amounts = [formats.money(own[name], target.currency, self._exponents) for name in ("from_minor", "value_minor")]
        return f"{amounts[0]} → {amounts[1]} {term('review.moved', clean(own.get('why'), 16))}"


class PlanScreen(Steering):
    """A plan and its accounts, the greatest exposure first."""

    DEFAULT_CSS = "PlanScreen ItemList { padding: 0 0 0 1; } PlanScreen #about { height: 2; padding: 0 1; }"
    NAME = "plan"
    SHOWS_ITEMS = True

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._read_at = 0

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("about")
        yield ItemList(self._number)

    @property
    def table(self) -> ItemList:
        return self.query_one(ItemList)

    def home_focus(self) -> Widget | None:
        return self.table

    def number(self) -> int | None:
        return self._number

    def extract(self) -> Extract | None:
        from console.desk.extracts import whole

        return whole(self.sight.home.journal, "v_plan_item", "plan", self._number)

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        situation = self.sight.situation
        if self.sight.journal is not None and (journal_changed or situation.now - self._read_at >= SECOND):
            self._read_at = situation.now
            self._read(Plans(self.sight.journal))
        super().looked(mirror_changed, journal_changed)

    def _read(self, plans: Plans) -> None:
        """The plan as it is; a journal that was put back from before it does not have it."""
        situation, plan = self.sight.situation, plans.get(self._number)
        if plan is None:
            self.desk.say(tr("plans.no_such", number=self._number), "warning")
            return
        followed = Followed(plan, bulk.progress(plans, plan, situation.now))
        self.table.tell(plans, followed.progress.results.accounts, situation.now, situation.exponents)
        self._tell(followed)

    def _tell(self, followed: Followed) -> None:
        colours, plan = palette(self.app.theme_variables), followed.plan
        style = state_style(plan.state, colours)
        title = Text(
            tr("ui.plan.title", number=plan.number, action=term("ui.command", plan.order.type)), colours.strong
        )
        title.append(f"  {STATE_GLYPHS[plan.state]} {term('plans.state', plan.state)}", style)
        told = [reason_codes.words(plan.order.reason_code), clean(plan.created_by, 20), clean(plan.order.note, 200)]
        title.append(f"  {' · '.join(part for part in told if part)}", colours.faint)
        why = term("ui.plan.why", plan.why) if plan.why else ""
        waits = term("ui.waits_for", plan.waits_for) if plan.waits_for else ""
        line = Text(formats.bar(followed.progress.share, BAR), style).append(f"  {followed.done}  ", colours.plain)
        line.append(waits or why or pace_and_end(followed.progress), colours.warning if waits or why else colours.faint)
        for each in (title, line):
            each.truncate(self.app.size.width - 2, overflow="ellipsis")
        self.query_one("#title", Lines).show(title)
        self.query_one("#about", Lines).show(Text("\n").join([line, results(followed.progress.results, colours)]))

    def do_look(self, _: str) -> None:
        """Open the account under the cursor."""
        item = self.table.item(self.table.cursor)
        if item is not None:
            self.desk.open_account(item.target.account_id)
