"""The mirror's figures for the desk as a whole: open exposure, what became of alerts, what fraud cost and did not cost.

Every statement reads an index or a bounded number of rows. Times are µs, money minor units of the currency beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from store.amounts import summed
from store.reader import Reader

MOST_DECIDED = 5_000
"""Decided alerts whose times are read, the newest."""
MOST_LABELS = 50_000
"""Labels that are followed to their transactions."""

OPENED = """
SELECT max(:now - opened_at, 0) / :width AS ago, coalesce(verdict, ''), count(*) FROM alert
WHERE opened_at > :now - :count * :width GROUP BY 1, 2
"""
EXPOSED = """
SELECT a.currency, t.score, t.recent_minor,
    CASE WHEN a.status IN ('frozen', 'closing', 'closed') THEN 0 ELSE a.available_minor END, a.credit_limit_minor
FROM alert t INDEXED BY alert_queue JOIN account a USING (account) WHERE t.state = 'open'
"""
KEPT = f"""
SELECT a.currency, {summed("a.available_minor")}, count(*) FROM desk_case c JOIN account a USING (account)
WHERE c.verdict = 'fraud' AND a.status IN ('frozen', 'closing', 'closed') AND a.available_minor > 0 GROUP BY 1
"""  # noqa: S608 - a column of this module
LOST = f"""
SELECT t.currency, {summed("t.amount_minor")}, count(*) FROM (
    SELECT doc ->> '$.target.id' AS id FROM (SELECT doc, deleted FROM resource WHERE type = 'label' LIMIT ?)
    WHERE deleted = 0 AND doc ->> '$.verdict' = 'fraud') l CROSS JOIN txn t ON t.transaction_id = l.id
WHERE t.occurred_at > ? AND t.deleted = 0 AND t.amount_minor > 0 AND t.status IN ('pending', 'posted') GROUP BY 1
"""  # noqa: S608 - a column of this module
DECIDED = """
SELECT t.opened_at, r.doc ->> '$.verdict_at' FROM (
    SELECT opened_at, account FROM alert
    WHERE opened_at > ? AND verdict IS NOT NULL ORDER BY opened_at DESC LIMIT ?) t
    JOIN desk_case c ON c.account = t.account JOIN resource r ON r.type = 'case' AND r.id = c.case_id AND r.deleted = 0
"""
OPENINGS = """
SELECT a.account_id, t.opened_at FROM json_each(?) w JOIN account a ON a.account_id = w.value
    JOIN alert t ON t.account = a.account
"""


Amounts = dict[str, tuple[int, int]]
"""By currency: an amount in minor units, and of how many things it is the sum."""


def opened(mirror: Reader, now: int, width: int, count: int) -> dict[str, NDArray[np.int64]]:
    """How many alerts were opened in each of the last `count` stretches of `width` µs, the newest first, by verdict.

    The word of those without one is empty; what lies ahead of now counts as now.
    """
    found: dict[str, NDArray[np.int64]] = {}
    for ago, verdict, alerts in mirror.rows(OPENED, {"now": now, "width": width, "count": count}):
        found.setdefault(verdict, np.zeros(count, np.int64))[ago] += alerts
    return found


def exposed(mirror: Reader) -> dict[str, NDArray[np.float64]]:
    """(score, recent, available, limit) of every open alert by currency, NaN where nothing is known."""
    found: dict[str, list[tuple[float | None, ...]]] = {}
    for currency, *figures in mirror.rows(EXPOSED):
        found.setdefault(currency or "", []).append(tuple(figures))
    return {currency: np.array(rows, np.float64) for currency, rows in found.items()}


def kept(mirror: Reader) -> Amounts:
    """What accounts found to be fraud could still spend, were they not frozen or closed."""
    return {currency or "": (int(amount), int(count)) for currency, amount, count in mirror.rows(KEPT)}


def lost(mirror: Reader, since: int) -> tuple[Amounts, bool]:
    """What labelled frauds since an instant took, and whether all labels were looked at."""
    amounts = {
        currency: (int(amount), int(count)) for currency, amount, count in mirror.rows(LOST, (MOST_LABELS, since))
    }
    labels = mirror.rows("SELECT count(*) FROM (SELECT 1 FROM resource WHERE type = 'label' LIMIT ?)", (MOST_LABELS,))
    return amounts, labels[0][0] < MOST_LABELS


def decided(mirror: Reader, since: int) -> list[tuple[int, str]]:
    """When alerts with a verdict were opened since an instant, and the text of the instant of their case's verdict."""
    return [(at, text) for at, text in mirror.rows(DECIDED, (since, MOST_DECIDED)) if text]


def openings(mirror: Reader, account_ids: Iterable[str]) -> dict[str, int]:
    """When the alerts of some accounts were opened."""
    return dict(mirror.rows(OPENINGS, (json.dumps(list(account_ids)),)))
