"""A table of applicants as columns, and what is noticed about a column before anything is learned from it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from console.risk.columns import Bools, Floats

Places = NDArray[np.intp]
"""For each row the place of its bin, its fold or its word."""

_NAMED_ID = re.compile(r"(^|[_\W])(id|uuid|key|index|row)s?$|编号|序号|[证单卡户账]号$", re.IGNORECASE)


@dataclass(frozen=True)
class Numbers:
    """A column of numbers, NaN where one is missing."""

    name: str
    values: Floats

    def take(self, rows: Any) -> Numbers:  # noqa: ANN401 - whatever numpy takes as an index
        """The chosen rows, as numpy chooses them."""
        return Numbers(self.name, self.values[rows])


@dataclass(frozen=True)
class Words:
    """A column of words: `codes` are places in `words`, -1 where one is missing."""

    name: str
    codes: Places
    words: tuple[str, ...]

    def take(self, rows: Any) -> Words:  # noqa: ANN401
        """The chosen rows, as numpy chooses them."""
        return Words(self.name, self.codes[rows], self.words)


Column = Numbers | Words


@dataclass(frozen=True)
class Table:
    """Characteristics of applicants and, a row each, whether they defaulted."""

    columns: tuple[Column, ...]
    bad: Bools

    def __len__(self) -> int:
        return len(self.bad)

    def take(self, rows: Any) -> Table:  # noqa: ANN401
        """The chosen rows, as numpy chooses them."""
        return Table(tuple(column.take(rows) for column in self.columns), self.bad[rows])


def distinct(column: Column) -> int:
    """How many different values there are, the missing not among them."""
    if isinstance(column, Words):
        return len(np.unique(column.codes[column.codes >= 0]))
    return len(np.unique(column.values[~np.isnan(column.values)]))


def missing(column: Column) -> Bools:
    """The rows without a value."""
    return column.codes < 0 if isinstance(column, Words) else np.isnan(column.values)


def is_constant(column: Column) -> bool:
    """Nothing to tell rows apart by: one value for all, or none at all."""
    return distinct(column) + bool(missing(column).any()) <= 1


def is_id(column: Column) -> bool:
    """A column that names rows: words that hardly ever come twice, or whole numbers that never do and are in order, lie
    densely, or are called an id."""
    rows = int((~missing(column)).sum())
    different = distinct(column)
    if isinstance(column, Words):
        return different > max(50, rows / 2)
    if different < rows or rows < 3:
        return False
    known = column.values[~np.isnan(column.values)]
    if not (known == np.floor(known)).all():
        return False
    steps = np.diff(known)
    ordered = bool((steps > 0).all() or (steps < 0).all())
    return ordered or known.max() - known.min() < 2 * rows or bool(_NAMED_ID.search(column.name))


def alike(columns: Sequence[Column]) -> dict[str, str]:
    """Columns that repeat an earlier one value by value, each with the name of that one."""
    seen: dict[bytes, str] = {}
    found = {}
    for column in columns:
        values = column.values if isinstance(column, Numbers) else _first_seen(column.codes)
        key = values.tobytes()
        if key in seen:
            found[column.name] = seen[key]
        else:
            seen[key] = column.name
    return found


def _first_seen(codes: Places) -> Places:
    """Words numbered by their first row, so that the same pattern has the same numbers whatever the words."""
    known, first, back = np.unique(codes, return_index=True, return_inverse=True)
    rank = np.empty(len(known), np.intp)
    rank[np.argsort(first)] = np.arange(len(known))
    return np.asarray(np.where(codes < 0, -1, rank[back]), np.intp)
