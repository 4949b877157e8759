"""A screen to read: a title over text that scrolls."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import VerticalScroll
from textual.widget import Widget

from console.ui.screens.base import DeskScreen
from console.ui.widgets.lines import Lines


class ReadingScreen(DeskScreen):
    """Base of the screens that hold one text, as of when they were opened. A subclass fills `heading` and `text`."""

    DEFAULT_CSS = "ReadingScreen VerticalScroll { height: 1fr; padding: 0 1; }"

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        with VerticalScroll():
            yield Lines("text", tall=True)

    @property
    def heading(self) -> Lines:
        return self.query_one("#title", Lines)

    @property
    def text(self) -> Lines:
        return self.query_one("#text", Lines)

    def home_focus(self) -> Widget | None:
        return self.query_one(VerticalScroll)

    def on_mount(self) -> None:
        self.draw()

    def redraw(self) -> None:
        self.draw()
        super().redraw()

    def draw(self) -> None:
        """Fill the title and the text."""
        raise LookupError("a screen must say what is to be read")
