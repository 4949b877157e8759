"""Why an alert is there, in a few words: its rules, the weightiest first."""

from __future__ import annotations

import json
from functools import lru_cache

from console.language import language
from console.ui import rules
from console.ui.text import clean


def rule_ids(text: str | None) -> list[str]:
    """The ids of an alert's rules, the weightiest first."""
    try:
        told = json.loads(text or "[]")
    except ValueError:
        return []
    names = [clean(name, 24) for name in told] if isinstance(told, list) else []
    return sorted(names, key=lambda name: (-rules.weight(name), name))


def sentence(text: str | None) -> str:
    """What an alert's rules say, the weightiest first; empty without any."""
    return " · ".join(rules.title(name) or name for name in rule_ids(text))


def headline(text: str | None, width: int) -> str:
    """An alert's rules in a few words: the kind of fraud, with the id where there is room, and how many more."""
    return _headline(text, width, language())


@lru_cache(maxsize=4096)
def _headline(text: str | None, width: int, _: str) -> str:
    names = rule_ids(text)
    if not names:
        return ""
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    kind = rules.typology(names[0])
    return f"{names[0]} {kind}{more}" if width >= 24 and kind != names[0] else kind + more
