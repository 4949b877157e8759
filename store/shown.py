"""What the console reads of the mirror: the rows of its lists and details, and the queries that fill them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountRow:
    """What a line of the account list shows. A field the core has not told yet is None."""

    account: int
    account_id: str
    version: int
    deleted: bool
    customer_id: str | None
    customer_name: str | None
    status: str | None
    currency: str | None
    credit_limit_minor: int | None
    available_minor: int | None
    balance_minor: int | None
    holds: int
    score: float
    level: int
    open_alerts: int
    last_activity_at: int | None
    last_transaction: int
    last_login: int
    alert_id: str | None
    alert_state: str | None
    alert_opened_at: int | None
    rule_ids: str | None
    claimed_by: str | None
    claim_expires_at: int | None
    alert_score: float | None = None
    alert_level: int | None = None
    last_hit_at: int | None = None
    pace: float | None = None
    recent_minor: int | None = None


@dataclass(frozen=True, slots=True)
class SetAside:
    """A change that could not be understood: its place, what it called itself, and what was wrong."""

    seq: int
    type: str
    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One poller: its health, and its place in the feed where it reads one."""

    poller: str
    state: str
    last_ok_at: int | None
    last_error: str | None
    last_error_at: int | None
    gaps: int
    rate: float
    epoch: str | None
    scanned_to_seq: int | None
    head_seq: int | None
    watermark: int | None

    @property
    def lag(self) -> int:
        """Changes published and not mirrored yet."""
        return max(0, (self.head_seq or 0) - (self.scanned_to_seq or 0))


@dataclass(frozen=True, slots=True)
class CaseRow:
    case_id: str
    status: str
    claimed_by: str | None
    claim_expires_at: int | None
    verdict: str | None
    note_count: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class CriticalAlert:
    """An alert that somebody should hear of. `rule_ids` is JSON text; `resurfaced` counts how often it came back."""

    alert_id: str
    resurfaced: int
    account_id: str
    score: float
    rule_ids: str


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An account's alert. `evidence` is JSON text."""

    alert_id: str
    opened_at: int
    updated_at: int
    level: int
    score: float
    rule_ids: str
    state: str
    verdict: str | None
    hits: int
    resurfaced: int
    rebuilt: bool
    evidence: str
    muted: int
    muted_until: int


@dataclass(frozen=True, slots=True)
class AccountDetail:
    """One account: its row, its alert and case, and the JSON texts of the account and its customer."""

    row: AccountRow
    doc: str | None
    customer: str | None
    alert: AlertRow | None
    case: CaseRow | None


PAGE = """
SELECT a.account, a.account_id, a.version, a.deleted <> 0, a.customer_id, json_extract(c.doc, '$.name_masked'),
    a.status, a.currency, a.credit_limit_minor, a.available_minor, a.balance_minor,
    coalesce(json_array_length(a.doc, '$.holds'), 0), coalesce(r.risk_score, 0.0), coalesce(r.risk_level, 0),
    coalesce(r.open_alerts, 0), r.last_activity_at, coalesce(r.last_transaction, 0), coalesce(r.last_login, 0),
    t.alert_id, t.state, t.opened_at, t.rule_ids,
    CASE WHEN k.status = 'claimed' THEN k.claimed_by END, k.claim_expires_at,
    t.score, t.level, t.last_hit_at, t.pace, t.recent_minor
FROM account a LEFT JOIN account_risk r USING (account)
    LEFT JOIN resource c ON c.type = 'customer' AND c.id = a.customer_id AND c.deleted = 0
    LEFT JOIN alert t ON t.account = a.account LEFT JOIN desk_case k ON k.account = a.account
WHERE a.account IN (SELECT value FROM json_each(?))
"""

FEEDS = """
SELECT h.poller, h.state, h.last_ok_at, h.last_error, h.last_error_at, h.gaps, h.rate,
    f.epoch, f.scanned_to_seq, f.head_seq, f.watermark
FROM health h LEFT JOIN feed f ON f.lane = h.poller
UNION ALL
SELECT f.lane, '', NULL, NULL, NULL, 0, 0.0, f.epoch, f.scanned_to_seq, f.head_seq, f.watermark
FROM feed f WHERE f.lane NOT IN (SELECT poller FROM health) ORDER BY 1
"""
