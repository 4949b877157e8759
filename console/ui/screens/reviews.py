"""The review queue: applications and limit requests that wait, with what is recommended for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from rich.text import Text
from textual.widget import Widget

from console.desk import papers
from console.language import tr
from console.ui.screens.deciding_papers import Reviewing
from console.ui.text import clean, fit
from console.ui.themes import palette
from console.ui.widgets.lines import Lines
from console.ui.widgets.papers import COLUMNS, RIGHT, Item, PaperList
from store import reviews
from store.life import UNRESOLVED
from store.papers import Paper

ORDERS = ("age", "amount", "points", "advice")


class ReviewsScreen(Reviewing):
    """What waits, the oldest first unless another order is chosen; Enter opens one."""

    DEFAULT_CSS = "ReviewsScreen PaperList { padding: 0 0 0 1; height: 1fr; }"
    NAME = "reviews"

    def __init__(self) -> None:
        super().__init__()
        self._order = ORDERS[0]

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("columns", "heading")
        yield PaperList(self.judge)

    @property
    def table(self) -> PaperList:
        return self.query_one(PaperList)

    def home_focus(self) -> Widget | None:
        return self.table

    def on_mount(self) -> None:
        self.set_focus(self.table)

    def paper(self) -> Paper | None:
        current = self.table.current
        return current.paper if current is not None else None

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        if journal_changed:
            self.by()
        self.table.tell(self._items(), self.sight.situation.exponents)
        self._heading()
        super().looked(mirror_changed, journal_changed)

    def _items(self) -> list[Item]:
        if self.sight.mirror is None:
            return []
        states = {entry.target_id: entry.state for entry in reversed(self.sight.commands) if entry.state in UNRESOLVED}
        journal = self.sight.journal
        decided = reviews.newest(journal) if journal is not None else {}
        found = []
        for paper, resource in papers.waiting(self.sight.mirror):
            choice, _ = decided.get((paper.type, paper.id), ("", 0))
            found.append(Item(paper, resource, str(states.get(paper.id, "")), choice))
        return sorted(found, key=self._key)

    def _key(self, item: Item) -> float:
        keys: Mapping[str, Callable[[Item], float]] = {
            "age": lambda _: 0.0,
            "amount": lambda one: -(one.resource.requested_limit_minor or 0),
            "points": self._points,
            "advice": self._advice,
        }
        return keys[self._order](item)

    def _points(self, item: Item) -> float:
        judged = self.judge(item.paper)
        return judged.advice.assessment.points if judged is not None else 0.0

    def _advice(self, item: Item) -> float:
        judged = self.judge(item.paper)
        order = ("refer", "decline", "less", "approve")
        return order.index(judged.advice.choice) if judged is not None else -1.0

    def _heading(self) -> None:
        colours, items = palette(self.app.theme_variables), self.table.items
        title = Text(tr("review.title"), colours.strong)
        kinds = {type_: sum(item.paper.type == type_ for item in items) for type_ in papers.OPEN}
        title.append("  " + tr("review.counts", **kinds, order=tr(f"review.order.{self._order}")), colours.faint)
        if self._by is not None:
            title.append(f"  {clean(self._by.policy_version, 60)}", colours.faint)
        title.truncate(self.app.size.width - 2, overflow="ellipsis")
        self.query_one("#title", Lines).show(title)
        heads = [fit(tr(f"review.column.{name}") if name else "", size, name in RIGHT) for name, size in COLUMNS]
        self.query_one("#columns", Lines).show(Text(" ".join([*heads, tr("review.column.advice")]), colours.heading))

    def do_look(self, _: str) -> None:
        """Open the paper under the cursor."""
        from console.ui.screens.review import ReviewScreen

        paper = self.paper()
        if paper is not None:
            self.app.push_screen(ReviewScreen(paper.type, paper.id))

    def do_sort(self, argument: str) -> None:
        """Order by what is named, else by the next of the orders."""
        if argument and argument not in ORDERS:
            self.desk.say(tr("review.no_order", known=", ".join(ORDERS)), "warning")
            return
        self._order = argument or ORDERS[(ORDERS.index(self._order) + 1) % len(ORDERS)]
        self.looked(False, False)

    def words_of_sort(self) -> Iterable[str]:
        return ORDERS
