"""Indicators: every figure that one ever had, those of the core and those that the desk makes of its own mirror.

The core's stand in the mirror. The desk's own are what it saw when it looked: they are kept in the journal. Times are
stream time in µs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from store.journal import Journal
from store.reader import Reader

OWN = "desk"
"""The scope of the desk's own figures."""
MOST = 10_000
"""Figures that are read, the newest."""

LOST = """
SELECT t.currency, total(t.amount_minor) FROM (
    SELECT doc ->> '$.target.id' AS id FROM resource
    WHERE type = 'label' AND deleted = 0 AND doc ->> '$.verdict' = 'fraud') l
    CROSS JOIN txn t ON t.transaction_id = l.id
WHERE t.seq >= ? AND t.deleted = 0 AND t.amount_minor > 0 AND t.status IN ('pending', 'posted') GROUP BY 1
"""
SPENT = """
SELECT currency, total(amount_minor), count(*) FROM txn
WHERE seq >= ? AND kind IN ('purchase', 'cash_advance') AND deleted = 0 AND status IN ('pending', 'posted') GROUP BY 1
"""
DISPUTED = "SELECT count(*) FROM txn WHERE seq >= ? AND kind = 'chargeback' AND deleted = 0"
WAITING = "SELECT count(*) FROM alert WHERE state = 'open' AND muted_until <= ?"


@dataclass(frozen=True)
class Figure:
    """An indicator's value as it became known at `recorded_at`, about the state of things at `as_of`."""

    id: str
    recorded_at: int
    seq: int
    as_of: int
    value: float
    unit: str
    scope: str


_FIGURE = ", ".join(field.name for field in fields(Figure))


def figures(mirror: Reader | None, journal: Journal | None) -> list[Figure]:
    """Every figure of both, in the order in which they became known; of very many the newest."""
    return in_order([*(published(mirror) if mirror else ()), *(own(journal) if journal else ())])


def in_order(found: Iterable[Figure]) -> list[Figure]:
    """Figures in the order in which they became known."""
    return sorted(found, key=lambda figure: (figure.recorded_at, figure.seq, figure.id))


def published(mirror: Reader) -> list[Figure]:
    """Those of the core."""
    rows = mirror.rows(f"SELECT {_FIGURE} FROM indicator ORDER BY recorded_at DESC, seq DESC LIMIT ?", (MOST,))  # noqa: S608
    return [Figure(*row) for row in rows]


def own(journal: Journal) -> list[Figure]:
    """Those that the desk made."""
    rows = journal.rows("SELECT id, at, value, unit FROM figure ORDER BY at DESC, id LIMIT ?", (MOST,))
    return [Figure(id_, at, 0, at, value, unit, OWN) for id_, at, value, unit in rows]


def keep(journal: Journal, made: Iterable[Figure]) -> None:
    """Store figures that the desk made; the first look at a moment stands."""
    rows = [(figure.id, figure.recorded_at, figure.value, figure.unit) for figure in made]
    with journal.transaction() as connection:
        connection.executemany("INSERT OR IGNORE INTO figure VALUES (?, ?, ?, ?)", rows)


def measured(mirror: Reader, at: int, since: int) -> dict[str, float | None]:
    """The desk's own figures at an instant over what was recorded since another; None where nothing was there.

    `loss_rate`: percent of what was spent that labels call fraud. Amounts of two currencies can't be added, so it is
    each currency's own rate, weighed by its number of purchases; one in which nothing was spent has no part in it.
    `dispute_rate`: charge-backs to 100 purchases. `queue_load`: open alerts that are not put off.
    """
    first = _first_seq(mirror, since)
    spent, lost = mirror.rows(SPENT, (first,)), dict(mirror.rows(LOST, (first,)))
    rates = [(100 * lost.get(currency, 0) / amount, number) for currency, amount, number in spent if amount > 0]
    weighed, purchases = sum(number for _, number in rates), sum(number for _, _, number in spent)
    disputes = mirror.rows(DISPUTED, (first,))[0][0]
    return {
        "loss_rate": sum(rate * number for rate, number in rates) / weighed if weighed else None,
        "dispute_rate": 100 * disputes / purchases if purchases else None,
        "queue_load": float(mirror.rows(WAITING, (at,))[0][0]),
    }


def _first_seq(mirror: Reader, since: int) -> int:
    """The seq of the first transaction recorded at or after an instant: the feed is in order of recording."""
    low, high = mirror.rows("SELECT coalesce(min(seq), 0), coalesce(max(seq) + 1, 0) FROM txn")[0]
    while low < high:
        middle = (low + high) // 2
        seq, at = mirror.rows("SELECT seq, recorded_at FROM txn WHERE seq >= ? ORDER BY seq LIMIT 1", (middle,))[0]
        low, high = (low, middle) if at >= since else (seq + 1, high)
    return int(low)
