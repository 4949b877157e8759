"""Holds that end by themselves while their case is open: what the watcher tells of them, and how pressing each is.

A day before its end a hold is told of, an hour before more urgently, and when it has ended so for as long as the case
stays open and no other hold stands in its place: no protection lapses unseen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Literal

import msgspec

from console.core.instants import DAY, HOUR

NOTE = "holds"
"""The mirror's note in which the watcher tells of them."""

Stage = Literal["far", "day", "hour", "ended"]
PRESSING: tuple[Stage, ...] = ("ended", "hour", "day")
"""The stages that are shown, the most pressing first."""
SOON, VERY_SOON = DAY, HOUR
"""How long before its end a hold is told of: one shift and the next can act; there is hardly time to act. µs."""


@dataclass(frozen=True)
class Ending:
    """One hold. `expires_at` is µs of the core's clock, by which `stage` was judged too."""

    account_id: str
    hold_id: str
    scope: str
    expires_at: int
    stage: Stage = "far"


def stage(expires_at: int, now: int) -> Stage:
    """How pressing a hold's end is at an instant of the core's clock."""
    left = expires_at - now
    if left <= 0:
        return "ended"
    return "hour" if left <= VERY_SOON else "day" if left <= SOON else "far"


def told(endings: Iterable[Ending]) -> str:
    """The mirror's note."""
    return json.dumps([asdict(ending) for ending in endings])


def read(note: str | None) -> list[Ending]:
    """What the note tells; nothing where there is none that can be read."""
    try:
        return msgspec.json.decode(note, type=list[Ending]) if note else []
    except msgspec.MsgspecError:
        return []


def judged(endings: Iterable[Ending], now: int) -> list[Ending]:
    """The same holds as of an instant of the core's clock: a watcher that is gone does not make them less pressing."""
    return [replace(ending, stage=stage(ending.expires_at, now)) for ending in endings]


def pressing(endings: Iterable[Ending]) -> tuple[Ending, ...]:
    """The holds that must be seen to, the most pressing first."""
    found = [ending for ending in endings if ending.stage in PRESSING]
    return tuple(sorted(found, key=lambda ending: (PRESSING.index(ending.stage), ending.expires_at, ending.hold_id)))
