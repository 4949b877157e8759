"""Why an alert is there: its evidence, read tolerantly, as rules with their values and thresholds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from console.ui.text import clean


@dataclass(frozen=True)
class Reason:
    """One rule that fired."""

    rule_id: str
    title: str
    detail: str


@lru_cache(maxsize=2048)
def reasons(rule_ids: str | None, evidence: str | None) -> tuple[Reason, ...]:
    """The rules of an alert, as its evidence tells them; rules without evidence by their id alone."""
    told = _rules(evidence)
    known = {reason.rule_id for reason in told}
    bare = [Reason(clean(name, 40), "", "") for name in _list(rule_ids)]
    return (*told, *(reason for reason in bare if reason.rule_id not in known))


def headline(rule_ids: str | None, evidence: str | None, state: str | None) -> str:
    """An alert in one line: its first rule's title and how many more there are. Empty without an alert."""
    found = reasons(rule_ids, evidence) if state else ()
    if not found:
        return ""
    first = found[0].title or found[0].rule_id
    return f"{first} +{len(found) - 1}" if len(found) > 1 else first


def _rules(evidence: str | None) -> list[Reason]:
    told = _json(evidence)
    rules = told.get("rules", []) if isinstance(told, dict) else []
    return [_reason(rule) for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []


def _reason(rule: dict[str, Any]) -> Reason:
    values = rule.get("values") if isinstance(rule.get("values"), dict) else {}
    limits = rule.get("thresholds") if isinstance(rule.get("thresholds"), dict) else {}
    parts = [f"{clean(name, 40)} {_number(value)}" for name, value in (values or {}).items()]
    bounds = [f"{clean(name, 40)} {_number(value)}" for name, value in (limits or {}).items()]
    detail = ", ".join(parts) + (f" | {', '.join(bounds)}" if bounds else "")
    return Reason(clean(rule.get("id"), 40), clean(rule.get("title"), 80), detail)


def _number(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else clean(value, 40)


def _list(text: str | None) -> list[str]:
    told = _json(text)
    return [str(name) for name in told] if isinstance(told, list) else []


def _json(text: str | None) -> Any:  # noqa: ANN401 - whatever the evidence holds
    try:
        return json.loads(text or "null")
    except ValueError:
        return None
