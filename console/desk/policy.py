"""What an operator may do with policies, for console and command line alike: read, propose, apply, roll back."""

from __future__ import annotations

import difflib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from console.core import instants
from console.language import tr
from console.paths import fixtures
from console.risk.expressions import nearest
from console.risk.packs import Pack
from console.risk.policy import Move, Policy, PolicyError, Stance, Standing, Switch
from console.risk.policy_text import read_policy
from store.journal import Journal, JournalError
from store.policies import InForce, Policies, Proposal, Text, in_force

LONGEST_REASON = 500
MANUAL = "manual"
"""Stands for the reason of a proposal that a person made."""


def shipped() -> Policy:
    """The policy that comes with the product."""
    path = fixtures() / "policies" / "standard.toml"
    return read_policy(path.name, path.read_text(encoding="utf-8"))


def read_file(path: Path) -> Policy:
    """The policy in a file. Raises PolicyError, and OSError when it can't be read."""
    try:
        return read_policy(path.name, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path.name}: {error}") from error


def present(journal: Journal) -> tuple[InForce, Policy]:
    """What is in force. Raises ValueError with words for people when nothing is, or it can't be read."""
    found = in_force(journal)
    if found is None:
        raise ValueError(tr("policy.none"))
    return found, read_policy(found.name, found.text)


def standing(found: InForce) -> Standing:
    return Standing(found.stance, found.since)


def scaled(pack: Pack, stance: Stance) -> Pack:
    """The packs with the levels of a stance."""
    levels = stance.levels
    return pack if levels is None else replace(pack, thresholds=levels.thresholds, alert_level=levels.alert_level)


def in_stance(pack: Pack, path: Path) -> Pack:
    """The packs with the levels of the stance in force, by the journal at a path. Raises PolicyError."""
    if not path.exists():
        return pack
    journal = Journal(path)
    try:
        found = in_force(journal)
    finally:
        journal.close()
    return scaled(pack, read_policy(found.name, found.text).stances[found.stance]) if found else pack


def text_of(policy: Policy) -> Text:
    return Text(version=policy.version, name=policy.name, text=policy.text)


def words(move: Move) -> str:
    """Why the rules ask for a stance, in one line."""
    return "; ".join(_because(switch) for switch in move.because) or tr("policy.no_rule")


def told(move: Move) -> list[dict[str, Any]]:
    """The same as JSON values."""
    return [
        {
            "indicator": switch.rule.indicator,
            "value": switch.newest.value if switch.newest else None,
            "at": switch.newest.at if switch.newest else None,
            "threshold": switch.rule.enter,
            "rising": switch.rule.rising,
        }
        for switch in move.because
    ]


def _because(switch: Switch) -> str:
    value = f"{switch.newest.value:g}" if switch.newest else "?"
    return f"{switch.rule.indicator} {value} {'≥' if switch.rule.rising else '≤'} {switch.rule.enter:g}"


def because(stored: str) -> str:
    """The reason of a proposal in one line."""
    reasons = []
    for one in json.loads(stored):
        if MANUAL in one:
            reasons.append(str(one[MANUAL]))
        else:
            sign = "≥" if one["rising"] else "≤"
            reasons.append(f"{one['indicator']} {one['value']:g} {sign} {one['threshold']:g}")
    return "; ".join(reasons) or tr("policy.no_rule")


def reason(text: str) -> str:
    """A reason as it is kept. Raises ValueError with words for people."""
    line = " ".join(text.split())
    if not 1 <= len(line) <= LONGEST_REASON or not line.isprintable():
        raise ValueError(tr("policy.no_reason", most=LONGEST_REASON))
    return line


def known_stance(policy: Policy, name: str) -> str:
    """The stance of that name. Raises ValueError with the names there are, and the one that was meant."""
    if name in policy.stances:
        return name
    near = nearest(name, policy.stances)
    meant = tr("policy.meant", name=near) if near else ""
    raise ValueError(tr("policy.no_stance", stance=repr(name[:80]), stances=", ".join(policy.stances)) + meant)


def apply(journal: Journal, policy: Policy, stance: str | None, why: str, by: str, stream_time: int) -> InForce:
    """Put a policy in force with a stance, by default the one it has in force, else its usual one.

    Raises ValueError with words for people.
    """
    found = in_force(journal)
    if stance is None:
        stance = found.stance if found and found.stance in policy.stances else policy.drive.stance
    stance = known_stance(policy, stance)
    try:
        return Policies(journal).apply(text_of(policy), stance, reason(why), by, now=instants.now(), since=stream_time)
    except JournalError as error:
        raise ValueError(str(error)) from error


def roll_back(journal: Journal, version: str | None, why: str, by: str, stream_time: int) -> InForce:
    """Put back what was in force before, or a version with the stance it had last. Raises ValueError."""
    try:
        return Policies(journal).roll_back(version, reason(why), by, now=instants.now(), since=stream_time)
    except JournalError as error:
        raise ValueError(str(error)) from error


def propose(journal: Journal, policy: Policy, stance: str | None, why: str, by: str, stream_time: int) -> Proposal:
    """Propose a policy, or a stance of the one in force, for somebody to apply. Raises ValueError."""
    stance = known_stance(policy, stance or policy.drive.stance)
    because = [{MANUAL: reason(why)}]
    return Policies(journal).propose(text_of(policy), stance, because, None, by, now=instants.now(), since=stream_time)


def dismiss(journal: Journal, number: int, why: str, by: str) -> None:
    """Let an open proposal go. Raises ValueError with words for people."""
    try:
        Policies(journal).dismiss(number, reason(why), by, now=instants.now())
    except JournalError as error:
        raise ValueError(str(error)) from error


class Versioned(Protocol):
    """A policy's text with its name and version."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def text(self) -> str: ...


def differing(before: Versioned, after: Versioned) -> list[str]:
    """What differs between two texts, as lines of a unified diff."""
    names = (f"{before.name} {before.version}", f"{after.name} {after.version}")
    return list(difflib.unified_diff(before.text.splitlines(), after.text.splitlines(), *names, lineterm="", n=2))
