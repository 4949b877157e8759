"""A draft of the rules: what would be in force if it were put live."""

from __future__ import annotations

import tomllib
from dataclasses import replace

from console.risk.packs import LEVELS, STATES, Pack, load_packs


def drafted(live: Pack, name: str, text: str) -> Pack:
    """The pack that a file makes of the one in force. Raises PackError.

    A file with `[levels]` is a whole pack and stands for itself. One without is a part: its rules replace those of the
    same ids and join the others; a rule is left out by `state = "off"`.
    """
    if _is_whole(text):
        return load_packs([(name, text)])
    part = load_packs([(name, text), ("levels", _levels(live))])
    rules = {rule.id: rule for rule in (*live.rules, *part.rules)}
    return replace(live, rules=tuple(sorted(rules.values(), key=lambda rule: -STATES.index(rule.state))))


def _is_whole(text: str) -> bool:
    try:
        return "levels" in tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return True  # told by whoever loads it


def _levels(pack: Pack) -> str:
    lines = [f"{word} = {threshold}" for word, threshold in zip(LEVELS[1:], pack.thresholds, strict=True)]
    return "\n".join(("[levels]", *lines, f'alert = "{LEVELS[pack.alert_level]}"'))
