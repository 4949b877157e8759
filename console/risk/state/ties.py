"""Who is tied to whom: customers who share a device, a token or a link, and how near a known fraud is.

A hop goes from a customer over something shared to another customer. Things tie by the first 24 customers who hold
them, and a customer by the first 24 things: a shop's tablet or a made-up phone number ties no crowd. IPs and merchants
tie nobody; strangers share them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from console.risk.columns import Array, Bools, Fact, of_kind
from console.risk.state.asof import latest
from console.risk.state.groups import Groups
from console.risk.state.growth import grown, packed, unpacked
from console.risk.state.holders import DEVICE, HOLDERS, KINDS, LINK, PRINT, TOKEN, Holders, thing
from console.risk.state.sparse import Few, Sparse

HELD = 24
NEAREST = 16
HOPS = 2

NEAR = np.dtype([("own", "i8", (1,)), ("one", "i8", NEAREST), ("two", "i8", NEAREST)])
"""When the latest known fraud happened, 0 for none: the customer's own, and each of others one and two hops away."""


def _brought(facts: Array, held: Array, uses: Array, prints: Array) -> tuple[Array, Array]:
    """The rows that bring a thing, and the thing: tokens of `held`, devices of `uses` and their fingerprints."""
    device = facts["device"][uses].astype(np.int64)
    known = prints[device] > 0
    rows = np.concatenate([held, uses, uses[known]])
    things = [
        thing(TOKEN, facts["token"][held].astype(np.int64)),
        thing(DEVICE, device),
        thing(PRINT, prints[device[known]].astype(np.int64) - 1),
    ]
    return rows, np.concatenate(things)


def _often(values: Array, among: Array) -> Array:
    """How often each value stands among others."""
    if not len(among):
        return np.zeros(len(values), np.int64)
    among = np.sort(among)
    return np.searchsorted(among, values, "right") - np.searchsorted(among, values)


class Ties:
    """Customers, what they hold, and the known frauds around them. Customers are dense indices + 1."""

    def __init__(self) -> None:
        self._holders = Holders()
        self._held = np.zeros((1, HELD), np.int32)  # thing + 1
        self._linked = np.zeros(1, np.int16)
        self._print = np.zeros(1, np.int32)  # of a device, token + 1
        self._links = 0
        self._frauds: dict[int, int] = {}
        self._reach: dict[int, dict[int, int]] = {}  # around each customer with a known fraud: customer -> hops
        self._around: dict[int, set[int]] = defaultdict(set)  # the same the other way round
        self._neighbours: dict[int, set[int]] = defaultdict(set)
        self._near = Sparse(NEAR)
        self._outdated = np.zeros(1, bool)  # whose record there is not as the frauds around them are
        self._here = np.zeros(1, bool)  # who comes in the page
        self._customer = np.zeros(0, np.int64)
        self._got_holder = np.zeros(1, bool)  # by thing, whether it got one in the page, once somebody asks
        self._taken_keys: Array | None = None
        self._begin(1)

    def _begin(self, bound: int, customer: Array | None = None) -> None:
        """A new page, whose customers are below `bound`; `customer` are those of its rows."""
        self._held, self._linked = grown(self._held, bound), grown(self._linked, bound)
        self._outdated, self._here = grown(self._outdated, bound), grown(self._here, bound)
        self._here[self._customer] = False
        self._customer = np.zeros(0, np.int64) if customer is None else customer
        self._here[self._customer] = True
        for due in set(self._customer[self._outdated[self._customer]].tolist()):
            self._renew(due)
        self._near.begin(bound)
        if self._taken_keys is not None:
            self._got_holder[self._taken_keys >> 32] = False
        self._taken: list[int] = []  # of each new holder thing << 32 | row
        self._taken_at_once: list[Array] = []  # the same
        self._taken_keys = None  # all of them in order, once somebody asks
        self._relinked: dict[int, list[tuple[int, int]]] = {}  # by customer (row + 1, linked), at 0 as it was before

    # ------------------------------------------------------------ a page

    def apply(self, customer: Array, facts: Array, first_uses: Array, frauds: list[tuple[int, int, int]]) -> None:
        """Apply a page: tokens, links, first uses of a device (rows), and changes of customers' latest known fraud.

        `customer` is the index + 1 of each row's customer, `frauds` are (row, customer, when it happened or 0).
        """
        self._begin(int(max(customer.max(initial=0), facts["peer"].max(initial=-1) + 1)) + 1, customer)
        devices, tokens = (int(facts[name].max(initial=-1)) + 1 for name in ("device", "token"))
        self._print = grown(self._print, devices)
        links = of_kind(facts, Fact.LINK)
        self._holders.reach(len(KINDS) * max(devices, tokens, self._links + int(links.sum()), 1))
        token = of_kind(facts, Fact.TOKEN) & (facts["token"] >= 0)
        if not (len(first_uses) or frauds or token.any() or links.any()):
            return
        held, prints = token & (customer > 0), token & (customer == 0) & (facts["device"] >= 0)
        linked = (links & (facts["device"] >= 0)).nonzero()[0]
        users = np.concatenate([first_uses, linked])
        told, later = self._first_told(facts, prints.nonzero()[0], first_uses, linked)
        self._print[facts["device"][told]] = facts["token"][told] + 1
        rows, things = _brought(facts, held.nonzero()[0], users, self._print)
        known_by = [self._known_by(customer, facts, row, users) for row in later.tolist()]
        busy = np.concatenate([customer[rows], customer[links], facts["peer"][links] + 1, *known_by])
        marked = _often(things, thing(PRINT, facts["token"][later].astype(np.int64))) > 0
        marked |= _often(rows, first_uses[_often(facts["device"][first_uses], facts["device"][later]) > 0]) > 0
        marked |= _often(rows, linked) > 0
        taken = self._take_alone(customer, rows, things, busy, marked)
        uses = np.zeros(len(facts), bool)
        uses[first_uses] = True
        held[taken] = uses[taken] = False
        undone = _often(facts["device"][told], facts["device"][first_uses[uses[first_uses]]]) > 0
        self._print[facts["device"][told[undone]]] = 0
        prints[:] = False
        prints[later] = prints[told[undone]] = True
        judged = {row: (who, at) for row, who, at in frauds}
        matters = held | links | prints | uses
        matters[list(judged)] = True
        for row in matters.nonzero()[0].tolist():
            if held[row]:
                self._tie(row, int(customer[row]), thing(TOKEN, int(facts["token"][row])))
            elif prints[row]:
                self._fingerprint(row, int(facts["device"][row]), int(facts["token"][row]))
            elif row in judged:
                self._judge(row, *judged[row])
            elif customer[row] and links[row] and facts["peer"][row] >= 0:
                self._link(row, int(customer[row]), int(facts["peer"][row]) + 1)
            elif customer[row] and facts["device"][row] >= 0:
                self._use(row, int(customer[row]), int(facts["device"][row]))

    def _first_told(self, facts: Array, rows: Array, uses: Array, linked: Array) -> tuple[Array, Array]:
        """Of the rows that tell a device's fingerprint: those that only its one user cares for; those done in order.

        The rest tell nothing new.
        """
        device = facts["device"][rows].astype(np.int64)
        token, print_ = facts["token"][rows].astype(np.int64), self._print[device]
        pair = device << 32 | token
        once = _often(device, device) == _often(pair, pair)  # or the same again
        old = once & (print_ == token + 1)
        free = (self._holders.count[thing(DEVICE, device)] == 0) & (_often(device, facts["device"][linked]) == 0)
        first = once & (print_ == 0) & free & (_often(device, facts["device"][uses]) <= 1)
        return rows[first], rows[~first & ~old]

    def _known_by(self, customer: Array, facts: Array, row: int, uses: Array) -> Array:
        """The customers whom a row that tells a device's fingerprint may tie to it."""
        device = int(facts["device"][row])
        holders = self._holders.of(thing(DEVICE, device)) if self._holders.count[thing(DEVICE, device)] else []
        return np.concatenate([np.array(holders, np.int64), customer[uses[facts["device"][uses] == device]]])

    def _take_alone(self, customer: Array, rows: Array, things: Array, busy: Array, marked: Bools) -> Array:
        """Tie at once what only one row of the page brings and nobody held; returns the rows that are done with.

        `rows` bring `things`; `busy` names each customer as often as the page may tie them: one who might run out of
        room is left to be tied in order, and so are the rows of what is `marked`.
        """
        room = (self._held[customer[rows]] == 0).sum(axis=1)
        shared = (_often(things, things) > 1) | (self._holders.count[things] > 0) | marked
        shared |= room < _often(customer[rows], busy)
        left = np.zeros(len(customer), bool)
        left[rows[shared]] = True
        alone = ~left[rows]
        rows, things, room = rows[alone], things[alone], room[alone]
        rank = Groups(customer[rows] - 1).earlier(np.ones(len(rows), bool))
        self._held[customer[rows], HELD - room + rank] = things + 1
        self._holders.add_first(things, customer[rows])
        self._taken_at_once.append(things << 32 | rows)
        return rows

    def _use(self, row: int, customer: int, device: int) -> None:
        self._tie(row, customer, thing(DEVICE, device))
        if self._print[device]:
            self._tie(row, customer, thing(PRINT, int(self._print[device]) - 1))

    def _fingerprint(self, row: int, device: int, token: int) -> None:
        self._print[device] = token + 1
        for customer in self._holders.of(thing(DEVICE, device)) if self._holders.count[thing(DEVICE, device)] else ():
            self._tie(row, customer, thing(PRINT, token))

    def _link(self, row: int, customer: int, peer: int) -> None:
        shared = set(self._held[customer].tolist()) & set(self._held[peer].tolist()) - {0}
        linked = any((held - 1) % len(KINDS) == LINK for held in shared)
        if customer != peer and not linked:
            number = thing(LINK, self._links)
            self._links += 1
            self._tie(row, customer, number)
            self._tie(row, peer, number)

    def _tie(self, row: int, customer: int, thing: int) -> None:
        held = self._held[customer].tolist()  # from the first place on, 0 behind them
        if thing + 1 in held or held[-1] or self._holders.count[thing] == HOLDERS:
            return
        self._held[customer, held.index(0)] = thing + 1
        self._holders.add(thing, customer)
        self._taken.append(thing << 32 | row)
        if self._holders.count[thing] > 1:
            self._joined(row, customer, self._holders.of(thing)[:-1])

    def _joined(self, row: int, customer: int, group: list[int]) -> None:
        """A customer has come to hold what a group holds."""
        met = [other for other in group if other not in self._neighbours[customer]]
        for other in met:
            self._neighbours[customer].add(other)
            self._neighbours[other].add(customer)
        for changed in (customer, *met) if met else ():
            linked = self._relinked.setdefault(changed, [(0, int(self._linked[changed]))])
            self._linked[changed] = len(self._neighbours[changed])
            linked.append((row + 1, len(self._neighbours[changed])))
        if self._frauds:
            self._approach(row, customer, met)

    def _approach(self, row: int, customer: int, met: list[int]) -> None:
        """Bring the frauds nearer that new neighbours bring nearer; ties are never undone."""
        touched: set[int] = set()
        for other in met:
            pairs = [(customer, other, 1)]
            pairs += [(beyond, other, 2) for beyond in self._neighbours[customer] if beyond != other]
            pairs += [(beyond, customer, 2) for beyond in self._neighbours[other] if beyond != customer]
            for one, two, hops in pairs:
                for fraud, near in ((one, two), (two, one)):
                    if fraud in self._frauds and self._reach[fraud].get(near, HOPS + 1) > hops:
                        self._reach[fraud][near] = hops
                        self._around[near].add(fraud)
                        touched.add(near)
        self._note(row, touched)

    def _judge(self, row: int, customer: int, at: int) -> None:
        """The latest known fraud of a customer is another one, or there is none any more (`at` 0)."""
        if at == self._frauds.get(customer, 0):
            return
        if at and customer not in self._frauds:
            self._reach[customer] = self._distances(customer)
            for near in self._reach[customer]:
                self._around[near].add(customer)
        touched = {customer, *self._reach[customer]}
        if at:
            self._frauds[customer] = at
        else:
            del self._frauds[customer]
            for near in self._reach.pop(customer):
                self._around[near].discard(customer)
        self._note(row, touched)

    def _note(self, row: int, touched: Iterable[int]) -> None:
        """Known frauds are from `row` on as near as they are now to the customers `touched`.

        That is written down for those who come in the page, and for the others when they come.
        """
        who = np.array(sorted(touched), np.int64)
        here = self._here[who]
        self._outdated[who[~here]] = True
        for customer in who[here].tolist():
            self._renew(customer)
            self._near.changed(customer, row)

    def _renew(self, customer: int) -> None:
        """Write down how near known frauds are to the customer."""
        record = self._near.record(customer)
        record["own"] = self._frauds.get(customer, 0)
        times: dict[int, list[int]] = {1: [], 2: []}
        for fraud in self._around[customer]:
            times[self._reach[fraud][customer]].append(self._frauds[fraud])
        for name, hops in (("one", 1), ("two", 2)):
            newest = sorted(times[hops], reverse=True)[:NEAREST]
            cell = record[name]
            cell[: len(newest)], cell[len(newest) :] = newest, 0
        self._outdated[customer] = False

    def _distances(self, start: int) -> dict[int, int]:
        """Who is within two hops, and how many hops away."""
        found = dict.fromkeys(self._neighbours[start], 1)
        for other in list(found):
            for beyond in self._neighbours[other] - found.keys():
                found[beyond] = 2
        found.pop(start, None)
        return found

    # ------------------------------------------------------------ what rows saw

    def holders(self, token: Array, rows: Array) -> Array:
        """How many customers held each token (index, -1 none: 0) when the page's `rows` came, also for kinds x rows."""
        things = thing(TOKEN, np.maximum(token, 0).astype(np.int64))
        inside = (token >= 0) & (things < len(self._holders.count))
        things = np.where(inside, things, 0)
        count = np.where(inside, self._holders.count[things], 0).astype(np.int64)
        key = self._sorted_taken()
        changed = self._got_holder[things].nonzero()
        things, rows = things[changed], np.broadcast_to(rows, things.shape)[changed]
        later = np.searchsorted(key, (things + 1) << 32) - np.searchsorted(key, (things << 32) | rows)
        count[changed] -= np.where(inside[changed], later, 0)
        return count

    def _sorted_taken(self) -> Array:
        """Each new holder of the page as thing << 32 | row, in order."""
        if self._taken_keys is None:
            self._taken_keys = np.sort(np.concatenate([np.array(self._taken, np.int64), *self._taken_at_once]))
            self._got_holder = grown(self._got_holder, len(self._holders.count))
            self._got_holder[self._taken_keys >> 32] = True
        return self._taken_keys

    def linked(self, customer: Array, rows: Array) -> Array:
        """How many customers were one hop away from each (index + 1) when the page's `rows` came."""
        count = self._linked[customer].astype(np.int64)
        if self._relinked:
            changes = [(who, *change) for who, linked in self._relinked.items() for change in linked]
            who, by, value = (np.array(part) for part in zip(*changes, strict=True))
            change = latest(customer, rows + 1, who, by)
            count = np.where(change >= 0, value[change], count)
        return count

    def near(self, customer: Array, rows: Array) -> Few:
        """The NEAR records of those customers (index + 1) that have one, as the page's `rows` saw them."""
        return self._near.seen(customer, rows)

    # ------------------------------------------------------------ kept

    def freeze(self, rows: int) -> dict[str, bytes]:
        """Everything, of the first `rows` customers."""
        self._held = grown(self._held, rows)
        things = len(KINDS) * (int(self._holders.count.nonzero()[0].max(initial=0)) // len(KINDS) + 1)
        frauds = np.array(sorted(self._frauds.items()), np.int64)
        used = int(self._print.nonzero()[0].max(initial=-1)) + 1
        held = np.sort(self._held[:rows], axis=1)[:, ::-1]
        return {
            **{f"holders.{name}": part for name, part in self._holders.freeze(things).items()},
            "held": packed(held, rows),
            "print": packed(self._print, used),
            "frauds": frauds.tobytes(),
        }

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self.__init__()  # type: ignore[misc]
        prefix = "holders."
        self._holders.thaw({name.removeprefix(prefix): part for name, part in state.items() if name.startswith(prefix)})
        self._held = unpacked(state["held"], self._held)
        self._print = grown(unpacked(state["print"], self._print), 1)
        self._holders.reach(len(KINDS) * int(self._print.max()))  # a fingerprint may be told that nobody holds yet
        links = (self._holders.count[LINK :: len(KINDS)]).nonzero()[0]
        self._links = int(links.max(initial=-1)) + 1
        self._begin(len(self._held))
        for shared in (self._holders.count > 1).nonzero()[0].tolist():
            group = self._holders.of(shared)
            for customer in group:
                self._neighbours[customer].update(group)
        for customer, others in self._neighbours.items():
            others.discard(customer)
            self._linked[customer] = len(others)
        for customer, at in np.frombuffer(state["frauds"], np.int64).reshape(-1, 2).tolist():
            self._judge(0, customer, at)
        self._begin(len(self._held))
