"""Screens whose list a filter narrows: typed after `/`, completed, shown where it is wrong, dropped by escape."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from console.desk import patterns
from console.ui.filters import failed, fault
from console.ui.screens.base import DeskScreen
from console.ui.text import clean
from console.ui.widgets.prompt import Fault, Prompt
from console.ui.widgets.stream import Numbered, Page
from store.fields import Fields, completions
from store.grammar import QueryError
from store.query import MATCHES

PAGE_S = 1.0
"""How long the regular expressions of a filter may take on one page of a list."""


class Defining(Protocol):
    """A connection on which statements can call a function."""

    def define(self, name: str, arguments: int, function: Callable[..., bool]) -> None: ...


Item = TypeVar("Item", bound=Numbered)
Kept = TypeVar("Kept")
"""What a filter's terms become: conditions on rows, or SQL."""


class Filtering(DeskScreen, Generic[Kept]):
    """A subclass says which fields its rows have, reads a filter, and shows what one keeps. `filter` is as typed."""

    filter = ""

    def filter_fields(self) -> Fields:
        """The fields that a filter may name."""
        raise LookupError("a list that can be filtered must have fields")

    def read_filter(self, text: str) -> tuple[Kept, ...]:
        """What a filter says, in the subclass's own terms. Raises QueryError."""
        raise LookupError("a list that can be filtered must read filters")

    def show_filtered(self, kept: tuple[Kept, ...]) -> None:
        """Show only what a filter keeps."""
        raise LookupError("a list that can be filtered must show what is kept")

    def do_filter(self, argument: str) -> None:
        """Ask for a filter; one that is given counts at once."""
        if argument:
            self.apply_filter(argument)
        else:
            self.ask("/", lambda text: completions(text, self.filter_fields()), self.filter, self._fault)

    def on_prompt_entered(self, event: Prompt.Entered) -> None:
        """The base's handler is called after this one."""
        if event.kind == "/":
            self.apply_filter(event.text)

    def apply_filter(self, text: str) -> bool:
        """Show only what the filter keeps; one that can't be understood is told with the place of the fault."""
        try:
            read = self.read_filter(text)
        except QueryError as error:
            where = clean(text[: error.at]) + "▸" + clean(text[error.at :])
            self.desk.say(f"{fault(error).words}: {where}", "bad")
            return False
        self.unsay()
        self.filter = text
        self.show_filtered(read)
        return True

    def leave(self) -> bool:
        """Escape drops the filter."""
        return bool(self.filter) and self.apply_filter("")

    def sifted(self, store: Defining, page: Page[Item]) -> Page[Item]:
        """Reads pages as `page` does, within a time; a filter that fails on one is told, and the list ends there."""
        matching = patterns.Matching(PAGE_S)

        def sift(place: int, most: int) -> tuple[list[Item], int]:
            matching.begin()
            store.define(MATCHES, 2, matching)
            try:
                return page(place, most)
            except sqlite3.OperationalError as error:
                if not self.filter:
                    raise
                self.desk.say(failed(matching.late() or error), "bad")
                return [], 0

        return sift

    def _fault(self, text: str) -> Fault | None:
        try:
            self.read_filter(text)
        except QueryError as error:
            return fault(error)
        return None

    def filter_words(self) -> str:
        """The filter as the heading tells it."""
        return f"/{clean(self.filter, 60)}" if self.filter else ""
