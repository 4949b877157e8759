"""Whether the desks' journals tell the truth about the core's ledger.

It shares nothing with the dispatcher: it reads the journal's rows and audit, the core's own log, and what the line saw.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.bench.faults.ledger import Effect, Json, Ledger, completed_at

WITHOUT_EFFECT = ("REJECTED", "EXPIRED", "CANCELLED")
SETTLED = ("CONFIRMED", "REVIEW", *WITHOUT_EFFECT)
FITTING = {
    "succeeded": ("CONFIRMED", "REVIEW"),
    "rejected": ("REJECTED", "REVIEW"),
    "failed": ("REJECTED", "REVIEW"),
    "expired": ("EXPIRED",),
    "cancelled": ("CANCELLED",),
}
"""What a desk may say of a command that the core finished so."""
PASSING = ("rate_limited", "in_progress", "overloaded", "internal", "command_expired", "version_mismatch")
"""Refusals that do not make a command REJECTED."""
LAID_OVER = ("account", "application", "limit_request")
"""Types on which a decision stands; cases have no If-Match."""


@dataclass(frozen=True)
class Kept:
    """A command as a journal tells it. `said` are all states that its audit ever named, in order."""

    command_id: str
    type: str
    body: bytes
    if_match: int | None
    not_after: int
    state: str
    why: str | None
    confirmed_at: int | None
    settled_at: int | None
    said: tuple[str, ...]


@dataclass
class Verdict:
    """What is wrong, as sentences by category; a run without fault has none."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    overridden: list[str] = field(default_factory=list)
    false_confirmed: list[str] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        return {name: len(found) for name, found in vars(self).items()}

    @property
    def flawless(self) -> bool:
        return not any(vars(self).values())


def judge(
    ledger: Ledger, kept: Iterable[Kept], decided: Iterable[str], foreign: set[str], refused: Mapping[str, set[str]]
) -> Verdict:
    """Compare. `decided` are the ids that operators were told were stored, `foreign` those of other people's commands,
    `refused` the codes with which the core itself refused a command on the wire.
    """
    verdict = Verdict()
    known = {command.command_id: command for command in kept}
    for command_id in decided:
        if command_id not in known:
            verdict.lost.append(f"{command_id}: decided, and not in the journal")
    for command_id in ledger.records:
        if command_id not in known and command_id not in foreign:
            verdict.doubled.append(f"{command_id}: at the core, and nobody decided it")
    for command in known.values():
        _judge(command, ledger, refused.get(command.command_id, set()), verdict)
    return verdict


def _judge(command: Kept, ledger: Ledger, refused: set[str], verdict: Verdict) -> None:
    name = f"{command.type} {command.command_id}"
    record, effects = ledger.records.get(command.command_id), ledger.effects.get(command.command_id, [])
    done = record is not None and record["status"] == "succeeded"
    verdict.lost += [f"{name}: {fault}" for fault in _lost(command, record, done, refused)]
    verdict.doubled += [f"{name}: {fault}" for fault in _doubled(command, ledger, effects)]
    verdict.overridden += [
        f"{name}: decided on {command.if_match}, laid over {effect.decided_on}"
        for effect in effects
        if effect.type in LAID_OVER
        and effect.type == command.type.split(".")[0]
        and command.if_match is not None
        and effect.decided_on > command.if_match
    ]
    if "CONFIRMED" in command.said:
        verdict.false_confirmed += [f"{name}: {fault}" for fault in _unfounded(command, record, done, effects)]
    if command.state not in SETTLED:
        verdict.unresolved.append(f"{name}: still {command.state}")
    elif command.state == "REVIEW" and not command.why:
        verdict.unresolved.append(f"{name}: REVIEW without a reason")


def _lost(command: Kept, record: Json | None, done: bool, refused: set[str]) -> Iterable[str]:
    """The desk gave a decision up, or said that it had no effect, without the right to say so."""
    denied = [state for state in command.said if state in WITHOUT_EFFECT]
    if done and denied:
        yield f"called {denied[0]}, but the core did it"
    elif record is not None and command.state in SETTLED:
        if command.state not in FITTING.get(record["status"], ()):
            yield f"called {command.state}, but the core says {record['status']}"
    elif record is None:
        yield from _given_up(command, refused)


def _given_up(command: Kept, refused: set[str]) -> Iterable[str]:
    """Of a command that the core never recorded: was there a reason to stop trying?"""
    if command.state == "EXPIRED" and (command.settled_at or 0) <= command.not_after:
        yield "given up before its deadline"
    if command.state == "REJECTED" and not refused - set(PASSING):
        yield "called REJECTED, but the core never refused it"
    if command.state == "REVIEW" and command.why == "version_mismatch" and command.why not in refused:
        yield "called overtaken, but the core never said so"
    if command.state == "CANCELLED" and "SENDING" in command.said:
        yield "called CANCELLED after it was sent, but the core has no record"


def _doubled(command: Kept, ledger: Ledger, effects: list[Effect]) -> Iterable[str]:
    if ledger.times_applied.get(command.command_id, 0) > 1:
        yield "done more than once"
    touched = [effect.type for effect in effects if effect.type != "label"]
    if len(set(touched)) < len(touched):
        yield f"made {len(touched)} changes"


def _unfounded(command: Kept, record: Json | None, done: bool, effects: list[Effect]) -> Iterable[str]:
    """Reasons why the desk had no right to say confirmed."""
    if record is None or not done:
        yield f"the core says {record['status'] if record else 'nothing'}"
        return
    if record["effect"] == "applied" and not any(shows(command, effect) for effect in effects):
        yield "nothing in the ledger shows it"
    if (command.confirmed_at or 0) < (completed_at(record) or 0):
        yield "confirmed before it was done"


def shows(command: Kept, effect: Effect) -> bool:
    """Whether a change in the ledger is what the command asked for."""
    asked: dict[str, Any] = json.loads(command.body)["params"]
    after = effect.after
    holds = {hold["hold_id"] for hold in after.get("holds", [])}
    match command.type:
        case "account.freeze":
            return command.command_id in holds
        case "account.unfreeze":
            return effect.type == "account" and not holds & set(asked["hold_ids"])
        case "account.set_limit":
            value = after.get("limits", {}).get(f"{asked['limit']}_limit_minor")
            return bool(value == asked["value_minor"])
        case "account.close":
            return after.get("status") in ("closing", "closed")
        case "application.decide" | "limit_request.decide":
            wanted = {"approve": ("booked", "applied"), "decline": ("declined",)}[asked["decision"]]
            return after.get("status") in wanted
    return effect.type == "case"
