"""The runbook of an alert: what to check and do about its kind of fraud, and when to call a person."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widget import Widget

from console.ui import runbook
from console.ui.actions import bindings
from console.ui.screens.base import DeskScreen
from console.ui.text import clean
from console.ui.themes import palette
from console.ui.widgets.lines import Lines
from store.reader import AccountRow


class RunbookScreen(DeskScreen):
    """Over the alert that it is about; its key closes it again."""

    DEFAULT_CSS = "RunbookScreen VerticalScroll { height: 1fr; padding: 0 1; }"
    BINDINGS = bindings("runbook")
    NAME = "runbook"

    def __init__(self, row: AccountRow) -> None:
        super().__init__()
        self._row = row

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        with VerticalScroll():
            yield Lines("text", tall=True)

    def home_focus(self) -> Widget | None:
        return self.query_one(VerticalScroll)

    def account(self) -> AccountRow | None:
        return self._row

    def on_mount(self) -> None:
        self.set_focus(self.home_focus())
        self._draw()

    def redraw(self) -> None:
        self._draw()
        super().redraw()

    def do_runbook(self, _: str) -> None:
        self.desk.do_back("")

    def _draw(self) -> None:
        colours = palette(self.app.theme_variables)
        heading = Text(clean(self._row.account_id, 72), colours.strong)
        heading.append(f"  {runbook.title(self._row)}", colours.accent)
        self.query_one("#title", Lines).show(heading)
        self.query_one("#text", Lines).show_pairs(runbook.told(self._row, colours), runbook.LABEL_WIDTH)
