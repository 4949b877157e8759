"""Rows written together are what they are one by one, however they are given."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.batch import ROWS, Columns, run

INSERT = "INSERT INTO pair (number, word) VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET word = excluded.word"
ROW = st.tuples(st.integers(0, 99), st.none() | st.text(max_size=3))


def written(statement: str, rows: list[tuple[int, str | None]] | Columns) -> list[tuple[int, str | None]]:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE pair (number INTEGER PRIMARY KEY, word TEXT)")
    run(database, statement, rows)
    return database.execute("SELECT * FROM pair ORDER BY number").fetchall()


@given(st.lists(ROW, max_size=5), st.integers(0, 2 * ROWS + 1))
def test_rows_and_columns_are_written_in_their_order(some: list[tuple[int, str | None]], more: int) -> None:
    rows = [(number, str(number)) for number in range(more)] + some
    last = sorted(dict(rows).items())
    assert written(INSERT, rows) == last
    assert written(INSERT, Columns(*zip(*rows, strict=True))) == last


def test_columns_of_unequal_length_are_refused() -> None:
    for words in (["a"] * ROWS, ["a"] * (ROWS + 2)):
        with pytest.raises(ValueError, match="size"):
            written(INSERT, Columns(range(ROWS + 1), words))
