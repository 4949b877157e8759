"""The language of filters: what is typed after `/`, as terms that all must hold.

    text                a part of a row's ids or words; in quotes with spaces
    -f text             the letters in this order, others may lie between
    /regex/             a regular expression, in which a slash is written `\\/`
    field:value         the field is so; `field:one,two` one of them; `field!=value` it is not
    field>value         also < >= <= and, written after the colon, field:>value
    !                   before a term turns it round

This module knows how terms are written; which fields there are and what their values mean is for `store.fields`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Trouble = Literal[
    "unknown_field", "unknown_value", "not_a_number", "not_a_share", "not_an_age", "out_of_range", "no_value",
    "not_comparable", "only_comparable", "only_one", "unclosed_quote", "unclosed_regex", "bad_regex", "too_many",
]  # fmt: skip
Shape = Literal["text", "fuzzy", "regex", "field"]
Operator = Literal["=", ">", "<", ">=", "<="]

MAX_TERMS = 12
FUZZY = "-f"
SPELLED: dict[str, Operator] = {">=": ">=", "<=": "<=", ">": ">", "<": "<", "=": "=", "!=": "=", "": "="}
"""The operators as they are typed after an optional colon; `!=` is `=` turned round."""


class QueryError(ValueError):
    """A filter that can't be understood: what is wrong, where (0-based, in characters), the word there, what was meant.

    `meant` is the nearest word that would be right, or all that would where they are few; empty where there is none.
    """

    def __init__(self, trouble: Trouble, at: int, word: str, meant: str = "") -> None:
        super().__init__(f"{trouble} at {at}: {word}")
        self.trouble, self.at, self.word, self.meant = trouble, at, word, meant


@dataclass(frozen=True)
class Term:
    """One condition. `values` holds one value, or the alternatives of the field `name`; `at` is where they stand."""

    shape: Shape
    values: tuple[str, ...]
    inverse: bool = False
    name: str = ""
    operator: Operator = "="
    at: int = field(default=0, compare=False)
    name_at: int = field(default=0, compare=False)


NAMED = re.compile(r"(?P<name>[A-Za-z_]+)(?P<op>>=|<=|!=|[><=]|:(?:>=|<=|!=|[><=])?)")
BARE = re.compile(r'[^\s"]+')
PIECE = re.compile(r'"(?P<quoted>[^"]*)"|(?P<bare>[^\s",]+)')
"""One of a field's alternatives."""
REGEX = re.compile(r"/((?:[^/\\]|\\.)*)/(?=\s|$)", re.DOTALL)


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a filter, at most 12. Raises QueryError, which points at the first thing that is wrong."""
    terms: list[Term] = []
    position = _blank(text, 0)
    while position < len(text):
        if len(terms) == MAX_TERMS:
            raise QueryError("too_many", position, text[position:])
        term, position = _term(text, position)
        terms.append(term)
        position = _blank(text, position)
    return tuple(terms)


def written(terms: Sequence[Term]) -> str:
    """The terms as they are typed; parsed again they are the same."""
    return " ".join(_written(term) for term in terms)


def _blank(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _term(text: str, position: int) -> tuple[Term, int]:
    """The term that begins at a position, and where it ends."""
    inverse = text[position] == "!"
    begin = position + inverse
    if text.startswith("/", begin):
        found = REGEX.match(text, begin)
        if found is None:
            raise QueryError("unclosed_regex", begin, text[begin:])
        if not found[1]:
            raise QueryError("no_value", begin + 1, text[begin:])
        return Term("regex", (found[1],), inverse, at=begin + 1), found.end()
    if re.match(rf"{FUZZY}(?:\s|$)", text[begin:]):
        begin = _blank(text, begin + len(FUZZY))
        value, end = _word(text, begin)
        return Term("fuzzy", (value,), inverse, at=begin), end
    named = NAMED.match(text, begin)
    if named is None:
        value, end = _word(text, begin)
        return Term("text", (value,), inverse, at=begin), end
    values, end = _alternatives(text, named.end())
    sign = named["op"].lstrip(":")
    name, turned = named["name"].lower(), inverse != (sign == "!=")
    return Term("field", values, turned, name, SPELLED[sign], named.end(), begin), end


def _word(text: str, position: int) -> tuple[str, int]:
    """A quoted or bare word."""
    if text.startswith('"', position):
        end = text.find('"', position + 1)
        if end < 0:
            raise QueryError("unclosed_quote", position, text[position:])
        if end == position + 1:
            raise QueryError("no_value", position, text[position : end + 1])
        return text[position + 1 : end], end + 1
    found = BARE.match(text, position)
    if found is None:
        raise QueryError("no_value", position, text[position:])
    return found[0], found.end()


def _alternatives(text: str, position: int) -> tuple[tuple[str, ...], int]:
    """A field's value, or several with commas between them."""
    values: list[str] = []
    while True:
        found = PIECE.match(text, position)
        if found is None:
            trouble: Trouble = "unclosed_quote" if text.startswith('"', position) else "no_value"
            raise QueryError(trouble, position, text[position:])
        value = found["quoted"] if found["bare"] is None else found["bare"]
        if not value:
            raise QueryError("no_value", position, found[0])
        values.append(value)
        position = found.end()
        if not text.startswith(",", position):
            return tuple(values), position
        position += 1


def _written(term: Term) -> str:
    sign = "!" if term.inverse else ""
    if term.shape == "regex":
        return f"{sign}/{term.values[0]}/"
    if term.shape == "fuzzy":
        return f"{sign}{FUZZY} {_quoted(term.values[0])}"
    if term.shape == "text":
        value = term.values[0]
        plain = not value.startswith(("!", "/")) and value != FUZZY and not NAMED.match(value)
        return sign + (value if plain and BARE.fullmatch(value) else f'"{value}"')
    bare = (value if PIECE.fullmatch(value) and value[0] not in "><=!" else f'"{value}"' for value in term.values)
    return f"{sign}{term.name}{':' if term.operator == '=' else term.operator}{','.join(bare)}"


def _quoted(value: str) -> str:
    return value if BARE.fullmatch(value) else f'"{value}"'
