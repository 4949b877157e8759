"""A list of things that are known by a name."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from console.ui.widgets.rows import RowList

T = TypeVar("T")


class ItemList(RowList, Generic[T]):
    """Base of lists whose rows have no number: each name gets one, its own as long as the list stands."""

    def __init__(self) -> None:
        super().__init__()
        self.items: Sequence[T] = ()
        self._numbers: dict[Hashable, int] = {}
        self._places: Mapping[int, int] = {}

    def name_of(self, item: T) -> Hashable:
        """What an item is known by."""
        raise LookupError("a list must say what its items are known by")

    def take(self, items: Sequence[T]) -> None:
        """Show these. The cursor stays on its item; when that is gone it stands on none until it is moved."""
        self.items = items
        self._places = {self._number(item): place for place, item in enumerate(items)}
        self.resize_to_rows()
        self.refresh()

    def begin(self) -> None:
        """Put a cursor that was never placed on the first item."""
        if self.cursor is None and self.items:
            self.place(self.key_at(0), show=False)

    @property
    def current(self) -> T | None:
        """The one under the cursor."""
        index = self.cursor_index
        return None if index is None else self.items[index]

    def total(self) -> int:
        return len(self.items)

    def key_at(self, index: int) -> int:
        return self._number(self.items[index])

    def index_of(self, key: int) -> int | None:
        return self._places.get(key)

    def _number(self, item: T) -> int:
        return self._numbers.setdefault(self.name_of(item), len(self._numbers))
