"""Alerts: one per account, gathering hits, closed by the desk's verdict and opened again by the next hit.

What the desk listed acts here and only here: a blocked thing raises an alert at its level, an allowed or snoozed one
opens none, and its hits are counted as muted. Scores stay what the engine said.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from console.risk.columns import HOUR, LABEL_KINDS, Array, Bools, Fact, Floats, Judgement
from console.risk.engine import Reading, Scored
from console.risk.explain import Cause
from console.risk.overrides import NEVER, NONE, Effect, Overrides
from console.risk.packs import Pack

HITS_KEPT = 20
MINUTES_PER_ALERT = 6
"""What an alert costs an operator, in minutes: opening it, reading why, a call or a look, the verdict. A policy."""
BLOCKED = "BLOCK"
"""Stands among an alert's rules where a block list raised it."""
NORMAL = (
    "spend_count_24h",
    "spend_sum_24h",
    "spend_count_30d",
    "spend_sum_30d",
    "usual_amount",
    "amount_to_mean_30d",
    "amount_z",
    "hour",
    "is_new_merchant",
    "is_new_device",
    "distance_home_km",
    "since_last_spend",
    "account_age_days",
    "utilisation_now",
)
"""The account's own normal, shown beside each hit: amounts, pace, hour, shop, device, place, limit."""

_VERDICTS = {Judgement.FRAUD: "fraud", Judgement.LEGIT: "legit", Judgement.INCONCLUSIVE: "inconclusive"}
_OPERATOR = LABEL_KINDS.index("operator") + 1


class Hit(Struct, frozen=True):
    """One event of the alert: when, how high, which rules with what they read, and the account's own normal.

    `reasons` maps a rule id to {feature: value or the reason's word} and `params` to its thresholds. `blocked` and
    `muted` are the numbers of the list entries that raised or muted it, 0 without one. `causes` are what moved the
    `model` that judged it.
    """

    seq: int
    at: int
    score: float
    reasons: dict[str, dict[str, float | str]]
    params: dict[str, dict[str, float]]
    normal: dict[str, float | str]
    blocked: int = 0
    muted: int = 0
    model: str = ""
    causes: list[Cause] = []


class AlertRow(Struct):
    """An alert as it stands. Times are µs of event time; `account` is the dense index.

    `state` is open, closed, or muted: it never opened, all its hits were muted. `verdict` (fraud, legit, inconclusive)
    is the last one given, also after it opened again. `hits` counts all events since it first opened, `muted` those of
    them that were muted, `evidence` keeps the last 20. Until `muted_until` (0: not at all) it is out of the queue.
    `opened_seq` is the first hit that counted. `level`, `score` and `rule_ids` are of what counted since it last opened
    or was brought back. `last_hit_at`, `pace` (hits in the hour up to it) and `recent_minor`
    (spent in the 24 hours up to it, itself included) tell of the last one.
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
    opened_seq: int | None = None
    muted: int = 0
    muted_until: int = 0
    last_hit_at: int = 0
    pace: int = 0
    recent_minor: int = 0


class AlertBook:
    """The alert of each account that ever had one."""

    def __init__(self, pack: Pack) -> None:
        self._opens_at = pack.alert_level
        self._begins = (0.0, *pack.thresholds)
        self._alerts: dict[int, AlertRow] = {}
        self._reached = -NEVER

    def apply(self, facts: Array, scored: Scored, overrides: Overrides = NONE) -> list[AlertRow]:
        """Take a page and what the engine said of it; return the alerts that changed, as they stand after the page."""
        scored_rows = np.flatnonzero(scored.place >= 0)
        effects = {
            int(scored_rows[place]): effect
            for place, effect in overrides.effects(facts[scored_rows], scored.tokens).items()
        }
        verdicts = _verdicts(facts)
        rows = np.flatnonzero((scored.level >= self._opens_at) & (facts["account"] >= 0) | verdicts).tolist()
        steps: list[tuple[int, int, Any]] = [(int(facts["seq"][row]), 1, row) for row in {*rows, *effects}]
        if len(facts):
            last = int(facts["seq"][-1])
            steps += [(seq, 0, change) for seq, *change in overrides.begun(self._reached + 1, last)]
            self._reached = last
        changed: dict[int, AlertRow] = {}
        for _, kind, what in sorted(steps, key=lambda step: step[:2]):
            if kind == 0:
                alert = self._shelve(*what)
            elif verdicts[what]:
                alert = self._judge(facts[what])
            else:
                alert = self._hit(facts[what], what, scored, effects.get(what, Effect()))
            if alert is not None:
                changed[alert.account] = alert
        return [msgspec.structs.replace(alert) for alert in changed.values()]

    def floor(self, accounts: Array) -> Floats:
        """Per account the score of its open alert, below which its risk does not fall; 0 without one."""
        alerts = (self._alerts.get(account) for account in accounts.tolist())
        return np.array([alert.score if alert and alert.state == "open" else 0.0 for alert in alerts])

    def _hit(self, fact: np.void, row: int, scored: Scored, effect: Effect) -> AlertRow | None:
        """An event at or above the level of alerts, or of something blocked."""
        level = max(int(scored.level[row]), effect.level)
        account = int(fact["account"])
        if level < self._opens_at or account < 0:
            return None
        hit = _hit(fact, row, scored, max(float(scored.score[row]), self._begins[effect.level]), effect)
        alert = self._alerts.get(account)
        if alert is None:
            alert = AlertRow(f"alr_{hit.seq}", account, hit.at, hit.at, 0, 0.0, [], state="muted")
            self._alerts[account] = alert
        alert.hits += 1
        alert.evidence = [*alert.evidence, hit][-HITS_KEPT:]
        if hit.muted:
            alert.muted += 1
        else:
            _open(alert, hit)
        if alert.state == "muted" or not hit.muted:
            _raise(alert, hit, level, _spent(row, scored))
        return alert

    def _judge(self, fact: np.void) -> AlertRow | None:
        """Fraud and legit close the alert, inconclusive opens it again."""
        alert = self._alerts.get(int(fact["account"]))
        verdict = _VERDICTS[Judgement(int(fact["code"]))]
        state = "open" if verdict == "inconclusive" else "closed"
        if alert is None or alert.state == "muted" or (alert.state, alert.verdict) == (state, verdict):
            return None
        alert.state, alert.verdict = state, verdict
        alert.updated_at = max(alert.updated_at, int(fact["occurred_at"]))
        return alert

    def _shelve(self, account: int, until: int) -> AlertRow | None:
        """Take the account's alert out of the queue until then (µs), or back into it with 0."""
        alert = self._alerts.get(account)
        if alert is None or alert.muted_until == until:
            return None
        alert.muted_until = until
        return alert

    def freeze(self) -> dict[str, bytes]:
        """All alerts by name; equal books give equal bytes, in any process."""
        alerts = [self._alerts[account] for account in sorted(self._alerts)]
        return {"alerts": msgspec.json.encode(alerts), "reached": str(self._reached).encode()}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError, ValueError or msgspec.DecodeError when it is not that."""
        self._reached = int(state["reached"])
        alerts = msgspec.json.decode(state["alerts"], type=list[AlertRow])
        self._alerts = {alert.account: alert for alert in alerts}


def _verdicts(facts: Array) -> Bools:
    """Rows that judge an account: the case's verdict, or an operator's label, whichever desk gave it."""
    said = (facts["fact"] == Fact.VERDICT) | ((facts["fact"] == Fact.LABEL) & (facts["status"] == _OPERATOR))
    return np.asarray(said & (facts["account"] >= 0) & np.isin(facts["code"], list(_VERDICTS)))


def _open(alert: AlertRow, hit: Hit) -> None:
    """A hit that counts opens what never opened, and brings back what was closed: with its own score, not that of hits
    which are judged already, or accounts of the past would stay ahead of the frauds of the day."""
    if alert.state == "muted":
        alert.opened_at, alert.opened_seq = hit.at, hit.seq
    elif alert.state == "closed":
        alert.resurfaced += 1
    if alert.state != "open":
        alert.level, alert.score, alert.rule_ids = 0, 0.0, []
    alert.state, alert.muted_until = "open", 0


def _raise(alert: AlertRow, hit: Hit, level: int, recent: int) -> None:
    alert.updated_at, alert.last_hit_at = max(alert.updated_at, hit.at), hit.at
    alert.level, alert.score = max(alert.level, level), max(alert.score, hit.score)
    names = [*hit.reasons, *([BLOCKED] if hit.blocked else [])]
    alert.rule_ids = [*alert.rule_ids, *(name for name in names if name not in alert.rule_ids)]
    alert.pace = sum(hit.at - HOUR < one.at <= hit.at for one in alert.evidence)
    alert.recent_minor = recent


def _spent(row: int, scored: Scored) -> int:
    """What the account spent in 24 hours, this event included; nothing for what is no spend."""
    read = scored.evidence(row, ("spend_sum_24h", "amount"))
    return int(sum(max(reading.value or 0.0, 0.0) for reading in read.values()))


def _hit(fact: np.void, row: int, scored: Scored, score: float, effect: Effect) -> Hit:
    reasons = scored.reasons(row)
    model, moved_by = scored.causes(row)
    return Hit(
        seq=int(fact["seq"]),
        at=int(fact["occurred_at"]),
        score=score,
        reasons={reason.rule.id: _plain(reason.readings) for reason in reasons},
        params={reason.rule.id: reason.rule.params for reason in reasons},
        normal=_plain(scored.evidence(row, NORMAL)),
        blocked=effect.blocked,
        muted=effect.muted,
        model=model,
        causes=moved_by,
    )


def _plain(readings: dict[str, Reading]) -> dict[str, Any]:
    return {name: reading.missing if reading.value is None else reading.value for name, reading in readings.items()}
