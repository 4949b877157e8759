"""The policy as its screen shows it: what is in force, the indicators beside the rules that read them, proposals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from console import children
from console.desk.indicators import readings
from console.desk.policy import shipped
from console.language import tr
from console.paths import Home
from console.risk.policy import Policy, PolicyError, Switch, switches
from console.risk.policy_text import read_policy
from console.ui import rules
from store.indicators import Figure, figures
from store.journal import Journal
from store.policies import InForce, Policies, Proposal
from store.reader import Reader

Effect = dict[str, Any]
MOST = 8
"""Indicators that are shown."""


class NotTried(Exception):
    """A policy that could not be tried on the past; the message says why."""


@dataclass(frozen=True)
class Indicator:
    """An indicator with every value it had, the oldest first, and the switches of the rules that read it."""

    name: str
    values: tuple[float, ...]
    switches: tuple[Switch, ...]


@dataclass(frozen=True)
class Books:
    """Everything about policies; `policy` is None where the text in force can't be read, and `trouble` says why."""

    history: Sequence[InForce] = ()
    policy: Policy | None = None
    trouble: str | None = None
    indicators: Sequence[Indicator] = ()
    proposal: Proposal | None = None

    @property
    def in_force(self) -> InForce | None:
        return self.history[0] if self.history else None


def books(journal: Journal | None, mirror: Reader | None) -> Books:
    """What the journal keeps of policies, beside the mirror's indicators. Before the first the shipped one is shown."""
    policies = Policies(journal) if journal is not None else None
    history = policies.history() if policies else []
    try:
        policy, trouble = (read_policy(history[0].name, history[0].text) if history else shipped()), None
    except PolicyError as error:
        policy, trouble = None, str(error)
    proposal = policies.open_proposal() if policies else None
    return Books(history, policy, trouble, _indicators(policy, figures(mirror, journal)), proposal)


def _indicators(policy: Policy | None, known: Sequence[Figure]) -> list[Indicator]:
    """Those that rules read first, in the order of the rules, then the others by name."""
    found = switches(policy.drive, readings(known)) if policy else []
    names = dict.fromkeys([switch.rule.indicator for switch in found])
    by_name: dict[str, list[float]] = {}
    for figure in known:
        by_name.setdefault(figure.id, []).append(figure.value)
    names |= dict.fromkeys(sorted(by_name))
    return [
        Indicator(
            name,
            tuple(by_name.get(name, ())),
            tuple(switch for switch in found if switch.rule.indicator == name),
        )
        for name in list(names)[:MOST]
    ]


async def tried(home: Home, stance: str) -> Effect:
    """What a stance would have done, worked out by a process of its own. Raises NotTried."""
    packs = ("--packs", str(rules.folder())) if rules.folder() is not None else ()
    process = await asyncio.create_subprocess_exec(
        *children.command("policy", "backtest", stance, "--json", "--home", str(home.folder), *packs),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, said = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if process.returncode != 0:
        raise NotTried(said.decode("utf-8", "replace").strip() or tr("ui.backtest.no_result"))
    effect: Effect = json.loads(out)
    return effect
