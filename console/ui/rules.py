"""What the risk engine says for people: the texts of the rules the watcher scores by, the units of its features.

The engine is loaded when it is first asked for: the screen stands before that.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from console.language import language, term, tr
from console.paths import fixtures

BLOCKED = "BLOCK"
"""Stands among an alert's rules where the desk's own list raised it."""

if TYPE_CHECKING:
    from console.risk.packs import Pack, Rule, Runbook


_folder: list[Path | None] = [None]


def scored_by(folder: Path | None) -> None:
    """Tell whose packs the watcher runs with; None for the shipped ones."""
    if folder != _folder[0]:
        _folder[0] = folder
        pack.cache_clear()
        rules.cache_clear()


def folder() -> Path | None:
    """The folder of the packs that the watcher runs with; None for the shipped ones."""
    return _folder[0]


@cache
def pack() -> Pack | None:
    """The pack in force; None when it can't be read, which the watcher and the doctor report."""
    from console.risk.packs import load_packs

    chosen = _folder[0] or fixtures() / "packs"
    try:
        return load_packs([(path.name, path.read_text(encoding="utf-8")) for path in sorted(chosen.glob("*.toml"))])
    except (OSError, ValueError):
        return None


@cache
def rules() -> dict[str, Rule]:
    """The rules in force by id; none when the pack can't be read."""
    packed = pack()
    return {rule.id: rule for rule in packed.rules} if packed else {}


def title(rule_id: str) -> str:
    """What a rule says, in the reader's language; empty for one that is not in the pack."""
    if rule_id == BLOCKED:
        return tr("ui.blocked")
    rule = rules().get(rule_id)
    return rule.text.get(language(), rule.text.get("en", "")) if rule else ""


def condition(rule_id: str) -> str:
    """When a rule fires, in the language of rules; empty for one that is not in the pack."""
    rule = rules().get(rule_id)
    return rule.when.text if rule else ""


def typology(rule_id: str) -> str:
    """The kind of fraud a rule looks for; the id itself for a rule that is not in the pack."""
    if rule_id == BLOCKED:
        return tr("ui.rule.block_list")
    rule = rules().get(rule_id)
    return term("ui.typology", rule.typology) if rule else rule_id


def typologies(rule_ids: Sequence[str]) -> list[str]:
    """The kinds of fraud that these rules look for, in their order."""
    known = rules()
    return list(dict.fromkeys(known[rule_id].typology for rule_id in rule_ids if rule_id in known))


def runbook(rule_ids: Sequence[str]) -> tuple[str, Runbook] | None:
    """The first kind of fraud of these rules that something is to be done about, and what; None where nothing is."""
    packed = pack()
    books = packed.runbooks if packed is not None else {}
    return next(((kind, books[kind]) for kind in typologies(rule_ids) if kind in books), None)


def weight(rule_id: str) -> float:
    """How much a rule counts; 0 for one that is not in the pack."""
    rule = rules().get(rule_id)
    return rule.weight if rule else 0.0


def unit(feature: str) -> str:
    """The unit a feature is measured in, empty for an unknown one."""
    from console.risk.registry import FEATURES

    known = FEATURES.get(feature)
    return known.unit if known else ""
