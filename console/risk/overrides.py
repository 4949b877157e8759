"""What the desk listed: blocked, allowed and snoozed things, and what they do to an event's alert.

Precedence: a block beats everything, an allowance or a snooze mutes what the rules found. An entry counts from its
`from_seq` on, to `until_seq` when it was taken back and to `expires` by the time at which the core recorded an event:
all three are places in the stream, so that a replay repeats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from console.risk.columns import Array

LISTS = ("block", "allow", "snooze")
KINDS = ("account", "device", "ip", "merchant", "token")
NEVER = 253_402_300_799_999_999
"""The end of an entry that has none: the last instant (µs) that the contract can write, and a place no feed reaches."""


@dataclass(frozen=True)
class Override:
    """One entry. `subjects` are the dense indices it is about: one, or a token's under each kind of token it may be.

    `level` (0..4) is what a block raises an alert to.
    """

    number: int
    list: str
    kind: str
    subjects: frozenset[int]
    from_seq: int
    until_seq: int = NEVER
    expires: int = NEVER
    level: int = 3

    def counts(self, seq: int, recorded_at: int) -> bool:
        return self.from_seq <= seq < self.until_seq and recorded_at < self.expires


class Effect(NamedTuple):
    """What the lists do to one event: the number of the entry that blocks (with its level) or mutes it, 0 none."""

    blocked: int = 0
    muted: int = 0
    level: int = 0


class Overrides:
    """All entries that count now or did once."""

    def __init__(self, entries: Iterable[Override] = ()) -> None:
        self._entries = sorted(entries, key=lambda entry: entry.number)
        self._by_kind: dict[str, dict[int, list[Override]]] = {}
        for entry in self._entries:
            subjects = self._by_kind.setdefault(entry.kind, {})
            for subject in entry.subjects:
                subjects.setdefault(subject, []).append(entry)

    def effects(self, facts: Array, rows: Array, tokens: Callable[[], Array]) -> dict[int, Effect]:
        """What the entries do to the events in some rows, by place among these; those that none is about are left out.

        `tokens` gives (rows, kinds), those that each event's customer holds, index + 1, 0 none.
        """
        found: dict[int, list[Override]] = {}
        for kind, subjects in self._by_kind.items():
            listed = np.fromiter(subjects, np.int64, len(subjects))
            about = tokens().astype(np.int64) - 1 if kind == "token" else facts[kind][rows][:, None]
            for place, column in np.argwhere(np.isin(about, listed)).tolist():
                event, entries = facts[rows[place]], subjects[int(about[place, column])]
                counting = [one for one in entries if one.counts(int(event["seq"]), int(event["recorded_at"]))]
                if counting:
                    found.setdefault(place, []).extend(counting)
        return {place: _effect(entries) for place, entries in found.items()}

    def begun(self, first_seq: int, last_seq: int) -> list[tuple[int, int, int]]:
        """(seq, account, until) of accounts whose alert goes out of the queue, or back into it with until 0.

        Those of the entries that begin to count, or are taken back, at one of these seqs.
        """
        shelves: list[tuple[int, int, int]] = []
        for entry in self._entries:
            if entry.list == "block" or entry.kind != "account":
                continue
            for account in entry.subjects:
                if first_seq <= entry.from_seq <= last_seq:
                    shelves.append((entry.from_seq, account, entry.expires))
                if first_seq <= entry.until_seq <= last_seq:
                    shelves.append((entry.until_seq, account, 0))
        return shelves


def _effect(entries: list[Override]) -> Effect:
    """The highest block among them, else the first that mutes."""
    blocks = [entry for entry in entries if entry.list == "block"]
    if blocks:
        highest = max(blocks, key=lambda entry: (entry.level, -entry.number))
        return Effect(blocked=highest.number, level=highest.level)
    return Effect(muted=min(entry.number for entry in entries))


NONE = Overrides()
