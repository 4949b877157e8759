"""Timestamps read in bulk: the same instants, and the same refusals, as one by one."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.core import instants
from console.core.instants import wire
from console.core.timestamps import parse_all, parse_columns

MOMENTS = st.datetimes().map(lambda when: (when - datetime(1970, 1, 1)) // instants.MICROSECOND)
WHOLE_SECONDS = MOMENTS.map(lambda at: wire(at - at % instants.SECOND).replace(".000000", ""))
ODD = st.sampled_from(
    [
        "2026-02-29T00:00:00.000000Z",
        "2024-02-29T23:59:59.999999Z",
        "2026-11-20T24:00:00.000000Z",
        "2026-11-20T23:60:00.000000Z",
        "2026-13-20T23:00:00.000000Z",
        "2026-00-20T23:00:00.000000Z",
        "0000-01-01T00:00:00.000000Z",
        "2026-11-20 21:14:09.220511Z",
        "2026-11-20T21:14:09.220511+",
        "2026-11-20T21:14:09.2205114Z",
        "2026-11-20T21:14:09+02:00",
        "2026-11-20T21:14:09",
        "２026-11-20T21:14:09Z",
        "soon",
        "",
    ]
)
DAMAGED = st.tuples(MOMENTS.map(wire), st.integers(0, 26), st.characters(max_codepoint=255)).map(
    lambda it: it[0][: it[1]] + it[2] + it[0][it[1] + 1 :]
)


def one_by_one(texts: list[str]) -> list[int] | None:
    try:
        return [int(instants.parse(text)) for text in texts]
    except ValueError:
        return None


def at_once(texts: list[str]) -> list[int] | None:
    try:
        read: list[int] = parse_all(texts).tolist()
    except ValueError:
        return None
    return read


@given(st.one_of(*(st.lists(form, max_size=6) for form in (MOMENTS.map(wire), WHOLE_SECONDS, ODD, DAMAGED))))
def test_all_at_once_is_the_same_as_one_by_one(texts: list[str]) -> None:
    assert at_once(texts) == one_by_one(texts)


@given(st.lists(MOMENTS.map(wire) | WHOLE_SECONDS | ODD | DAMAGED, max_size=6))
def test_mixed_forms_too(texts: list[str]) -> None:
    assert at_once(texts) == one_by_one(texts)


def test_texts_that_only_join_to_the_form_are_refused() -> None:
    whole = wire(0)
    with pytest.raises(ValueError, match="1970"):
        parse_all([whole + whole[:2], whole[2:]])


COLUMN = st.lists(st.one_of(MOMENTS.map(wire), WHOLE_SECONDS), max_size=3)


@given(st.lists(COLUMN, min_size=1, max_size=3))
def test_columns_together_are_the_same_as_each_alone(columns: list[list[str]]) -> None:
    read = parse_columns({str(number): texts for number, texts in enumerate(columns)})
    assert [column.tolist() for column in read.values()] == [one_by_one(texts) for texts in columns]


def test_a_text_that_is_no_timestamp_is_refused_with_its_column() -> None:
    with pytest.raises(ValueError, match=r"`\$\.posted_at`"):
        parse_columns({"occurred_at": ["2026-11-20T21:14:09Z"], "posted_at": ["soon"]})
