"""Rows of the documented views, part by part: no read transaction stays open for long, whatever takes the rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from store import files

Row = tuple[Any, ...]
PART = 1_000
"""Rows read at once."""


class Views:
    """The views of one of the two files, for one thread. Use it with `contextlib.closing`."""

    def __init__(self, path: Path) -> None:
        """Raises store.files.StoreError when the file is missing or no database."""
        self._connection = files.reader(path).conn
        self._connection.isolation_level = None

    def close(self) -> None:
        self._connection.close()

    def columns(self, view: str) -> list[str]:
        """The columns of a view, in order. Raises LookupError for a name that is none."""
        known = self._connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = ?", (view,))
        if known.fetchone() is None:
            raise LookupError(view)
        return [name for (name,) in self._connection.execute("SELECT name FROM pragma_table_info(?)", (view,))]

    def named(self, view: str, key: str, ids: Iterable[Sequence[object]]) -> Iterator[list[Row]]:
        """The rows with those values in a column, a part for each of the given ones, in their order."""
        self._check(view, key)
        statement = (
            f"SELECT v.* FROM json_each(?) wanted CROSS JOIN {view} v ON v.{key} = wanted.value"  # noqa: S608 - checked
            " ORDER BY wanted.key"
        )
        for part in ids:
            yield self._connection.execute(statement, (json.dumps(list(part)),)).fetchall()

    def whole(self, view: str, key: str | None = None, value: object = None) -> Iterator[list[Row]]:
        """All rows of a view, or those with a value in a column. For views that are short."""
        self._check(view, *([key] if key else []))
        condition = f" WHERE {key} = ?" if key else ""
        with closing(self._connection.cursor()) as rows:
            rows.execute(f"SELECT * FROM {view}{condition}", (value,) if key else ())  # noqa: S608 - checked
            while part := rows.fetchmany(PART):
                yield part

    def _check(self, view: str, *columns: str) -> None:
        """Names come from outside: only what the file itself has becomes a part of a statement."""
        missing = set(columns) - set(self.columns(view))
        if missing:
            raise LookupError(f"{view}.{min(missing)}")


def views(path: Path) -> list[str]:
    """The names of the documented views of a file, none where there is no file."""
    try:
        connection = files.reader(path).conn
    except files.StoreError:
        return []
    with closing(connection):
        found = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'view' AND name LIKE 'v\\_%' ESCAPE '\\'"
        )
        return sorted(name for (name,) in found)
