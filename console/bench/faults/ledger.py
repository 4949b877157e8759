"""The core's own ledger as a judge reads it: every command it recorded, and every change that one of them made."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from console.core import instants
from console.core.instants import Instant
from console.sandbox.bank import Bank

Json = dict[str, Any]
PAGE = 10_000


@dataclass(frozen=True)
class Effect:
    """A change that a command made. `decided_on` is the oldest version whose decider still knew what it changed."""

    type: str
    decided_on: int
    before: Json
    after: Json


@dataclass
class Ledger:
    """`records` are the commands' last versions by id; `effects` the changes of other resources by command id."""

    records: dict[str, Json] = field(default_factory=dict)
    effects: dict[str, list[Effect]] = field(default_factory=lambda: defaultdict(list))
    times_applied: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How often the core said of a command that it succeeded."""


def read(bank: Bank) -> Ledger:
    """Walk the whole log."""
    return walk(_changes(bank))


def _changes(bank: Bank) -> Iterable[Json]:
    after = 0
    while bodies := bank.log.page(after, PAGE).bodies:
        for body in bodies:
            change: Json = json.loads(body)
            yield change
        after = change["seq"]


def walk(changes: Iterable[Json]) -> Ledger:
    """The ledger that these changes, in their order, amount to."""
    ledger = Ledger()
    present: dict[tuple[str, str], Json] = {}
    guards: dict[tuple[str, str], int] = {}
    for change in changes:
        key, data = (change["type"], change["id"]), change.get("data", {})
        before = present.get(key, {})
        command_id = change.get("caused_by", {}).get("command_id")
        if change["type"] == "command":
            ledger.records[change["id"]] = data
            ledger.times_applied[change["id"]] += data["status"] == "succeeded"
        elif command_id:
            ledger.effects[command_id].append(Effect(change["type"], guards.get(key, 0), before, data))
        if change["type"] != "account" or _decided_on(before) != _decided_on(data):
            guards[key] = change["version"]
        present[key] = data
    return ledger


def _decided_on(account: Json) -> list[object]:
    """What makes a decision on an older version of an account stale (contract, 7.3)."""
    limits = account.get("limits", {})
    named = ("currency", "credit_limit_minor", "cash_limit_minor", "daily_limit_minor")
    return [
        account.get("status"),
        account.get("credit_state"),
        sorted(json.dumps(hold, sort_keys=True) for hold in account.get("holds", [])),
        [limits.get(name) for name in named],
    ]


def completed_at(record: Json) -> Instant | None:
    """When the core finished a command."""
    text = record.get("completed_at")
    return instants.parse(text) if text else None
