"""The accounts behind a number of a backtest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from rich.text import Text
from textual.widget import Widget

from console.language import term, tr
from console.ui import formats
from console.ui.actions import bindings
from console.ui.backtesting import MOST_ROWS, Behind
from console.ui.screens.base import DeskScreen
from console.ui.text import clean
from console.ui.themes import palette
from console.ui.widgets.lines import Lines
from console.ui.widgets.rows import Cell, RowList


class BehindList(RowList):
    """Alerts, or accounts on which a rule fired, by their place."""

    BINDINGS = bindings("figures")

    def __init__(self, behind: Sequence[Behind]) -> None:
        super().__init__()
        self.behind = behind
        self.exponents: Mapping[str, int] = {}

    def total(self) -> int:
        return len(self.behind)

    def key_at(self, index: int) -> int:
        return index

    def index_of(self, key: int) -> int | None:
        return key if key < len(self.behind) else None

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        row, colours = self.behind[index], self.palette
        account: Cell = (clean(row["account_id"], 72), 24, False, colours.strong)
        if "rule" in row:
            return [account, (tr("ui.backtest.hits", count=row["hits"]), max(1, width - 26), False, colours.plain)]
        side = row["draft"] if row["draft"]["hits"] else row["live"]
        known = {"fraud": colours.bad, "legit": colours.good}.get(row["known"], colours.faint)
        money = formats.money(row["fraud_minor"], row["currency"], self.exponents) if row["fraud_minor"] else ""
        cells: list[Cell] = [
            account,
            (clean(row["opened_at"])[:16].replace("T", " "), 16, False, colours.plain),
            (formats.score(side["score"]), 4, True, colours.plain),
            (term("ui.known", row["known"]), 11, False, known),
            (money, 13, True, colours.plain),
        ]
        rest = width - sum(size for _, size, _, _ in cells) - len(cells) - 1
        return [*cells, (" ".join(clean(name, 24) for name in side["rules"]), max(1, rest), False, colours.faint)]


class BehindScreen(DeskScreen):
    """A list of accounts; one opens with enter."""

    DEFAULT_CSS = "BehindScreen BehindList { padding: 0 0 0 1; }"
    NAME = "behind"

    def __init__(self, label: Callable[[], str], behind: Sequence[Behind]) -> None:
        """`label` says in the language of the moment which number it is."""
        super().__init__()
        self._label, self._behind = label, behind

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield BehindList(self._behind)

    @property
    def table(self) -> BehindList:
        return self.query_one(BehindList)

    def home_focus(self) -> Widget | None:
        return self.table

    def on_mount(self) -> None:
        self.table.exponents = self.sight.situation.exponents
        self.table.resize_to_rows()
        self.table.place(0)

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        colours = palette(self.app.theme_variables)
        more = "+" if len(self._behind) == MOST_ROWS else ""
        title = Text(f"{self._label()}  ", colours.strong)
        title.append(tr("ui.backtest.behind", count=formats.count(len(self._behind)), more=more), colours.faint)
        title.truncate(self.app.size.width - 2, overflow="ellipsis")
        self.query_one("#title", Lines).show(title)
        super().looked(mirror_changed, journal_changed)

    def do_look(self, _: str) -> None:
        """Open the account under the cursor."""
        if self.table.cursor is not None:
            self.desk.open_account(str(self._behind[self.table.cursor]["account_id"]))
