"""Alerts: one per account, gathering hits, closed by the desk's verdict and opened again by the next hit.

What the desk listed acts here and only here: a blocked thing raises an alert at its level, an allowed or snoozed one
opens none, and its hits are counted as muted. Scores stay what the engine said.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from console.risk.columns import HOUR, OPERATOR, Array, Bools, Fact, Floats, Judgement, of_kind
from console.risk.engine import Scored
from console.risk.hits import Hit, Told, tell
from console.risk.levels import Levels
from console.risk.overrides import NEVER, NONE, Effect, Overrides
from console.risk.packs import Pack

HITS_KEPT = 20
MINUTES_PER_ALERT = 6
"""What an alert costs an operator, in minutes: opening it, reading why, a call or a look, the verdict. A policy."""
BLOCKED = "BLOCK"
"""Stands among an alert's rules where a block list raised it."""
_VERDICTS = {Judgement.FRAUD: "fraud", Judgement.LEGIT: "legit", Judgement.INCONCLUSIVE: "inconclusive"}


class AlertRow(Struct):
    """An alert as it stands. Times are µs of event time; `account` is the dense index.

    `state` is open, closed, or muted: it never opened, all its hits were muted. `verdict` (fraud, legit, inconclusive)
    is the last one given, also after it opened again. `hits` counts all events since it first opened, `muted` those of
    them that were muted, `evidence` keeps the last 20. Until `muted_until` (0: not at all) it is out of the queue.
    `opened_seq` is the first hit that counted. `level`, `score` and `rule_ids` are of what counted since it last opened
    or was brought back. `last_hit_at`, `pace` (hits in the hour up to it) and `recent_minor`
    (spent in the 24 hours up to it, itself included) tell of the last one. `policy` was in force when it last opened.
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
    policy: str | None = None


class AlertBook:
    """The alert of each account that ever had one."""

    def __init__(self, pack: Pack) -> None:
        self.levels = Levels.of_pack(pack)
        self._alerts: dict[int, AlertRow] = {}
        self._reached = -NEVER

    def apply(self, facts: Array, scored: Scored, overrides: Overrides = NONE) -> list[AlertRow]:
        """Take a page and what the engine said of it; return the alerts that changed, as they stand after the page."""
        verdicts = _verdicts(facts)
        hits = self._hits(facts, scored, overrides)
        rows = {*hits, *np.flatnonzero(verdicts).tolist()}
        steps: list[tuple[int, int, Any]] = [(int(facts["seq"][row]), 1, row) for row in rows]
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
                alert = self._hit(*hits[what])
            if alert is not None:
                changed[alert.account] = alert
        return [msgspec.structs.replace(alert) for alert in changed.values()]

    def _hits(self, facts: Array, scored: Scored, overrides: Overrides) -> dict[int, tuple[int, int, Told]]:
        """Account, level and hit of the rows at or above the level of alerts, or of something blocked."""
        events = np.flatnonzero(scored.place >= 0)
        effects = {int(events[at]): effect for at, effect in overrides.effects(facts, events, scored.tokens).items()}
        level = scored.level.copy()
        for row, effect in effects.items():
            level[row] = max(int(level[row]), effect.level)
        rows = np.flatnonzero((level >= self.levels.opens_at(facts["seq"])) & (facts["account"] >= 0)).tolist()
        raised = [(row, effects.get(row, Effect()), self.levels.at(int(facts["seq"][row])).begins) for row in rows]
        told = tell(facts, scored, [(row, effect, begins[effect.level]) for row, effect, begins in raised])
        return {row: (int(facts["account"][row]), int(level[row]), hit) for row, hit in zip(rows, told, strict=True)}

    def floor(self, accounts: Array) -> Floats:
        """Per account the score of its open alert, below which its risk does not fall; 0 without one."""
        alerts = (self._alerts.get(account) for account in accounts.tolist())
        return np.array([alert.score if alert and alert.state == "open" else 0.0 for alert in alerts])

    def _hit(self, account: int, level: int, told: Told) -> AlertRow:
        """An event that belongs to the account's alert."""
        hit = told.hit
        alert = self._alerts.get(account)
        if alert is None:
            alert = AlertRow(f"alr_{hit.seq}", account, hit.at, hit.at, 0, 0.0, [], state="muted")
            self._alerts[account] = alert
        alert.hits += 1
        alert.evidence = [*alert.evidence, hit][-HITS_KEPT:]
        if hit.muted:
            alert.muted += 1
        else:
            _open(alert, hit, self.levels.at(hit.seq).policy)
        if alert.state == "muted" or not hit.muted:
            _raise(alert, hit, level, told.spent)
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
    said = of_kind(facts, Fact.VERDICT) | (of_kind(facts, Fact.LABEL) & (facts["status"] == OPERATOR))
    return np.asarray(said & (facts["account"] >= 0) & np.isin(facts["code"], list(_VERDICTS)))


def _open(alert: AlertRow, hit: Hit, policy: str | None) -> None:
    """A hit that counts opens what never opened, and brings back what was closed: with its own score, not that of hits
    which are judged already, or accounts of the past would stay ahead of the frauds of the day."""
    if alert.state == "muted":
        alert.opened_at, alert.opened_seq = hit.at, hit.seq
    elif alert.state == "closed":
        alert.resurfaced += 1
    if alert.state != "open":
        alert.level, alert.score, alert.rule_ids, alert.policy = 0, 0.0, [], policy
    alert.state, alert.muted_until = "open", 0


def _raise(alert: AlertRow, hit: Hit, level: int, recent: int) -> None:
    alert.updated_at, alert.last_hit_at = max(alert.updated_at, hit.at), hit.at
    alert.level, alert.score = max(alert.level, level), max(alert.score, hit.score)
    names = [*hit.reasons, *([BLOCKED] if hit.blocked else [])]
    alert.rule_ids = [*alert.rule_ids, *(name for name in names if name not in alert.rule_ids)]
    alert.pace = sum(hit.at - HOUR < one.at <= hit.at for one in alert.evidence)
    alert.recent_minor = recent
