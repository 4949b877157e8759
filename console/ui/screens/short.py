"""Screens of a short list, whose rows are all in memory: the same filters, as tests of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic

from console.ui import filters
from console.ui.filters import Column, Row
from console.ui.screens.arranging import Arranging
from store.fields import Condition, Fields, fields
from store.orders import Sort


class ShortList(Arranging[Condition], Generic[Row]):
    """A subclass says what its rows have, and shows `kept` of them at every look."""

    def __init__(self) -> None:
        super().__init__()
        self._conditions: tuple[Condition, ...] = ()

    def columns(self) -> Sequence[Column[Row]]:
        """What a filter may ask of a row."""
        raise LookupError("a short list must say what its rows have")

    def text_of(self, row: Row) -> str:
        """What bare words are looked for in."""
        raise LookupError("a short list must say what its rows tell")

    @property
    def filtered(self) -> bool:
        """Whether a filter may leave rows out."""
        return bool(self._conditions)

    def kept(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that the filter keeps, in the order chosen."""
        if not self._conditions and self.sort is None:
            return list(rows)
        reads = {column.field.name: column.read for column in self.columns()}
        kept = list(filter(filters.test(self._conditions, reads, self.text_of), rows))
        return filters.sorted_rows(kept, reads[self.sort.column], self.sort.falling) if self.sort else kept

    def sortable(self) -> Sequence[str]:
        return [column.field.name for column in self.columns()]

    def first_sort(self, column: str) -> Sort:
        kind = next(one.field.kind for one in self.columns() if one.field.name == column)
        return Sort(column, kind in ("rank", "count", "amount", "score", "percent"))

    def arranged(self) -> None:
        self.show_rows()

    def about(self) -> str:
        """Filter and sort as the heading tells them."""
        return "  ".join(filter(None, (self.filter_words(), self.sort_words())))

    def filter_fields(self) -> Fields:
        return fields(*(column.field for column in self.columns()))

    def read_filter(self, text: str) -> tuple[Condition, ...]:
        return filters.conditions(text, self.filter_fields())

    def show_filtered(self, kept: tuple[Condition, ...]) -> None:
        self._conditions = kept
        self.show_rows()

    def show_rows(self) -> None:
        """Show the rows anew."""
        self.looked(True, True)
