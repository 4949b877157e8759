"""The watch screen: accounts by risk, live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.widget import Widget

from console.desk import patterns
from console.language import tr
from console.ui import filters, formats
from console.ui.actions import bindings
from console.ui.screens.arranging import Arranging, marker
from console.ui.screens.marking import Marking
from console.ui.situation import end_mark
from console.ui.survey import Kind, Question, Survey
from console.ui.suspicion import suspicion
from console.ui.text import clean, fit
from console.ui.themes import palette
from console.ui.visit import Visit
from console.ui.widgets import columns
from console.ui.widgets.accounts import AccountTable
from console.ui.widgets.lines import Lines
from console.ui.widgets.marks import MOST
from console.ui.widgets.rows import RowList
from store.fields import Fields
from store.orders import SORTABLE, Sort, first_sort, ordering
from store.query import ACCOUNTS, Selection, select
from store.reader import AccountRow

if TYPE_CHECKING:
    from console.desk.export import Extract


class WatchScreen(Arranging[Selection], Marking):
    """Accounts by risk. The foot tells of the account under the cursor why it is suspect, beside its own normal."""

    DEFAULT_CSS = """
    WatchScreen #detail { height: 2; padding: 0 1; background: $surface; }
    """
    BINDINGS: ClassVar = bindings("arrange")
    NAME = "watch"
    KIND: ClassVar[Kind] = "risk"
    OWN_COLUMNS: ClassVar[columns.Own] = columns.NO_OWN
    LISTED_IN: ClassVar = "v_account"

    def __init__(self) -> None:
        super().__init__()
        self._selections: tuple[Selection, ...] = ()
        self._asked = Question(self.KIND)
        self._newer = 0
        self._waiting = False
        self._read_for: tuple[object, ...] = ()
        self._read: str | None = None
        self._spendable: dict[str, int] = {}

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("columns", "heading")
        yield AccountTable(self.OWN_COLUMNS)
        yield Lines("detail")

    @property
    def table(self) -> AccountTable:
        return self.query_one(AccountTable)

    def home_focus(self) -> Widget | None:
        return self.table

    def visit(self) -> Visit | None:
        return Visit(self.NAME)

    def account(self) -> AccountRow | None:
        return self.table.chosen()

    def marked(self) -> list[str]:
        return self.table.marks.ids

    def unmark(self) -> bool:
        return self.table.unmark()

    def on_mount(self) -> None:
        self.desk.begin_survey()

    def first_order(self) -> None:
        """A first order in milliseconds; the surveyor brings the whole one."""
        if self.sight.mirror is not None and not self.filter and self.sort is None and not self.table.total():
            self.table.offer(self.sight.mirror.order(most=500))

    # ------------------------------------------------------------ news

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        table, situation = self.table, self.sight.situation
        table.look_through(self.sight.mirror)
        ends = {ending.account_id: end_mark(ending, situation.core_now) for ending in reversed(situation.ends)}
        table.tell(situation.now, situation.stream_now, situation.exponents, self.sight.intents(), ends)
        table.fade()
        if mirror_changed:
            table.reread()
            self.first_order()
            self._sum_marked()
        self._heading()
        self._detail()
        super().looked(mirror_changed, journal_changed)

    def surveyed(self, survey: Survey) -> None:
        """The surveyor's news; a survey of another filter or order than the present one is late and dropped."""
        if survey.question != self.question:
            return
        if self._waiting:
            self._waiting = False
            self.table.replace(survey.order)
        else:
            self.table.offer(survey.order)
        self._heading()
        self._detail()

    def on_account_table_newer(self, event: AccountTable.Newer) -> None:
        self._newer = event.count
        self._heading()

    def on_account_table_marked(self, event: AccountTable.Marked) -> None:
        if event.refused:
            self.desk.say(tr("ui.bulk.too_many", most=formats.count(MOST)), "warning")
        self._sum_marked()
        self._heading()
        self.show_keys()

    def _sum_marked(self) -> None:
        """What can be spent on the marked accounts, as the mirror says."""
        marks, mirror = self.table.marks, self.sight.mirror
        self._spendable = mirror.exposure(marks.numbers) if len(marks) and mirror is not None else {}

    def on_row_list_moved(self, _: RowList.Moved) -> None:
        self._detail()
        self.show_keys()

    @property
    def question(self) -> Question:
        """Which accounts are shown."""
        by = ordering(self.sort, self.sight.situation.exponents) if self.sort else None
        return Question(self.KIND, self._selections, by)

    def on_screen_resume(self) -> None:
        self.desk.survey(self.question)
        if self.table.cursor is not None:
            self.table.touch()

    def extract(self) -> Extract | None:
        from console.desk import extracts

        mirror = self.sight.mirror
        return extracts.accounts(mirror, self.LISTED_IN, self.table.order) if mirror is not None else None

    # ------------------------------------------------------------ actions

    def do_open(self, _: str) -> None:
        """Open the account under the cursor."""
        row = self.account()
        if row is not None:
            self.desk.open_account(row.account_id)

    def filter_fields(self) -> Fields:
        return ACCOUNTS.fields

    def read_filter(self, text: str) -> tuple[Selection, ...]:
        return select(text, ACCOUNTS, self.sight.situation.exponents, patterns.wrong)

    def show_filtered(self, kept: tuple[Selection, ...]) -> None:
        self._selections = kept
        self._survey()

    def sortable(self) -> Sequence[str]:
        return SORTABLE

    def column_names(self) -> Sequence[str]:
        return columns.NAMES

    def first_sort(self, column: str) -> Sort:
        return first_sort(column)

    def arranged(self) -> None:
        self.table.show_columns(self.chosen)
        self._survey()

    def _survey(self) -> None:
        """Have the surveyor bring the accounts, where others are shown than asked for."""
        if self.question != self._asked:
            self._asked, self._waiting = self.question, True
            self.desk.survey(self.question)
        self._heading()

    def survey_failed(self, error: Exception) -> None:
        self._waiting = False
        self.desk.say(filters.failed(error), "bad")

    def leave(self) -> bool:
        """Escape: drop the marks, then the filter."""
        return self.unmark() or super().leave()

    # ------------------------------------------------------------ drawing

    def _heading(self) -> None:
        width = self.app.size.width - 2
        colours = palette(self.app.theme_variables)
        shown = tr(f"ui.{self.NAME}.accounts", count=formats.count(self.table.total()))
        if self.filter:
            shown += f"  {self.filter_words()}"
        if self.sort:
            shown += f"  {self.sort_words()}"
        if self._waiting:
            shown += " …"
        newer = tr("ui.watch.newer", count=self._newer, key=self.desk.key_of("refresh")) if self._newer else ""
        line = Text(tr(f"ui.{self.NAME}.title"), colours.strong)
        marks = len(self.table.marks)
        if marks:
            told = formats.amounts(self._spendable, self.sight.situation.exponents)
            line.append(
                f"  {columns.MARK} {tr('ui.bulk.marked', count=formats.count(marks), amounts=told)}", colours.accent
            )
        else:
            line.append(f"  {shown}", colours.faint)
        if newer:
            line.append(f"   ▲ {newer}", colours.warning)
        line.truncate(width, overflow="ellipsis")
        self.query_one("#title", Lines).show(line)
        heads = Text(style=colours.heading)
        for column, size in columns.layout(width := self.table_width(), self.table.columns_at(width)):
            sorted_by = self.sort is not None and column.name == self.sort.column
            heads.append(marker(self.sort) if self.sort and sorted_by else " ", colours.accent)
            heads.append(fit(column.title, size, column.right), colours.accent if sorted_by else colours.heading)
        self.query_one("#columns", Lines).show(heads[2:])

    def table_width(self) -> int:
        return self.table.scrollable_content_region.width or self.app.size.width - 1

    def _detail(self) -> None:
        colours = palette(self.app.theme_variables)
        row = self.account()
        if row is None:
            nothing = self.filter and not self._waiting and not self.table.total()
            words = tr("ui.watch.nothing", filter=clean(self.filter, 40)) if nothing else tr("ui.watch.no_cursor")
            lines = [Text(words, colours.warning if nothing else colours.faint), Text()]
        else:
            lines = suspicion(row, self._evidence(row), self.sight.situation.exponents, colours)
        for line in lines:
            line.truncate(self.app.size.width - 2, overflow="ellipsis")
        self.query_one("#detail", Lines).show(Text("\n").join(lines))

    def _evidence(self, row: AccountRow) -> str | None:
        """The evidence of the alert under the cursor, read again when its account was active."""
        key = (row.account_id, row.alert_id, row.last_activity_at)
        if key != self._read_for and self.sight.mirror is not None:
            self._read_for = key
            detail = self.sight.mirror.detail(row.account) if row.alert_state == "open" else None
            self._read = detail.alert.evidence if detail and detail.alert else None
        return self._read
