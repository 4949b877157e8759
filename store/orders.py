"""The orders that a list of accounts can be put in by a column: numbers of a million accounts in about half a second.

Only account numbers and one value each are read; rows are read by number when they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from store.query import STATUSES, USED, Parameter
from store.reader import Numbers, Reader


@dataclass(frozen=True)
class Sort:
    """A column by its name, the greatest (last, newest) first where it is `falling`."""

    column: str
    falling: bool


@dataclass(frozen=True)
class Ordering:
    """A sort in SQL: what it reads, with its parameters. `texts` reads the numbers in order, else value by number."""

    sql: str
    parameters: tuple[Parameter, ...]
    falling: bool
    texts: bool


TEXTS = {"account": "account_id", "customer": "customer_id"}
"""Columns of texts, which an index holds in order."""
VALUES = {
    "level": ("account_risk", "risk_score"),
    "score": ("account_risk", "risk_score"),
    "alerts": ("account_risk", "open_alerts"),
    "age": ("account_risk", "-last_activity_at"),
    "status": (
        "account",
        f"CASE status {' '.join(f'WHEN {word!r} THEN {at}' for at, word in enumerate(STATUSES))} END",
    ),
    "used": ("account", USED),
    "opened": ("account", "-opened_at"),
    "reason": ("alert", "CASE state WHEN 'open' THEN json_array_length(rule_ids) END"),
}
"""Columns of numbers: the table and the value. Ages rise from now on back."""
AMOUNTS = {"balance": "balance_minor", "limit": "credit_limit_minor", "available": "available_minor"}
"""Columns of money, told in whole units of its currency."""
SORTABLE = (*VALUES, *AMOUNTS, *TEXTS)
RISING = ("age", "opened", "status", *TEXTS)
"""Columns that one wants from their beginning on first; of the others the greatest come first."""


def first_sort(column: str) -> Sort:
    """A column in the direction that is wanted first."""
    return Sort(column, column not in RISING)


def ordering(sort: Sort, exponents: Mapping[str, int]) -> Ordering:
    """A sort in SQL. `exponents` holds the decimal places of each currency. Raises KeyError for no column of these."""
    if sort.column in TEXTS:
        by = f"{TEXTS[sort.column]} {'DESC' if sort.falling else 'ASC'}"
        return Ordering(f"SELECT account FROM account ORDER BY {by}, account", (), sort.falling, True)  # noqa: S608
    scale: tuple[Parameter, ...] = ()
    if sort.column in AMOUNTS:
        table, value = "account", f"1.0 * {AMOUNTS[sort.column]}"
        if exponents:
            value += f" / CASE currency {' '.join('WHEN ? THEN ?' for _ in exponents)} ELSE 1 END"
            scale = tuple(part for code, places in exponents.items() for part in (code, 10.0**places))
    else:
        table, value = VALUES[sort.column]
    sql = f"SELECT group_concat(account), group_concat(coalesce({value}, 'nan')) FROM {table}"  # noqa: S608 - own names
    return Ordering(sql, scale, sort.falling, False)


def sorted_accounts(mirror: Reader, by: Ordering) -> Numbers:
    """Every account in an order; those of which nothing is known come last, in order of first appearance."""
    if by.texts:
        return mirror.numbers(by.sql, by.parameters)
    accounts, values = mirror.rows(by.sql, by.parameters)[0]
    if not accounts:
        return mirror.everyone()
    numbers, keys = np.fromstring(accounts, np.int32, sep=","), np.fromstring(values, np.float64, sep=",")
    placed = numbers[np.lexsort((numbers, -keys if by.falling else keys))]
    everyone = mirror.everyone()
    return np.concatenate((placed, everyone[~np.isin(everyone, placed, assume_unique=True)]))
