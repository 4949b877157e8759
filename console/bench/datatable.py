"""Textual's own table with many rows, to be measured beside the console: `python -m console.bench.datatable ROWS`."""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable

from console.bench.population import account_id

COLUMNS = ("level", "score", "account", "customer", "status", "used", "balance", "age", "why")


class Tabled(App[None]):
    """As many columns as the list of accounts has, the cursor on a whole row."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.animation_level = "none"
        self._rows = rows

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns(*COLUMNS)
        table.add_rows(
            ("▲ high", "0.83", account_id(number), "M*** S******", "active", "68%", "37,036.06 CNY", "3m", "ATO-1")
            for number in range(self._rows)
        )
        table.focus()


if __name__ == "__main__":
    Tabled(int(sys.argv[1])).run()
