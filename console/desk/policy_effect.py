"""What a policy would do: the backtest's figures for its levels, and what its cut-offs and limits would have changed.

Reads the mirror only, in a process that yields to every other.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.core.instants import DAY, wire
from console.desk import stored
from console.desk.backtest import NICE, Asked, compared
from console.desk.pack_files import pack_texts
from console.desk.policy import scaled
from console.paths import Home
from console.risk.packs import load_packs
from console.risk.policy import Cutoffs, Limits, Policy, Stance
from store.credit_book import Late, application_scores, late
from store.facts_log import FactsLog
from store.reader import Reader

DAYS = 30.0
"""Of the stream, up to its newest event, that a policy is tried on."""
KEYS = ("alerts", "alerts_per_day", "minutes_per_day", "precision", "reached_minor")
"""The figures of a backtest's side that tell what levels do."""

Effect = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """A policy with a stance."""

    policy: Policy
    stance: str

    @property
    def rules(self) -> Stance:
        return self.policy.stances[self.stance]


def effect(home: Home, packs: Path | None, before: Choice, after: Choice, days: float = DAYS) -> Effect:
    """What would have been different over the last days, as JSON values.

    `alerts` holds both sides of the backtest, `applications` how many each side's cut-offs approve, refer and decline,
    `limits` how many late accounts each would cut and by how much, by currency. Raises StoreError without a mirror.
    """
    os.nice(NICE)
    log = FactsLog(home.mirror)
    try:
        pack = load_packs(pack_texts(packs))
        asked = Asked(home, home.mirror, packs, days)
        sides = [scaled(pack, choice.rules) for choice in (before, after)]
        report = compared(log, sides[0], sides[1], asked, stored.meta(log.note("meta")), False)
    finally:
        log.close()
    mirror = Reader(home.mirror)
    try:
        scores = application_scores(mirror, wire(mirror.watermark() - round(days * DAY)))
        overdue = late(mirror)
    finally:
        mirror.close()
    chosen = {"live": before.rules, "draft": after.rules}
    return {
        "from": f"{before.policy.version}/{before.stance}",
        "to": f"{after.policy.version}/{after.stance}",
        "days": report["days"],
        "new": report["new"],
        "lost": report["lost"],
        "alerts": {side: {key: report[side][key] for key in KEYS} for side in chosen},
        "applications": {side: decided(rules.cutoffs, scores) for side, rules in chosen.items()},
        "limits": {side: cut(rules.limits, overdue) for side, rules in chosen.items()},
    }


def decided(cutoffs: Cutoffs, scores: list[float]) -> dict[str, int]:
    """How many of some scores are approved, referred and declined."""
    approve = sum(score >= cutoffs.approve_above for score in scores)
    decline = sum(score < cutoffs.decline_below for score in scores)
    return {"approve": approve, "refer": len(scores) - approve - decline, "decline": decline}


def cut(limits: Limits, overdue: list[Late]) -> dict[str, Any]:
    """How many late accounts lose what is unused of their limit, and how much that is by currency."""
    if not limits.cut_after_days:
        return {"accounts": 0, "minor": {}}
    sums: Counter[str] = Counter()
    touched = [one for one in overdue if one.days >= limits.cut_after_days]
    for one in touched:
        sums[one.currency] += one.available_minor
    return {"accounts": len(touched), "minor": dict(sums)}
