"""What a policy's limits and cut-offs would touch: scores of applications, and accounts that are late. Times are µs."""

from __future__ import annotations

from store.reader import Reader

SCORES = """
SELECT doc ->> '$.score' FROM resource
WHERE type = 'application' AND deleted = 0 AND doc ->> '$.score' IS NOT NULL AND doc ->> '$.submitted_at' >= ?
"""
LATE = """
SELECT doc ->> '$.days_past_due', currency, available_minor FROM account
WHERE deleted = 0 AND available_minor > 0 AND doc ->> '$.days_past_due' > 0 AND status IN ('active', 'frozen')
"""


def application_scores(mirror: Reader, since: str) -> list[float]:
    """The core's scores of the applications submitted at or after an instant (the contract's text)."""
    return [float(score) for (score,) in mirror.rows(SCORES, (since,))]


def late(mirror: Reader) -> list[tuple[int, str, int]]:
    """(days past due, currency, what can still be spent in minor units) of accounts that are late."""
    return [(int(days), currency or "", int(free)) for days, currency, free in mirror.rows(LATE)]
