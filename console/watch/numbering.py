"""Who is who on a page: numbers for ids, and what is known of whom at each place of the feed.

Everything here answers as if the page's changes came one by one: a number is given where an id is first mentioned, and
a question asked at a place of the feed is answered by what lies before it. So nothing depends on where pages are cut.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count, repeat
from typing import Any, NamedTuple

import numpy as np

from console.risk.columns import Array
from console.watch.facts import all_none
from store.mirror import Mirror, Numbers


class _Given(NamedTuple):
    """Ids never seen before, with the seqs at which they are mentioned, and their places in the array of `give`."""

    seqs: Array
    ids: list[str]
    numbers: Array
    places: Array


class Numbering:
    """The numbers of one kind of id. First everything is mentioned (`give`), then `settle`d, then read."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._before = len(numbers)
        self._unseen: list[_Given] = []
        self._since = np.zeros(0, np.int64)

    def give(self, seqs: Array, ids: Sequence[str | None]) -> Array:
        """The ids' numbers, -1 for None. Ids never seen before get theirs in `settle`, in this same array."""
        if all_none(ids):
            return np.full(len(ids), -1)
        found = self._found(ids)
        missing = np.flatnonzero(found < 0).tolist()
        places = [place for place in missing if ids[place] is not None]
        if places:
            unseen: list[Any] = [ids[place] for place in places]
            self._unseen.append(_Given(seqs[places], unseen, found, np.array(places)))
        return found

    def _found(self, ids: Sequence[str | None]) -> Array:
        """The numbers given so far, -1 for ids that have none and for None."""
        return np.fromiter(map(self._numbers.get, ids, repeat(-1)), np.int64, len(ids))  # type: ignore[arg-type]

    def settle(self) -> None:
        """Number the ids never seen before in the order of the feed, and within a change as they were given."""
        if not self._unseen:
            return
        seqs = np.concatenate([given.seqs for given in self._unseen])
        ids = list(chain.from_iterable(given.ids for given in self._unseen))
        order = np.argsort(seqs, kind="stable")
        new = dict.fromkeys([ids[place] for place in order.tolist()])
        self._numbers.update(zip(new, count(self._before)))
        self._numbers.new += zip(count(self._before), new)
        numbers, end = self._found(ids), 0
        _, first = np.unique(numbers[order], return_index=True)
        self._since = seqs[order][first]
        for given in self._unseen:
            given.numbers[given.places] = numbers[end : end + len(given.ids)]
            end += len(given.ids)
        self._unseen.clear()

    def known(self, seqs: Array, ids: Sequence[str | None]) -> Array:
        """The numbers that the ids have at their places of the feed, -1 for those that nothing mentioned before."""
        if all_none(ids):
            return np.full(len(ids), -1)
        found = self._found(ids)
        new = found >= self._before
        if new.any():
            since = self._since[found[new] - self._before]
            found[new] = np.where(since <= seqs[new], found[new], -1)
        return found


class Course:
    """A value per number as the page changes it: stored before, then from each change's place on."""

    def __init__(self, stored: Array, numbers: Array, seqs: Array, values: Array) -> None:
        self._stored = stored
        order = np.lexsort((seqs, numbers))
        self._numbers, self._seqs, self._values = numbers[order], seqs[order], values[order]
        self._first = int(seqs.min()) if len(seqs) else 0
        self._places = self._key(self._numbers, self._seqs)

    def _key(self, numbers: Array, seqs: Array) -> Array:
        return np.asarray((numbers << 32) + (seqs - self._first))

    def at(self, seqs: Array, numbers: Array) -> Array:
        """The value of each number (-1 for number -1) just before its place of the feed."""
        found = np.where(numbers >= 0, self._stored[numbers], -1)
        if len(self._places):
            last = np.searchsorted(self._places, self._key(numbers, seqs)) - 1
            changed = (last >= 0) & (self._numbers[last] == numbers) & (numbers >= 0)
            found[changed] = self._values[last[changed]]
        return found


@dataclass(frozen=True)
class Owned:
    """What the page says of accounts' customers, in the order of the feed; id None, number -1: the account is gone."""

    accounts: Array
    seqs: Array
    customer_ids: Sequence[str | None]
    customers: Array


class Who:
    """All that has numbers on one page."""

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self.accounts = Numbering(mirror.accounts)
        self.entities = {kind: Numbering(numbers) for kind, numbers in mirror.entities.items()}
        nobody = np.zeros(0, np.int64)
        self._owned = Owned(nobody, nobody, [], nobody)

    def settle(self) -> None:
        """Number everybody who was mentioned."""
        for numbering in (self.accounts, *self.entities.values()):
            numbering.settle()
        self.mirror.heads.reach(len(self.mirror.accounts))

    def own(self, owned: Owned) -> None:
        """Note, after `settle`, whose accounts become."""
        self._owned = owned

    @cached_property
    def _owners(self) -> Course:
        owned = self._owned
        lasting = owned.customers >= 0
        return Course(self.mirror.heads.owner, owned.accounts[lasting], owned.seqs[lasting], owned.customers[lasting])

    def owner(self, seqs: Array, accounts: Array) -> Array:
        """The customers of accounts at their places of the feed, -1 while unknown."""
        return self._owners.at(seqs, accounts)

    def oldest_account(self, seqs: Array, customer_ids: Sequence[str]) -> list[int]:
        """Per place of the feed, in order, the customer's oldest account, -1 without one."""
        belongs = self.mirror.customer_accounts(customer_ids)
        of: defaultdict[str | None, set[int]] = defaultdict(set)
        for account, customer in belongs.items():
            of[customer].add(account)
        owned = self._owned
        changes = zip(owned.seqs.tolist(), owned.accounts.tolist(), owned.customer_ids, strict=True)
        change = next(changes, None)
        found = []
        for seq, customer_id in zip(seqs.tolist(), customer_ids, strict=True):
            while change is not None and change[0] < seq:
                _, account, to = change
                of[belongs.get(account)].discard(account)
                of[to].add(account)
                belongs[account] = to
                change = next(changes, None)
            found.append(min(of[customer_id], default=-1))
        return found
