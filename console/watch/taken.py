"""The version rule: a change counts only when its version is higher than the stored one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any

import numpy as np

from console.core.lots import Lot, column
from console.core.messages import Change
from console.core.timestamps import Instants
from console.risk.columns import Array, Bools
from store.mirror import Mirror

EVENTS = ("transaction", "login")
DROPPED = "changed after it was dropped by age"


@dataclass(frozen=True)
class Delete:
    """A delete that counts; `unseen`: there was nothing to delete."""

    change: Change
    unseen: bool


@dataclass(frozen=True)
class Taken:
    """The changes of one type that count, as columns in the order of the feed.

    `fresh`: nothing was stored of the resource. `revived`: of an event only that it was deleted before it was seen.
    `dropped` are changes of events that are no longer kept: they were counted when they came, and stay out.
    """

    type: str
    seqs: Array
    changes: list[Change]
    resources: list[Any]
    columns: dict[str, list[Any]]
    docs: list[str]
    times: dict[str, Instants]
    fresh: Bools
    deletes: list[Delete] = field(default_factory=list)
    revived: list[int] = field(default_factory=list)
    dropped: list[Change] = field(default_factory=list)

    def column(self, name: str) -> list[Any]:
        """One attribute of each resource."""
        return self.columns[name]


def take(mirror: Mirror, lot: Lot) -> Taken:
    """What counts of a lot."""
    stored = mirror.versions(lot.type, [*lot.ids, *column(lot.deletes, "id")])
    seqs = np.array([change.seq for change in lot.changes], np.int64)
    if lot.deletes or (lot.type in EVENTS and (mirror.tombstones or _any_old(lot, mirror.dropped_before))):
        return _Rule(mirror, lot, stored).taken(seqs)
    before = _before(lot, stored)
    return _chosen(lot, seqs, np.array(lot.versions, np.int64) > before, before == 0)


def _any_old(lot: Lot, before: int) -> bool:
    return bool((lot.times["recorded_at"] < before).any())


def _before(lot: Lot, stored: dict[str, int]) -> Array:
    """The version that each change meets, 0 for none; `stored` moves on with the changes."""
    if len(set(lot.ids)) == len(lot.ids):
        return np.array([stored.get(id_, 0) for id_ in lot.ids] if stored else [0] * len(lot.ids), np.int64)
    before = []
    for id_, version in zip(lot.ids, lot.versions, strict=True):
        was = stored.get(id_, 0)
        before.append(was)
        if version > was:
            stored[id_] = version
    return np.array(before, np.int64)


def _chosen(lot: Lot, seqs: Array, counts: Bools, fresh: Bools) -> Taken:
    """The changes of a lot that count."""
    if counts.all():
        return Taken(lot.type, seqs, lot.changes, lot.resources, lot.columns, lot.docs, lot.times, fresh)
    chosen = counts.tolist()
    changes, resources, docs = (list(compress(rows, chosen)) for rows in (lot.changes, lot.resources, lot.docs))
    columns = {name: list(compress(column, chosen)) for name, column in lot.columns.items()}
    times = {name: column[counts] for name, column in lot.times.items()}
    return Taken(lot.type, seqs[counts], changes, resources, columns, docs, times, fresh[counts])


class _Rule:
    """The same for a lot with deletes, or where events were deleted unseen or dropped: change by change."""

    def __init__(self, mirror: Mirror, lot: Lot, stored: dict[str, int]) -> None:
        self._lot = lot
        self._stored = stored
        self._tombstones = mirror.tombstones
        self._before = mirror.dropped_before if lot.type in EVENTS else 0
        self._counts = np.zeros(len(lot.changes), bool)
        self._fresh = np.zeros(len(lot.changes), bool)
        self._deletes: list[Delete] = []
        self._revived: list[int] = []
        self._dropped: list[Change] = []

    def taken(self, seqs: Array) -> Taken:
        for place in self._in_order():
            if place < 0:
                self._delete(self._lot.deletes[~place])
            else:
                self._upsert(place)
        chosen = _chosen(self._lot, seqs, self._counts, self._fresh)
        return replace(chosen, deletes=self._deletes, revived=self._revived, dropped=self._dropped)

    def _in_order(self) -> list[int]:
        """Places among the upserts, and the complements of places among the deletes, in the order of the feed."""
        upserts = list(range(len(self._lot.changes)))
        if not self._lot.deletes:
            return upserts
        both = [(change.seq, place) for place, change in enumerate(self._lot.changes)]
        both += [(change.seq, ~place) for place, change in enumerate(self._lot.deletes)]
        return [place for _, place in sorted(both)]

    def _upsert(self, place: int) -> None:
        id_, version = self._lot.ids[place], self._lot.versions[place]
        before = self._stored.get(id_, 0)
        if version <= before:
            return
        lifeless = (self._lot.type, id_) in self._tombstones
        fresh = before == 0 or lifeless
        if fresh and self._before and self._lot.times["recorded_at"][place] < self._before:
            self._dropped.append(self._lot.changes[place])
            return
        if lifeless:
            del self._tombstones[self._lot.type, id_]
            self._revived.append(self._lot.changes[place].seq)
        self._stored[id_] = version
        self._counts[place], self._fresh[place] = True, fresh

    def _delete(self, change: Change) -> None:
        before = self._stored.get(change.id, 0)
        if change.version <= before:
            return
        unseen = before == 0 or (change.type, change.id) in self._tombstones
        if unseen and change.type in EVENTS:
            self._tombstones[change.type, change.id] = change.version
        self._stored[change.id] = change.version
        self._deletes.append(Delete(change, unseen))
