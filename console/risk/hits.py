"""What one event of an alert tells an operator: the rules with what they read, the account's own normal, the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from console.risk.columns import Array
from console.risk.engine import Reading, Scored
from console.risk.explain import Cause
from console.risk.overrides import Effect

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


class Told(NamedTuple):
    """A hit, and what its account spent in 24 hours (minor units), the event included; 0 for what is no spend."""

    hit: Hit
    spent: int


def tell(facts: Array, scored: Scored, rows: Sequence[tuple[int, Effect, float]]) -> list[Told]:
    """The hits of a page, all at once: (row, what the desk's lists do to it, the score it has at least)."""
    places = [row for row, _, _ in rows]
    columns = (scored.causes(places), scored.reasons(places), scored.evidence(places, NORMAL), _spent(places, scored))
    told = []
    for (row, effect, floor), (model, causes), reasons, normal, spent in zip(rows, *columns, strict=True):
        hit = Hit(
            seq=int(facts["seq"][row]),
            at=int(facts["occurred_at"][row]),
            score=max(float(scored.score[row]), floor),
            reasons={reason.rule.id: _plain(reason.readings) for reason in reasons},
            params={reason.rule.id: reason.rule.params for reason in reasons},
            normal=_plain(normal),
            blocked=effect.blocked,
            muted=effect.muted,
            model=model,
            causes=causes,
        )
        told.append(Told(hit, spent))
    return told


def _spent(rows: Sequence[int], scored: Scored) -> list[int]:
    read = scored.evidence(rows, ("spend_sum_24h", "amount"))
    return [int(sum(max(reading.value or 0.0, 0.0) for reading in readings.values())) for readings in read]


def _plain(readings: dict[str, Reading]) -> dict[str, Any]:
    return {name: reading.missing if reading.value is None else reading.value for name, reading in readings.items()}
