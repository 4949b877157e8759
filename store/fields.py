"""What can be asked of a list: its fields, what each one's values mean, and the completion of what is being typed."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from store.grammar import FUZZY, NAMED, Operator, QueryError, Term, Trouble

Kind = Literal["id", "part", "word", "rank", "count", "amount", "score", "percent", "age"]
"""`id`: by its beginning. `part`: text by any part of it. `word`: a whole word.
`rank`: words in order. `count`: a number. `amount`: in whole units of its currency. `score`: 0..1 or in per cent.
`percent`: in per cent. `age`: how long ago, or how long still, as 15m, 2h, 30d."""
Operand = str | float

ORDERED: tuple[Kind, ...] = ("rank", "count", "amount", "score", "percent", "age")
ONLY_COMPARABLE: tuple[Kind, ...] = ("age",)
SIGNS = (":", "!=", ">", "<", ">=", "<=")
NEAR = 0.6
"""How alike two words must be for one to be meant by the other."""
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
MICROSECONDS = 1_000_000
LONGEST = 1e9
"""Units of time beyond which an age is for ever."""
THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


@dataclass(frozen=True)
class Field:
    """A field by its name. `values` are the words it knows: all there are for `rank`.

    A `word` may be another one, which a core made up since, but none that is nearly a known one: that is a slip.
    """

    name: str
    kind: Kind
    values: tuple[str, ...] = ()


Fields = Mapping[str, Field]


def fields(*known: Field) -> Fields:
    return {field.name: field for field in known}


@dataclass(frozen=True)
class Condition:
    """A term that a list can answer. `operands`: texts, numbers, places in a rank, or microseconds of an age.

    `field` is None for text, fuzzy text and regular expressions.
    """

    term: Term
    field: Field | None
    operands: tuple[Operand, ...]

    @property
    def operator(self) -> Operator:
        return self.term.operator

    @property
    def inverse(self) -> bool:
        return self.term.inverse


Checked = Callable[[str], str | None]
"""Says what is wrong with a regular expression, None when it is one."""


def check(terms: Sequence[Term], known: Fields, regex: Checked) -> tuple[Condition, ...]:
    """The terms as conditions on these fields. Raises QueryError, which points at the first thing that is wrong."""
    return tuple(_condition(term, known, regex) for term in terms)


def _condition(term: Term, known: Fields, regex: Checked) -> Condition:
    if term.shape == "regex" and (wrong := regex(term.values[0])) is not None:
        raise QueryError("bad_regex", term.at, term.values[0], wrong)
    if term.shape != "field":
        return _of_value(term, known) if term.shape == "text" else Condition(term, None, term.values)
    field = known.get(term.name)
    if field is None:
        raise QueryError("unknown_field", term.name_at, term.name, nearest(term.name, known))
    if term.operator != "=" and field.kind not in ORDERED:
        raise QueryError("not_comparable", term.at - len(term.operator), field.name)
    if term.operator == "=" and field.kind in ONLY_COMPARABLE:
        raise QueryError("only_comparable", term.at, field.name)
    try:
        return Condition(term, field, _operands(field, term))
    except _BadValueError as error:
        raise QueryError(error.trouble, term.at, ",".join(term.values), error.meant) from None


def _of_value(term: Term, known: Fields) -> Condition:
    """A text that is one of a field's words stands for that field: `frozen` for `status:frozen`."""
    word = term.values[0].lower()
    for field in known.values():
        if word in field.values:
            return Condition(term, field, (field.values.index(word) if field.kind == "rank" else word,))
    return Condition(term, None, term.values)


class _BadValueError(Exception):
    def __init__(self, trouble: Trouble, meant: str = "") -> None:
        super().__init__(trouble)
        self.trouble, self.meant = trouble, meant


def _operands(field: Field, term: Term) -> tuple[Operand, ...]:
    if field.kind in ("id", "part"):
        return term.values
    if field.kind == "word":
        return tuple(_word(field, value) for value in term.values)
    if field.kind == "rank":
        places = tuple(field.values.index(_word(field, value)) for value in term.values)
        if len(places) > 1 and term.operator != "=":
            raise _BadValueError("only_one")
        return places
    joined = ",".join(term.values)
    if len(term.values) > 1 and not THOUSANDS.fullmatch(joined):
        raise _BadValueError("only_one")
    return (READ[field.kind](joined.replace(",", "")),)


def _word(field: Field, value: str) -> str:
    if not field.values or value in field.values:
        return value
    found = next((word for word in field.values if word.lower() == value.lower()), None)
    meant = "" if found else nearest(value, field.values)
    if meant or (found is None and field.kind == "rank"):
        raise _BadValueError("unknown_value", meant or " ".join(field.values))
    return found or value


def _number(text: str, trouble: Trouble = "not_a_number") -> float:
    try:
        number = float(text)
    except ValueError:
        raise _BadValueError(trouble) from None
    if not math.isfinite(number):
        raise _BadValueError(trouble)
    return number


def _score(text: str) -> float:
    share = _number(text.removesuffix("%"), "not_a_share") / (100 if text.endswith("%") else 1)
    if not 0 <= share <= 1:
        raise _BadValueError("out_of_range")
    return share


def _percent(text: str) -> float:
    return _number(text.removesuffix("%"))


def _age(text: str) -> float:
    unit = UNITS.get(text[-1:])
    if unit is None:
        raise _BadValueError("not_an_age")
    return min(_number(text[:-1], "not_an_age"), LONGEST) * unit * MICROSECONDS


READ: Mapping[Kind, Callable[[str], float]] = {
    "count": _number, "amount": _number, "score": _score, "percent": _percent, "age": _age,
}  # fmt: skip


def nearest(word: str, known: Sequence[str] | Fields) -> str:
    """The known word most like this one, empty when none is alike."""
    return next(iter(difflib.get_close_matches(word.lower(), list(known), 1, NEAR)), "")


# ------------------------------------------------------------ completion


def completions(text: str, known: Fields) -> list[str]:
    """What the filter could go on to be: its last word completed as a field, an operator or a value of its field."""
    begin = max(text.rfind(" "), text.rfind("\t")) + 1
    if text.count('"') % 2:
        return []
    kept, word = text[:begin], text[begin:]
    if word.startswith("!"):
        kept, word = kept + "!", word[1:]
    if kept.rstrip().endswith(FUZZY) or word.startswith("/"):
        return []
    named = NAMED.match(word)
    if named is None:
        return [kept + found for found in _of_name(word.lower(), known)]
    field = known.get(named["name"].lower())
    if field is None:
        return []
    told, comma, begun = word[named.end() :].rpartition(",")
    named_already = {*told.split(","), begun}
    values = [value for value in field.values if value.startswith(begun.lower()) and value not in named_already]
    signs = [] if told or begun or named["op"] != ":" or field.kind not in ORDERED else list(SIGNS[2:])
    return [
        *(kept + word[: named.end()] + told + comma + value for value in values),
        *(kept + word + sign for sign in signs),
    ]


def _of_name(begun: str, known: Fields) -> list[str]:
    """Fields that begin so; one that is complete with the operators it takes."""
    exact = known.get(begun)
    if exact is None:
        return [f"{name}:" for name in known if name.startswith(begun)]
    equal, compared = SIGNS[:2], SIGNS[2:]
    if exact.kind in ONLY_COMPARABLE:
        return [begun + sign for sign in compared]
    if exact.kind == "rank":
        return [begun + sign for sign in SIGNS]
    return [begun + sign for sign in ((*compared, *equal) if exact.kind in ORDERED else equal)]
