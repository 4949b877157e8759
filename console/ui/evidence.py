"""An alert's evidence for people: what each rule read, its thresholds, and the account's own normal."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from console.language import term, tr
from console.risk.explain import Cause
from console.risk.hits import Hit
from console.ui import formats, rules
from console.ui.text import clean

HITS = msgspec.json.Decoder(list[Hit])
SPAN = re.compile(r"(.+)_(15m|1h|6h|24h|48h|7d|14d|30d|90d|4w|8w)")

MOST_LOG_ODDS = 9.2
"""A factor of 10,000: beyond that only the sign says something."""

Reading = float | str


SIGNS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥", ast.Eq: "="}
TURNED = {"<": ">", "≤": "≥", ">": "<", "≥": "≤", "=": "="}
"""What a comparison says with its sides exchanged."""


@dataclass(frozen=True)
class Reason:
    """A rule that fired, what it read the last time it did, and its thresholds. Readings by feature name."""

    rule_id: str
    readings: Mapping[str, Reading]
    params: Mapping[str, float]


def hits(evidence: str | None) -> list[Hit]:
    """The events of an alert, oldest first; none when the evidence can't be read."""
    try:
        return HITS.decode(evidence or "[]")
    except msgspec.MsgspecError:
        return []


def reasons(told: list[Hit], names: list[str]) -> list[Reason]:
    """Each rule by name with its latest readings; a rule without evidence stands by its id alone."""
    latest: dict[str, Reason] = {}
    for hit in reversed(told):
        for name, readings in hit.reasons.items():
            latest.setdefault(name, Reason(name, readings, hit.params.get(name, {})))
    return [latest.get(name, Reason(name, {}, {})) for name in names]


def feature(name: str) -> str:
    """A feature's name for people: `failed_logins_15m` as `failed logins 15m`."""
    match = SPAN.fullmatch(name)
    base, span = (match[1], f" {match[2]}") if match else (name, "")
    return term("ui.feature", clean(base, 48)).replace("_", " ") + span


def reading(name: str, value: Reading, currency: str | None, exponents: Mapping[str, int]) -> str:
    """A feature's value by its unit: money, a length of time, a share, a distance; or why there is none."""
    if isinstance(value, str):
        return term("ui.missing", clean(value, 24))
    unit = rules.unit(name)
    if unit == "minor units":
        return formats.money(round(value), currency, exponents)
    if unit == "seconds":
        return formats.age(int(value * 1_000_000))
    if unit == "share":
        return f"{value * 100:.0f}%"
    if unit == "1 or 0":
        return tr("ui.yes") if value else tr("ui.no")
    suffix = {"km": " km", "km/h": " km/h", "ratio": "x", "days": "d", "hours": "h"}.get(unit, "")
    return (f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.1f}") + suffix


def cause_value(cause: Cause, currency: str | None, exponents: Mapping[str, int]) -> str:
    """The value that moved the model; it reads a missing one too."""
    return tr("ui.missing.absent") if cause.value is None else reading(cause.feature, cause.value, currency, exponents)


def cause_factor(cause: Cause) -> str:
    """How much likelier (or less likely) fraud became by it: `×3.2`, `÷1.5`."""
    factor = math.exp(min(abs(cause.log_odds), MOST_LOG_ODDS))
    return f"{'×' if cause.log_odds > 0 else '÷'}{factor:.1f}"


def bounds(condition: str, params: Mapping[str, float]) -> dict[str, tuple[str, float]]:
    """What a rule's condition compares each feature with, where that is one number: (sign, number) by feature."""
    try:
        tree = ast.parse(condition.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[str, tuple[str, float]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            sign = SIGNS.get(type(node.ops[0]))
            left, right = node.left, node.comparators[0]
            for name, other, says in ((left, right, sign), (right, left, TURNED.get(sign or ""))):
                number = _number(other, params)
                if isinstance(name, ast.Name) and name.id not in params and number is not None and says:
                    found.setdefault(name.id, (says, number))
    return found


def _number(node: ast.expr, params: Mapping[str, float]) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    return params.get(node.id) if isinstance(node, ast.Name) else None
