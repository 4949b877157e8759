"""A policy's text with other thresholds in one stance; whatever else stands in it, comments too, stays as it is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, cast

from console.risk.automatic import Measures
from console.risk.packs import LEVELS, Pack
from console.risk.policy import Levels, Policy, PolicyError, Stance
from console.risk.policy_text import read_policy
from console.risk.tuning import Setting

STEP = 0.001
"""Between two levels there is at least this."""


def setting_of(stance: Stance, pack: Pack) -> Setting:
    """The thresholds of a stance. The machine freezes at critical alerts only, so not below that level."""
    levels = _levels(stance, pack)
    alert = levels.thresholds[levels.alert_level - 1]
    freeze = max(levels.critical, stance.automatic.least_score) if stance.automatic.freeze else None
    return Setting(alert, freeze)


def drafted(policy: Policy, name: str, setting: Setting, pack: Pack) -> str:
    """The policy's text with those thresholds in the stance of that name.

    Raises PolicyError where the stance is written in a way that can't be changed line by line.
    """
    stance = policy.stances[name]
    levels = _fitted(_levels(stance, pack), setting)
    least = stance.automatic.least_score if setting.freeze is None else max(levels.critical, setting.freeze)
    measures = replace(stance.automatic, freeze=setting.freeze is not None, least_score=least)
    text = _with(policy.text, name, "levels", _inline_levels(levels))
    text = _with(text, name, "automatic", _inline_measures(measures))
    if read_policy(policy.name, text).stances.get(name) != replace(stance, levels=levels, automatic=measures):
        raise PolicyError(f"write levels and automatic of [stances.{name}] as one line each, then try again")
    return text


def _levels(stance: Stance, pack: Pack) -> Levels:
    if stance.levels is not None:
        return stance.levels
    low, medium, high, critical = pack.thresholds
    return Levels(low, medium, high, critical, cast(Any, LEVELS[pack.alert_level]))


def _fitted(levels: Levels, setting: Setting) -> Levels:
    """The levels with the alert's at its threshold and critical no higher than the freeze; the others make room."""
    marks = list(levels.thresholds)
    at = levels.alert_level - 1
    marks[at] = setting.alert
    if setting.freeze is not None and at < len(marks) - 1:
        marks[-1] = min(marks[-1], setting.freeze)
    marks[-1] = max(marks[-1], marks[at] + (len(marks) - 1 - at) * STEP)
    for place in range(at - 1, -1, -1):
        marks[place] = min(marks[place], marks[place + 1] - STEP)
    for place in range(at + 1, len(marks) - 1):
        room = (marks[-1] - marks[place - 1]) / (len(marks) - place)
        marks[place] = min(max(marks[place], marks[place - 1] + min(STEP, room)), marks[-1] - STEP)
    low, medium, high, critical = (round(mark, 4) for mark in marks)
    return Levels(low, medium, high, critical, levels.alert)


def _with(text: str, stance: str, key: str, value: str) -> str:
    """The text with a line of the stance replaced, or put in as its first."""
    header = re.search(rf"^[ \t]*\[stances\.{re.escape(stance)}\][^\n]*\n?", text, re.MULTILINE)
    if header is None:
        raise PolicyError(f"[stances.{stance}] is not a table of its own")
    following = re.search(r"^[ \t]*\[", text[header.end() :], re.MULTILINE)
    end = header.end() + following.start() if following else len(text)
    body, line = text[header.end() : end], f"{key} = {value}\n"
    changed, times = re.subn(rf"^[ \t]*{key}[ \t]*=[^\n]*\n?", lambda _: line, body, count=1, flags=re.MULTILINE)
    return text[: header.end()] + (changed if times else line + body) + text[end:]


def _inline_levels(levels: Levels) -> str:
    marks = ", ".join(f"{word} = {mark}" for word, mark in zip(LEVELS[1:], levels.thresholds, strict=True))
    return f'{{ {marks}, alert = "{levels.alert}" }}'


def _inline_measures(measures: Measures) -> str:
    words = {True: "true", False: "false"}
    scope = "" if measures.scope == Measures().scope else f'scope = "{measures.scope}", '
    return (
        f"{{ freeze = {words[measures.freeze]}, {scope}applications = {words[measures.applications]},"
        f" least_score = {measures.least_score} }}"
    )
