"""Alerts: one per account, gathering hits, closed by the desk's verdict and opened again by the next hit."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from console.risk.columns import Array, Fact, Floats, Judgement
from console.risk.engine import Reading, Scored
from console.risk.packs import Pack

HITS_KEPT = 20
NORMAL = (
    "spend_count_24h",
    "spend_sum_24h",
    "spend_count_30d",
    "spend_sum_30d",
    "amount_to_mean_30d",
    "amount_z",
    "hour",
    "account_age_days",
    "utilisation_now",
)
"""The account's own normal, shown beside each hit."""

_VERDICTS = {Judgement.FRAUD: "fraud", Judgement.LEGIT: "legit"}


class Hit(Struct, frozen=True):
    """One event of the alert: when, how high, which rules with what they read, and the account's own normal.

    `reasons` maps a rule id to {feature: value or the reason's word} and `params` to its thresholds.
    """

    seq: int
    at: int
    score: float
    reasons: dict[str, dict[str, float | str]]
    params: dict[str, dict[str, float]]
    normal: dict[str, float | str]


class AlertRow(Struct):
    """An alert as it stands. Times are µs of event time; `account` is the dense index.

    `state` is open or closed; `verdict` (fraud, legit) is the one that closed it last, also after it opened again.
    `hits` counts all events since the alert first opened, `evidence` keeps the last 20.
    """

    alert_id: str
    account: int
    opened_at: int
    updated_at: int
    level: int
    score: float
    rule_ids: list[str]
    state: str = "open"
    verdict: str | None = None
    hits: int = 0
    resurfaced: int = 0
    evidence: list[Hit] = []


class AlertBook:
    """The alert of each account that ever had one."""

    def __init__(self, pack: Pack) -> None:
        self._opens_at = pack.alert_level
        self._alerts: dict[int, AlertRow] = {}

    def apply(self, facts: Array, scored: Scored) -> list[AlertRow]:
        """Take a page and what the engine said of it; return the alerts that changed, as they stand after the page."""
        hit = scored.level >= self._opens_at
        verdict = (facts["fact"] == Fact.VERDICT) & np.isin(facts["code"], list(_VERDICTS))
        changed: dict[int, AlertRow] = {}
        for row in np.flatnonzero((hit | verdict) & (facts["account"] >= 0)):
            account = int(facts["account"][row])
            fact = facts[row]
            alert = self._close(account, fact) if verdict[row] else self._hit(account, fact, int(row), scored)
            if alert is not None:
                changed[account] = alert
        return [msgspec.structs.replace(alert) for alert in changed.values()]

    def floor(self, accounts: Array) -> Floats:
        """Per account the score of its open alert, below which its risk does not fall; 0 without one."""
        alerts = (self._alerts.get(account) for account in accounts.tolist())
        return np.array([alert.score if alert and alert.state == "open" else 0.0 for alert in alerts])

    def _hit(self, account: int, fact: np.void, row: int, scored: Scored) -> AlertRow:
        hit = _hit(fact, row, scored)
        alert = self._alerts.get(account)
        if alert is None:
            alert = AlertRow(f"alr_{hit.seq}", account, hit.at, hit.at, 0, 0.0, [])
            self._alerts[account] = alert
        elif alert.state == "closed":
            alert.state, alert.resurfaced = "open", alert.resurfaced + 1
        alert.updated_at = max(alert.updated_at, hit.at)
        alert.level = max(alert.level, int(scored.level[row]))
        alert.score = max(alert.score, hit.score)
        alert.rule_ids = [*alert.rule_ids, *(rule for rule in hit.reasons if rule not in alert.rule_ids)]
        alert.hits += 1
        alert.evidence = [*alert.evidence, hit][-HITS_KEPT:]
        return alert

    def _close(self, account: int, fact: np.void) -> AlertRow | None:
        alert = self._alerts.get(account)
        if alert is None or alert.state == "closed":
            return None
        alert.state, alert.verdict = "closed", _VERDICTS[fact["code"]]
        alert.updated_at = max(alert.updated_at, int(fact["occurred_at"]))
        return alert

    def freeze(self) -> dict[str, bytes]:
        """All alerts by name; equal books give equal bytes, in any process."""
        return {"alerts": msgspec.json.encode([self._alerts[account] for account in sorted(self._alerts)])}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or msgspec.DecodeError when it is not that."""
        alerts = msgspec.json.decode(state["alerts"], type=list[AlertRow])
        self._alerts = {alert.account: alert for alert in alerts}


def _hit(fact: np.void, row: int, scored: Scored) -> Hit:
    reasons = scored.reasons(row)
    return Hit(
        seq=int(fact["seq"]),
        at=int(fact["occurred_at"]),
        score=float(scored.score[row]),
        reasons={reason.rule.id: _plain(reason.readings) for reason in reasons},
        params={reason.rule.id: reason.rule.params for reason in reasons},
        normal=_plain(scored.evidence(row, NORMAL)),
    )


def _plain(readings: dict[str, Reading]) -> dict[str, Any]:
    return {name: reading.missing if reading.value is None else reading.value for name, reading in readings.items()}
