"""The runbook of an alert: what to check and do about its kind of fraud, and when to call a person."""

from __future__ import annotations

from rich.text import Text

from console.ui import runbook
from console.ui.actions import bindings
from console.ui.screens.reading import ReadingScreen
from console.ui.text import clean
from console.ui.themes import palette
from store.reader import AccountRow


class RunbookScreen(ReadingScreen):
    """Over the alert that it is about; its key closes it again."""

    BINDINGS = bindings("runbook")
    NAME = "runbook"

    def __init__(self, row: AccountRow) -> None:
        super().__init__()
        self._row = row

    def account(self) -> AccountRow | None:
        return self._row

    def do_runbook(self, _: str) -> None:
        self.desk.do_back("")

    def draw(self) -> None:
        colours = palette(self.app.theme_variables)
        heading = Text(clean(self._row.account_id, 72), colours.strong)
        heading.append(f"  {runbook.title(self._row)}", colours.accent)
        self.heading.show(heading)
        self.text.show_pairs(runbook.told(self._row, colours), runbook.LABEL_WIDTH)
