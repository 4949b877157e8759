"""The filter grammar of the console: words and `field:op value`, compiled to SQL with parameters.

    words       match an account or customer id by any part of it, or a status or level by name
    status:frozen  level>=high  risk>0.8  balance>1,000  used>80  alerts>0  customer:cus_7  id:acc_01  rule:ATO-1
    name:陈        a masked customer name by any part of it
    !           before a term turns it round

Terms are joined by `and`. Amounts are in whole units of the account's currency, risk in 0..1, used in per cent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from store.mirror_schema import LEVELS

Trouble = Literal[
    "unknown_field", "unknown_level", "not_a_number", "no_value", "not_comparable", "unclosed_quote", "too_many"
]
Parameter = str | int | float

OPERATORS = {":": "=", "=": "=", ">": ">", "<": "<", ">=": ">=", "<=": "<=", "!=": "<>"}
MAX_TERMS = 12


class QueryError(ValueError):
    """A filter that can't be understood: what is wrong, where (0-based, in characters) and the word it stands at."""

    def __init__(self, trouble: Trouble, at: int, word: str) -> None:
        super().__init__(f"{trouble} at {at}: {word}")
        self.trouble, self.at, self.word = trouble, at, word


@dataclass(frozen=True)
class Term:
    """Selects account numbers with one statement; `inverse` keeps the others."""

    sql: str
    parameters: tuple[Parameter, ...]
    inverse: bool = False


TERM = re.compile(r"""(?P<inverse>!?)(?:(?P<field>[A-Za-z_]+)(?P<op>>=|<=|!=|[:=<>]))?(?P<value>"[^"]*"?|[^\s"]*)""")


def parse(text: str, exponents: Mapping[str, int]) -> tuple[Term, ...]:
    """The terms of a filter, at most 12. `exponents` holds the decimal places of each currency.

    Raises QueryError, which points at the first thing that is wrong.
    """
    terms: list[Term] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        if len(terms) == MAX_TERMS:
            raise QueryError("too_many", position, text[position:])
        match = TERM.match(text, position)
        if match is None or match.end() == position:
            raise QueryError("unclosed_quote", position, text[position:])
        terms.append(_term(match, exponents))
        position = match.end()
    return tuple(terms)


def _term(match: re.Match[str], exponents: Mapping[str, int]) -> Term:
    value = match["value"]
    if value.startswith('"'):
        if len(value) < 2 or not value.endswith('"'):
            raise QueryError("unclosed_quote", match.start("value"), value)
        value = value[1:-1]
    if not value:
        raise QueryError("no_value", match.start("value"), match[0])
    name = match["field"]
    if name is None:
        return _plain(value, bool(match["inverse"]))
    build = FIELDS.get(name.lower())
    if build is None:
        raise QueryError("unknown_field", match.start("field"), name)
    operator = OPERATORS[match["op"]]
    try:
        sql, parameters = build(operator if operator != "<>" else "=", value, exponents)
    except _BadValueError as error:
        raise QueryError(error.trouble, match.start("value"), value) from error
    return Term(sql, parameters, bool(match["inverse"]) != (operator == "<>"))


class _BadValueError(Exception):
    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


Built = tuple[str, tuple[Parameter, ...]]
Builder = Callable[[str, str, Mapping[str, int]], Built]


def _plain(value: str, inverse: bool) -> Term:
    word = value.lower()
    if word in LEVELS:
        return Term(*_level("=", word, {}), inverse)
    if word in STATUSES:
        return Term("SELECT account FROM account WHERE status = ?", (word,), inverse)
    parts = (
        "SELECT account FROM account WHERE instr(account_id, ?)",
        "SELECT account FROM account WHERE instr(customer_id, ?)",
    )
    return Term(" UNION ".join(parts), (value, value), inverse)


STATUSES = ("pending", "active", "frozen", "closing", "closed")


def _number(value: str) -> float:
    try:
        number = float(value.replace(",", ""))
    except ValueError:
        raise _BadValueError("not_a_number") from None
    if not math.isfinite(number):
        raise _BadValueError("not_a_number")
    return number


def _level(operator: str, value: str, _: Mapping[str, int]) -> Built:
    if value.lower() not in LEVELS:
        raise _BadValueError("unknown_level")
    return f"SELECT account FROM account_risk WHERE risk_level {operator} ?", (LEVELS.index(value.lower()),)  # noqa: S608


def _risk(operator: str, value: str, _: Mapping[str, int]) -> Built:
    return f"SELECT account FROM account_risk WHERE risk_score {operator} ?", (_number(value),)  # noqa: S608


def _alerts(operator: str, value: str, _: Mapping[str, int]) -> Built:
    return f"SELECT account FROM account_risk WHERE open_alerts {operator} ?", (_number(value),)  # noqa: S608


def _used(operator: str, value: str, _: Mapping[str, int]) -> Built:
    share = "100.0 * (credit_limit_minor - available_minor) / credit_limit_minor"
    return f"SELECT account FROM account WHERE credit_limit_minor > 0 AND {share} {operator} ?", (_number(value),)  # noqa: S608


def _amount(column: str) -> Builder:
    def build(operator: str, value: str, exponents: Mapping[str, int]) -> Built:
        number = _number(value)
        cases = " ".join("WHEN ? THEN ?" for _ in exponents)
        wanted = f"CASE currency {cases} ELSE ? END" if exponents else "?"
        scaled = tuple(part for code, places in exponents.items() for part in (code, number * 10**places))
        return f"SELECT account FROM account WHERE {column} {operator} {wanted}", (*scaled, number)  # noqa: S608

    return build


def _word(column: str) -> Builder:
    def build(operator: str, value: str, _: Mapping[str, int]) -> Built:
        if operator != "=":
            raise _BadValueError("not_comparable")
        return f"SELECT account FROM account WHERE {column} = ?", (value,)  # noqa: S608

    return build


def _prefix(column: str) -> Builder:
    def build(operator: str, value: str, _: Mapping[str, int]) -> Built:
        if operator != "=":
            raise _BadValueError("not_comparable")
        return f"SELECT account FROM account WHERE {column} >= ? AND {column} < ?", (value, value + "\U0010ffff")  # noqa: S608

    return build


def _name(operator: str, value: str, _: Mapping[str, int]) -> Built:
    if operator != "=":
        raise _BadValueError("not_comparable")
    return (
        "SELECT a.account FROM resource c JOIN account a ON a.customer_id = c.id"
        " WHERE c.type = 'customer' AND c.deleted = 0 AND instr(json_extract(c.doc, '$.name_masked'), ?)"
    ), (value,)


def _rule(operator: str, value: str, _: Mapping[str, int]) -> Built:
    if operator != "=":
        raise _BadValueError("not_comparable")
    return (
        "SELECT t.account FROM alert t WHERE EXISTS"
        " (SELECT 1 FROM json_each(t.rule_ids) WHERE json_each.value = ? COLLATE NOCASE)"
    ), (value,)


FIELDS: dict[str, Builder] = {
    "risk": _risk,
    "score": _risk,
    "level": _level,
    "status": _word("status"),
    "currency": _word("currency"),
    "balance": _amount("balance_minor"),
    "limit": _amount("credit_limit_minor"),
    "available": _amount("available_minor"),
    "used": _used,
    "alerts": _alerts,
    "id": _prefix("account_id"),
    "account": _prefix("account_id"),
    "customer": _prefix("customer_id"),
    "name": _name,
    "rule": _rule,
}
"""Every field of the grammar and how it becomes SQL; operators and columns come from this module, values are bound."""
