"""Filters as people type them: what is wrong with one in words, and one as a test of the rows of a short list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from console.desk import patterns
from console.language import tr
from console.ui.text import clean
from console.ui.widgets.prompt import Fault
from store.fields import Condition, Field, Fields, Operand, check
from store.grammar import Operator, QueryError, parse

Row = TypeVar("Row")
Read = Callable[[Row], Operand | None]
"""A row's value of a field: a text, a number, a place in a rank, whole units of money, microseconds of an age."""


@dataclass(frozen=True)
class Column(Generic[Row]):
    """A field of a short list's rows, and how it is read."""

    field: Field
    read: Read[Row]


def fault(error: QueryError) -> Fault:
    """What is wrong, in words, and what was meant."""
    words = tr(f"ui.query.{error.trouble}", word=clean(error.word, 40), meant=clean(error.meant, 60))
    if error.meant and error.trouble == "unknown_field":
        words += tr("ui.query.meant", meant=error.meant)
    return Fault(error.at, words)


def failed(error: Exception) -> str:
    """Why a filter that can be understood brought nothing."""
    if isinstance(error, patterns.TooSlow):
        return tr("ui.query.too_slow", seconds=round(patterns.PASS_S))
    return tr("ui.query.failed", error=clean(error) or type(error).__name__)


def conditions(text: str, fields: Fields) -> tuple[Condition, ...]:
    """A filter's conditions on some fields. Raises QueryError."""
    return check(parse(text), fields, patterns.wrong)


def test(
    wanted: Sequence[Condition], reads: Mapping[str, Read[Row]], text: Callable[[Row], str]
) -> Callable[[Row], bool]:
    """Tells of a row whether all conditions hold. `text` is what bare words are looked for in."""

    def holds(row: Row) -> bool:
        return all(_holds(one, reads, text, row) != one.inverse for one in wanted)

    return holds


def _holds(one: Condition, reads: Mapping[str, Read[Row]], text: Callable[[Row], str], row: Row) -> bool:
    if one.field is None:
        word = str(one.operands[0])
        if one.term.shape == "regex":
            return patterns.matches(word, text(row))
        told = text(row).lower()
        return subsequence(word.lower(), told) if one.term.shape == "fuzzy" else word.lower() in told
    value = reads[one.field.name](row)
    return value is not None and any(_is(one, value, operand) for operand in one.operands)


def _is(one: Condition, value: Operand, operand: Operand) -> bool:
    if isinstance(value, str) or isinstance(operand, str):
        told, asked = str(value), str(operand)
        kind = one.field.kind if one.field else ""
        if kind == "id":
            return told.startswith(asked)
        return asked.lower() in told.lower() if kind == "part" else told.lower() == asked.lower()
    return COMPARED[one.operator](value, operand)


def sorted_rows(rows: Sequence[Row], read: Read[Row], falling: bool) -> list[Row]:
    """Rows by a value; those that have none come last, equal ones stay in their order."""
    valued = [(read(row), row) for row in rows]
    known = sorted(((value, row) for value, row in valued if value is not None), key=_first, reverse=falling)
    return [row for _, row in known] + [row for value, row in valued if value is None]


def _first(pair: tuple[Operand, object]) -> tuple[bool, Operand]:
    return isinstance(pair[0], str), pair[0]


COMPARED: Mapping[Operator, Callable[[float, float], bool]] = {
    "=": lambda value, operand: value == operand,
    ">": lambda value, operand: value > operand,
    "<": lambda value, operand: value < operand,
    ">=": lambda value, operand: value >= operand,
    "<=": lambda value, operand: value <= operand,
}


def subsequence(letters: str, text: str) -> bool:
    """Whether a text has these letters in this order."""
    rest = iter(text)
    return all(letter in rest for letter in letters)
