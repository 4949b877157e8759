"""What the mirror knows of automatic measures: alerts that call for one, and the claims that reserved budget for it.

Such a claim is known by its note. A budget is held across desks by them: the core puts the claims of one subject into
one order, and each desk sees in it which came before its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from store import times
from store.mirror_schema import LEVELS, TICKET, part
from store.reader import Reader

_CRITICAL = """
SELECT t.alert_id, t.resurfaced, a.account_id, t.score, t.rule_ids, a.currency, a.available_minor,
    a.doc ->> '$.holds', CASE WHEN k.status = 'claimed' THEN k.claimed_by END, k.claim_expires_at,
    EXISTS (SELECT 1 FROM resource r WHERE r.account = a.account AND r.type = 'command' AND r.deleted = 0
        AND instr(r.doc, '"pending_approval"') > 0),
    t.account, t.level, t.last_hit_at, t.pace, t.recent_minor, a.credit_limit_minor
FROM alert t JOIN account a USING (account) LEFT JOIN desk_case k USING (account)
WHERE t.state = 'open' AND t.level = ? AND t.rebuilt = 0 AND a.deleted = 0 AND a.status = 'active'
    AND t.muted_until <= (SELECT coalesce(max(watermark), 0) FROM feed)
"""
_TICKETS = f"""
SELECT id, seq, {part("$.created_at")}, {part("$.target.id")}, {part("$.status")}, coalesce({part("$.note")}, '')
FROM resource INDEXED BY resource_ticket
WHERE {TICKET} AND {part("$.created_at")} > ? AND {part("$.created_by")} = ? AND {part("$.type")} = 'case.claim'
    AND {part("$.status")} NOT IN ('rejected', 'failed', 'expired', 'cancelled')
"""  # noqa: S608 - constants of this room only


_STILL = """
SELECT EXISTS (SELECT 1 FROM alert t WHERE t.account = a.account AND t.alert_id = ? AND t.resurfaced = ?
        AND t.state = 'open' AND t.muted_until <= (SELECT coalesce(max(watermark), 0) FROM feed)),
    EXISTS (SELECT 1 FROM resource r WHERE r.account = a.account AND r.type = 'command' AND r.deleted = 0
        AND instr(r.doc, '"pending_approval"') > 0)
FROM account a WHERE a.account_id = ?
"""


@dataclass(frozen=True, slots=True)
class Critical:
    """An open alert of the highest level on an account that can spend. Money in minor units, times in µs.

    Alerts that a rebuild opened, out of what was known before, are left out: they are no news.
    """

    alert_id: str
    opening: int
    account_id: str
    score: float
    rules: tuple[str, ...]
    currency: str | None
    available_minor: int | None
    scopes: tuple[str, ...]
    claimed_by: str | None
    claimed_until: int | None
    pending: bool
    standing: tuple[float, ...]
    """What the queue's order is made of, as `risk.queue.Standing` wants it."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A claim that reserved budget, as the core recorded it at `created_at` (its text). `seq` is its place."""

    command_id: str
    seq: int
    created_at: str
    account_id: str
    status: str
    note: str


def critical(mirror: Reader) -> list[Critical]:
    """The alerts that may call for a measure, in no order."""
    return [_critical(row) for row in mirror.rows(_CRITICAL, (len(LEVELS) - 1,))]


def stands(mirror: Reader, alert_id: str, opening: int, account_id: str) -> tuple[bool, bool]:
    """Whether an opening of an alert is still open and in the queue, and whether a command about its account waits for
    a second person."""
    found = mirror.rows(_STILL, (alert_id, opening, account_id))
    return (bool(found[0][0]), bool(found[0][1])) if found else (False, False)


def claimed(mirror: Reader, account_id: str, core_now: int) -> bool:
    """Whether somebody holds the account's case at an instant of the core's clock (µs)."""
    of = "account = (SELECT account FROM account WHERE account_id = ?)"
    asked = f"SELECT 1 FROM desk_case WHERE {of} AND status = 'claimed' AND claim_expires_at > ?"  # noqa: S608 - above
    return bool(mirror.rows(asked, (account_id, core_now)))


def tickets(mirror: Reader, subject: str, since: int) -> list[Ticket]:
    """A subject's claims that reserved budget, recorded after an instant (µs of the core's clock)."""
    rows = mirror.rows(_TICKETS, (times.text(since), subject))
    return [Ticket(*row) for row in rows]


def _critical(row: tuple[Any, ...]) -> Critical:
    alert_id, opening, account_id, score, rules, currency, available, holds, by, until, pending, *standing = row
    account, level, last_hit_at, pace, recent, limit = standing
    nan = float("nan")
    numbers = (account, score, level, last_hit_at, pace, recent, available, limit)
    return Critical(
        alert_id,
        opening,
        account_id,
        score,
        tuple(str(rule) for rule in json.loads(rules or "[]")),
        currency,
        available,
        tuple(str(hold.get("scope")) for hold in json.loads(holds or "[]")),
        by,
        until,
        bool(pending),
        tuple(nan if number is None else float(number) for number in numbers),
    )


def verdicts(mirror: Reader, alert_ids: Iterable[str]) -> dict[str, str]:
    """The last verdict on each of these alerts that has one."""
    asked = (
        "SELECT alert_id, verdict FROM alert WHERE verdict IS NOT NULL AND alert_id IN (SELECT value FROM json_each(?))"
    )
    return dict(mirror.rows(asked, (json.dumps(sorted(set(alert_ids))),)))
