"""The watch screen: accounts by risk, live."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from textual.widget import Widget

from console.language import tr
from console.ui import formats, rules
from console.ui.reasons import rule_ids
from console.ui.screens.deciding import Decisions
from console.ui.survey import Survey
from console.ui.text import clean, fit
from console.ui.themes import palette
from console.ui.widgets import columns
from console.ui.widgets.accounts import AccountTable
from console.ui.widgets.lines import Lines
from console.ui.widgets.prompt import Prompt
from console.ui.widgets.rows import RowList
from store.query import FIELDS, QueryError, parse
from store.reader import AccountRow


class WatchScreen(Decisions):
    """Accounts by risk. The line at the foot tells of the account under the cursor why it is suspect."""

    DEFAULT_CSS = """
    WatchScreen AccountTable { padding: 0 0 0 1; }
    WatchScreen #detail { height: 1; padding: 0 1; background: $surface; }
    """
    NAME = "watch"

    def __init__(self) -> None:
        super().__init__()
        self._newer = 0
        self._filter = ""
        self._waiting = False

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("columns", "heading")
        yield AccountTable()
        yield Lines("detail")

    @property
    def table(self) -> AccountTable:
        return self.query_one(AccountTable)

    def home_focus(self) -> Widget | None:
        return self.table

    def account(self) -> AccountRow | None:
        return self.table.chosen()

    def on_mount(self) -> None:
        self.set_focus(self.table)
        super().on_mount()
        self.first_order()
        self.desk.begin_survey()

    def first_order(self) -> None:
        """A first order in milliseconds; the surveyor brings the whole one."""
        if self.sight.mirror is not None and not self._filter and not self.table.total():
            self.table.offer(self.sight.mirror.order(most=500))

    # ------------------------------------------------------------ news

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        table, situation = self.table, self.sight.situation
        table.look_through(self.sight.mirror)
        table.tell(situation.now, situation.stream_now, situation.exponents, self.sight.intents())
        table.fade()
        if mirror_changed:
            table.reread()
            self.first_order()
        self._heading()
        self._detail()
        super().looked(mirror_changed, journal_changed)

    def surveyed(self, survey: Survey) -> None:
        """The surveyor's news; a survey of another filter than the present one is late and dropped."""
        if tuple(survey.terms) != tuple(self.desk.terms):
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

    def on_row_list_moved(self, _: RowList.Moved) -> None:
        self._detail()
        self.show_keys()

    def on_screen_resume(self) -> None:
        if self.table.cursor is not None:
            self.table.touch()
        super().on_screen_resume()

    # ------------------------------------------------------------ actions

    def do_open(self, _: str) -> None:
        """Open the account under the cursor."""
        row = self.account()
        if row is not None:
            self.desk.open_account(row.account_id)

    def do_filter(self, _: str) -> None:
        self.ask("/", [f"{name}:" for name in FIELDS], self._filter)

    def on_prompt_entered(self, event: Prompt.Entered) -> None:
        if event.kind == "/":
            self.apply_filter(event.text)
        super().on_prompt_entered(event)

    def apply_filter(self, text: str) -> bool:
        """Show only what the filter selects; a filter that can't be understood is shown with the place of the fault."""
        try:
            terms = parse(text, self.sight.situation.exponents)
        except QueryError as error:
            where = clean(text[: error.at]) + "▸" + clean(text[error.at :])
            self.desk.say(tr(f"ui.query.{error.trouble}", word=clean(error.word, 40), where=where), "bad")
            return False
        self.unsay()
        self._filter, self._waiting = text, True
        self.desk.survey(terms)
        self._heading()
        return True

    def survey_failed(self, error: Exception) -> None:
        self._waiting = False
        self.desk.say(tr("ui.query.failed", error=clean(error) or type(error).__name__), "bad")

    def leave(self) -> bool:
        """Escape: drop the filter, if there is one."""
        if not self._filter:
            return False
        return self.apply_filter("")

    # ------------------------------------------------------------ drawing

    def _heading(self) -> None:
        width = self.app.size.width - 2
        colours = palette(self.app.theme_variables)
        shown = tr("ui.watch.accounts", count=formats.count(self.table.total()))
        if self._filter:
            shown += "  /" + clean(self._filter, 60) + (" …" if self._waiting else "")
        newer = tr("ui.watch.newer", count=self._newer, key="r") if self._newer else ""
        line = Text(tr("ui.watch.title"), colours.strong).append(f"  {shown}", colours.faint)
        if newer:
            line.append(f"   ▲ {newer}", colours.warning)
        line.truncate(width, overflow="ellipsis")
        self.query_one("#title", Lines).show(line)
        titles = [fit(column.title, size, column.right) for column, size in columns.layout(self.table_width())]
        self.query_one("#columns", Lines).show(Text(" ".join(titles), colours.heading))

    def table_width(self) -> int:
        return self.table.scrollable_content_region.width or self.app.size.width - 2

    def _detail(self) -> None:
        row, colours = self.account(), palette(self.app.theme_variables)
        if row is None:
            nothing = self._filter and not self._waiting and not self.table.total()
            words = tr("ui.watch.nothing", filter=clean(self._filter, 40)) if nothing else tr("ui.watch.no_cursor")
            self.query_one("#detail", Lines).show(Text(words, colours.warning if nothing else colours.faint))
            return
        line = Text(clean(row.account_id, 72), colours.strong)
        line.append(f"  {clean(row.customer_name, 40)}")
        names = rule_ids(row.rule_ids) if row.alert_state == "open" else []
        why = " · ".join(rules.title(name) or name for name in names)
        line.append(f"  {why or tr('ui.watch.no_alert')}", colours.plain if why else colours.faint)
        line.truncate(self.app.size.width - 2, overflow="ellipsis")
        self.query_one("#detail", Lines).show(line)
