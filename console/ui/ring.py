"""The ring around an account: who shares its devices, tokens, links, addresses and payees, and how near fraud is.

A hop goes from account to account over a shared device, token or link. Addresses and payees are told, but lead to no
second hop: strangers share them. A thing that more than 24 accounts share is a hub, of which the first 24 are told, and
which leads nowhere either; the risk engine draws the same lines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread

from store import ring
from store.reader import Reader
from store.ring import Thing, Use

HOLDERS = 24
MOST_THINGS = 24
MOST_NEAR = 24
"""Neighbours whose own things are looked at for the second hop."""
MOST_SHOWN = 500
MOST_BACK = 4_000_000
"""Places of the feed that are looked back through."""
TYING = ("device", "token", "link")
KINDS = (*TYING, "payee", "ip")
"""All kinds, in the order in which they are told."""
FAR = 9
"""In place of the hops to one who is not tied."""
REST_S = 0.02
"""Between two looks, for whoever else needs the machine."""


@dataclass(frozen=True)
class Neighbour:
    """An account, by number, and what it shares.

    `hops` is None where that ties nobody; `through` is the neighbour that lies between, None at one hop.
    """

    account: int
    hops: int | None
    shared: Sequence[Thing]
    through: int | None = None


@dataclass(frozen=True)
class Ring:
    """What is known so far. `back_to` (µs) is how far back events were looked through, None before the first."""

    identity: tuple[int, int | None]
    things: Sequence[Thing] = ()
    hubs: frozenset[Thing] = frozenset()
    neighbours: Sequence[Neighbour] = ()
    frauds: frozenset[int] = frozenset()
    back_to: int | None = None
    share: float = 0.0
    all_mirrored: bool = False

    @property
    def done(self) -> bool:
        return self.share >= 1

    @property
    def nearest(self) -> Neighbour | None:
        """The nearest tied neighbour known as fraud, None where none is."""
        known = (one for one in self.neighbours if one.account in self.frauds and one.hops)
        return min(known, key=lambda one: one.hops or 0, default=None)


class Shared:
    """Which accounts use which things, the first of each only."""

    def __init__(self) -> None:
        self._holders: defaultdict[Thing, dict[int, None]] = defaultdict(dict)
        self.hubs: set[Thing] = set()

    def add(self, uses: Iterable[Use], but: int) -> None:
        """Take in uses, except those of the account it is about."""
        for account, thing in uses:
            holders = self._holders[thing]
            if account == but or account in holders:
                continue
            if len(holders) == HOLDERS:
                self.hubs.add(thing)
            else:
                holders[account] = None

    def by_account(self) -> dict[int, list[Thing]]:
        """What each account shares, that which ties first."""
        found: defaultdict[int, list[Thing]] = defaultdict(list)
        for thing in sorted(self._holders, key=lambda thing: (not self.ties(thing), KINDS.index(thing.kind))):
            for account in self._holders[thing]:
                found[account].append(thing)
        return found

    def ties(self, thing: Thing) -> bool:
        """Whether it leads from account to account."""
        return thing.kind in TYING and thing not in self.hubs


def around(mirror: Reader, account: int) -> Iterator[Ring]:
    """The ring as it becomes known: first one hop, then two. Each step is one short look at the mirror."""
    things = ring.things_of(mirror, account, MOST_THINGS)
    known = Ring(mirror.identity, things)
    near, beyond = Shared(), Shared()
    for uses, share, back_to in _looks(mirror, things):
        near.add(uses, account)
        known = replace(known, back_to=back_to or known.back_to, share=share / 2)
        yield _told(mirror, known, near, beyond, {})
    owners = _owners(mirror, near, things)
    for uses, share, _ in _looks(mirror, list(owners)):
        beyond.add(uses, account)
        known = replace(known, share=min(0.99, 0.5 + share / 2))
        yield _told(mirror, known, near, beyond, owners)
    whole = ring.last_place(mirror) - MOST_BACK <= ring.first_place(mirror)
    yield _told(mirror, replace(known, share=1.0, all_mirrored=whole), near, beyond, owners)


def _owners(mirror: Reader, near: Shared, things: Sequence[Thing]) -> dict[Thing, int]:
    """The tying things of tied neighbours that are not the account's own, with the first neighbour that has each."""
    tied = [account for account, shared in near.by_account().items() if near.ties(shared[0])]
    owners: dict[Thing, int] = {}
    for account in tied[:MOST_NEAR]:
        for thing in ring.things_of(mirror, account, MOST_THINGS):
            if thing.kind in TYING and thing not in things:
                owners.setdefault(thing, account)
    return owners


def _looks(mirror: Reader, things: Sequence[Thing]) -> Iterator[tuple[list[Use], float, int | None]]:
    """(uses, the share that is behind, back to when) of one look after another."""
    for type_ in ring.TYPES:
        after: str | None = ""
        while after is not None and things:
            uses, after = ring.through(mirror, things, type_, after)
            yield uses, 0.0, None
    place = ring.last_place(mirror)
    first = max(ring.first_place(mirror), place - MOST_BACK)
    span = max(1, place - first)
    while place >= max(1, first) and things:
        uses = ring.back(mirror, things, place)
        place -= ring.STRETCH
        yield uses, min(1.0, 1 - max(0, place - first) / span), ring.recorded_at(mirror, max(place, first))


def _told(mirror: Reader, known: Ring, near: Shared, beyond: Shared, owners: dict[Thing, int]) -> Ring:
    """The ring with its neighbours, the nearest first, and which of them are known as fraud."""
    first, second = near.by_account(), beyond.by_account()
    neighbours = [Neighbour(account, 1 if near.ties(shared[0]) else None, shared) for account, shared in first.items()]
    neighbours += [
        Neighbour(account, 2, [thing for thing in shared if beyond.ties(thing)], owners.get(shared[0]))
        for account, shared in second.items()
        if account not in first and beyond.ties(shared[0])
    ]
    kept = sorted(neighbours, key=lambda one: one.hops or FAR)[:MOST_SHOWN]
    frauds = ring.frauds(mirror, (one.account for one in kept))
    return replace(known, hubs=frozenset(near.hubs), neighbours=kept, frauds=frozenset(frauds))


class Looker(Thread):
    """Looks for one account's ring on a connection of its own, and delivers what is known after every look.

    `deliver` is called in this thread with a Ring, or with the error that ended the search.
    """

    def __init__(self, path: Path, account_id: str, deliver: Callable[[Ring | Exception], None]) -> None:
        super().__init__(name="ring", daemon=True)
        self._path, self._account_id, self._deliver = path, account_id, deliver
        self._over = Event()

    def stop(self) -> None:
        self._over.set()

    def run(self) -> None:
        try:
            mirror = Reader(self._path)
            try:
                self._look(mirror)
            finally:
                mirror.close()
        except Exception as error:  # noqa: BLE001 - told to the operator
            if not self._over.is_set():
                self._deliver(error)

    def _look(self, mirror: Reader) -> None:
        number = mirror.number(self._account_id)
        for known in around(mirror, number) if number is not None else ():
            if self._over.wait(REST_S) or mirror.replaced():
                return
            self._deliver(known)
