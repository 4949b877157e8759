"""What can be exported: rows of the documented views, chosen and ordered as a list has them, or all of a view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from console.desk.export import Extract, Row
from store.extract import PART, Views
from store.files import StoreError
from store.reader import Numbers, Reader

Ids = Callable[[], Iterable[Sequence[object]]]
"""Gives the values of a view's key, part by part; asked in the thread that writes."""


def accounts(mirror: Reader, view: str, order: Numbers) -> Extract:
    """The accounts of an order in a view that has a row for each, or for some of them."""
    path, identity = mirror.path, mirror.identity

    def ids() -> Iterator[list[str]]:
        with closing(Reader(path)) as reader:
            if reader.identity != identity:
                raise StoreError(f"{path} was begun anew")
            for first in range(0, len(order), PART):
                yield list(reader.account_ids(order[first : first + PART].tolist()).values())

    return named(path, view, "account_id", ids, len(order))


def listed(path: Path, view: str, key: str, ids: Sequence[object]) -> Extract:
    """The rows with those values in a column, in their order."""
    parts = [ids[first : first + PART] for first in range(0, len(ids), PART)]
    return named(path, view, key, lambda: parts, len(ids))


def whole(path: Path, view: str, key: str | None = None, value: object = None) -> Extract:
    """All rows of a view, or those with a value in a column. Raises LookupError for a view that there is not."""

    def parts() -> Iterator[Sequence[Row]]:
        with closing(Views(path)) as views:
            yield from views.whole(view, key, value)

    return Extract(_columns(path, view), parts)


def named(path: Path, view: str, key: str, ids: Ids, total: int = 0) -> Extract:
    """The rows with those values in a column, in their order, `total` of them where that is known."""

    def parts() -> Iterator[Sequence[Row]]:
        with closing(Views(path)) as views:
            yield from views.named(view, key, ids())

    return Extract(_columns(path, view), parts, total)


def _columns(path: Path, view: str) -> list[str]:
    with closing(Views(path)) as views:
        return views.columns(view)
