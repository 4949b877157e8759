"""The portfolio: the mirror's accounts summed by what they are alike in, and the desk's history of it, a row a day.

One walk over the accounts, on a connection of its own; the history lives in the journal, for a mirror may be rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

from store.amounts import bounded, summed
from store.journal import Journal
from store.mirror_schema import LEVELS
from store.reader import Reader

KEPT_DAYS = 1_100
"""Days of history that are kept: three years."""


class Sum(NamedTuple):
    """Accounts of one currency that are alike. `band` and `age` are places among bounds, None where unknown.

    `late` is the day, among those asked for, that the accounts are past due at least. Money in minor units.
    """

    currency: str
    status: str
    level: str
    band: int | None
    age: int | None
    late: int
    accounts: int
    owed: int
    limit: int
    drawable: int
    squares: float
    kept: int


def sums(
    mirror: Reader, now: int, bands: Sequence[int], ages: Sequence[int], late: Sequence[int], ccf: float
) -> list[Sum]:
    """Every account that is not closed, as of stream time `now` (µs). `ccf` is the share of what may still be drawn
    that counts in the squares; `late` are days past due, the most first."""
    rows = mirror.rows(_statement(bands, ages, late), {"now": now, "ccf": ccf})
    return [Sum(row[0], row[1], LEVELS[row[2]], *row[3:]) for row in rows]


def _statement(bands: Sequence[int], ages: Sequence[int], late: Sequence[int]) -> str:
    held = "a.status IN ('frozen', 'closing') AND c.verdict = 'fraud'"
    days_late = "coalesce(CAST(a.doc ->> '$.days_past_due' AS INTEGER), 0)"
    past_due = (
        f"CASE a.doc ->> '$.credit_state' WHEN 'past_due' THEN max({days_late}, {min(late)})"
        f" WHEN 'charged_off' THEN max({days_late}, {max(late)}) ELSE 0 END"
    )
    days = " ".join(f"WHEN d >= {day} THEN {day}" for day in late)
    return f"""
WITH book AS (
    SELECT coalesce(a.currency, '') AS currency, coalesce(a.status, '') AS status, coalesce(r.risk_level, 0) AS level,
        {_place("a.credit_limit_minor", bands)} AS band, {_place(":now - a.opened_at", ages)} AS age,
        {past_due} AS d, max(coalesce(a.balance_minor, 0), 0) AS owed, coalesce(a.credit_limit_minor, 0) AS limits,
        CASE WHEN a.status = 'active' THEN max(coalesce(a.available_minor, 0), 0) ELSE 0 END AS drawable,
        CASE WHEN {held} THEN max(coalesce(a.available_minor, 0), 0) ELSE 0 END AS kept
    FROM account a LEFT JOIN account_risk r USING (account) LEFT JOIN desk_case c USING (account)
    WHERE a.deleted = 0 AND a.status <> 'closed')
SELECT currency, status, level, band, age, CASE {days} ELSE 0 END AS late, count(*), {summed("owed")},
    {summed("limits")}, {summed("drawable")}, total((owed + :ccf * drawable) * (owed + :ccf * drawable)),
    {summed("kept")}
FROM book GROUP BY 1, 2, 3, 4, 5, 6
"""  # noqa: S608 - numbers of the caller's constants and names of this module


def _place(value: str, bounds: Sequence[int]) -> str:
    """SQL for the place of a value among bounds: 0 below the first."""
    cases = " ".join(f"WHEN {value} < {int(bound)} THEN {place}" for place, bound in enumerate(bounds))
    return f"CASE WHEN {value} IS NULL THEN NULL {cases} ELSE {len(bounds)} END"


# ---------------------------------------------------------------- history


@dataclass(frozen=True)
class Day:
    """A segment of the portfolio on a day of stream time (µs of its midnight). `expected` is NULL where nothing can be
    lost; `late` counts accounts; the losses are minor units."""

    day: int
    currency: str
    dimension: str
    segment: str
    accounts: int
    owed_minor: int
    limit_minor: int
    late: int
    late_owed_minor: int
    expected_minor: float | None
    expected_low_minor: float | None
    expected_high_minor: float | None
    avoided_minor: int
    default_rate: float


_DAY = tuple(field.name for field in fields(Day))
_SELECT = f"SELECT {', '.join(_DAY)} FROM portfolio_day"  # noqa: S608 - names of this module


def keep(journal: Journal, days: Iterable[Day]) -> None:
    """Keep what the portfolio is on a day, in the place of what it was earlier on that day."""
    kept = [tuple(bounded(value) if isinstance(value, int) else value for value in vars(day).values()) for day in days]
    if not kept:
        return
    marks = ", ".join("?" * len(_DAY))
    with journal.transaction() as connection:
        connection.execute("DELETE FROM portfolio_day WHERE day = ?", (kept[0][0],))
        connection.executemany(f"INSERT INTO portfolio_day ({', '.join(_DAY)}) VALUES ({marks})", kept)  # noqa: S608
        connection.execute(
            "DELETE FROM portfolio_day WHERE day < (SELECT max(day) FROM portfolio_day) - ?",
            (KEPT_DAYS * 86_400_000_000,),
        )


def newest(journal: Journal) -> list[Day]:
    """Every segment on the newest day there is."""
    return _days(journal, "WHERE day = (SELECT max(day) FROM portfolio_day) ORDER BY currency, dimension, segment")


def history(journal: Journal, dimension: str) -> list[Day]:
    """The segments of a dimension on every day, the oldest first."""
    return _days(journal, "WHERE dimension = ? ORDER BY day, currency, segment", dimension)


def _days(journal: Journal, clause: str, *values: object) -> list[Day]:
    return [Day(*row) for row in journal.rows(f"{_SELECT} {clause}", values)]
