"""Text on screen that is painted again only when it differs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text
from textual.widgets import Static

Pair = tuple[Text, Text]
"""What stands on the left, and what on the right, wrapped in its own column."""


class Lines(Static):
    """One line, or several where `tall` is set, of text that is never read as markup."""

    DEFAULT_CSS = "Lines { height: 1; }"

    def __init__(self, name: str, classes: str = "", tall: bool = False) -> None:
        super().__init__(id=name, classes=classes, markup=False)
        self._tall = tall
        self._shown: object = None
        if tall:
            self.styles.height = "auto"

    def show(self, text: Text) -> None:
        """Show a text; nothing is painted when it is shown already."""
        if self._is_new(_content(text)):
            self.update(text, layout=self._tall)

    def show_pairs(self, pairs: Sequence[Pair], left: int) -> None:
        """Show two columns, the left one `left` cells wide; nothing is painted when they are shown already."""
        if self._is_new([(_content(first), _content(second)) for first, second in pairs]):
            table = Table.grid(padding=(0, 1, 0, 0), expand=True)
            table.add_column(width=left, no_wrap=True)
            table.add_column(ratio=1, overflow="fold")
            for pair in pairs:
                table.add_row(*pair)
            self.update(table)

    def _is_new(self, content: object) -> bool:
        known, self._shown = self._shown, content
        return known != content


def _content(text: Text) -> object:
    return text.plain, text.style, text.spans
