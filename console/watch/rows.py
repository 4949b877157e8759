"""What the engine said, as the mirror's rows: scores of events, alerts with their evidence."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np

from console.risk.alerts import AlertRow
from console.risk.columns import Array, Fact
from console.risk.engine import Scored
from console.risk.packs import Pack
from console.watch.translate import Translation
from store.batch import Row


@lru_cache(maxsize=4096)
def _rule_words(pack: Pack, fired: bytes) -> str | None:
    """JSON list of the ids of the live rules that fired (a byte each), None when none did."""
    words = [rule.id for rule, hit in zip(pack.live, fired, strict=True) if hit]
    return json.dumps(words) if words else None


def score_events(meant: Translation, facts: Array, scored: Scored, *, rebuilt: bool) -> None:
    """Complete the new events' rows with score, level, model and rules, as the event arrived."""
    batch = meant.batch
    if meant.new_transactions:
        score, level, words = _said(facts, scored, Fact.TRANSACTION, rebuilt=rebuilt)
        model = [None] * len(score) if rebuilt else scored.learned.version.tolist()
        batch.new_transactions = list(zip(*meant.new_transactions, score, level, model, words, strict=True))
    if meant.new_logins:
        said = _said(facts, scored, Fact.LOGIN, rebuilt=rebuilt)
        batch.new_logins = list(zip(*meant.new_logins, *said, strict=True))


def _said(facts: Array, scored: Scored, kind: Fact, *, rebuilt: bool) -> tuple[list[Any], list[int], list[Any]]:
    """Score, level and rules of the new events of a kind; none of events that only a rebuild told of."""
    rows = np.flatnonzero((facts["fact"] == kind) & facts["fresh"])
    nothing: list[Any] = [None] * len(rows)
    if rebuilt:
        return nothing, [0] * len(rows), nothing
    fired = scored.fired[: len(scored.pack.live), scored.place[rows]].T
    words = nothing.copy()
    for place in np.flatnonzero(fired.any(axis=1)).tolist():
        words[place] = _rule_words(scored.pack, fired[place].tobytes())
    return scored.score[rows].tolist(), scored.level[rows].tolist(), words


def alert_row(alert: AlertRow, rebuilt: bool) -> Row:
    return (
        alert.alert_id,
        alert.account,
        alert.opened_at,
        alert.updated_at,
        alert.level,
        alert.score,
        json.dumps(alert.rule_ids),
        alert.state,
        alert.verdict,
        alert.hits,
        alert.resurfaced,
        int(rebuilt),
        msgspec.json.encode(alert.evidence).decode(),
        alert.muted,
        alert.muted_until,
        alert.last_hit_at,
        alert.pace,
        alert.recent_minor,
        alert.policy,
    )
