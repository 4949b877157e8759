"""Transactions and logins: scored where they are new, chained per account, updated where they are known."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import compress
from typing import Any

import numpy as np

from console.risk.columns import Array, Fact
from console.watch.declines import cause_of
from console.watch.facts import (
    CHANNEL,
    KIND,
    LARGEST_SYSTEM,
    METHOD,
    OUTCOME,
    STATUS,
    all_none,
    codes,
    countries,
    facts,
    mcc_number,
    network_of,
    places,
    small,
)
from console.watch.numbering import Who
from console.watch.sheets.parts import References, parts
from console.watch.taken import DROPPED, Taken
from store.batch import Batch, Row

Column = Sequence[Any]


def some(texts: Sequence[str | None]) -> list[str | None]:
    """Texts with None in place of empty ones."""
    return list(texts) if all_none(texts) else [text or None for text in texts]


def networks(ips: Sequence[str | None]) -> list[str | None]:
    """The networks of addresses, None where there is none."""
    return list(ips) if all_none(ips) else [network_of(ip) if ip else None for ip in ips]


def chained(accounts: Array, seqs: Array, heads: Array) -> Array:
    """The previous seq of each event's account (0: none, or no account), and the heads moved on."""
    order = np.argsort(accounts, kind="stable")
    sorted_, places = accounts[order], seqs[order]
    previous = np.where(sorted_ >= 0, heads[sorted_], 0)
    same = sorted_[1:] == sorted_[:-1]
    previous[1:][same & (sorted_[1:] >= 0)] = places[:-1][same & (sorted_[1:] >= 0)]
    known = sorted_ >= 0
    heads[sorted_[known]] = places[known]
    result = np.empty_like(previous)
    result[order] = previous
    return np.asarray(result)


class Events:
    """What transactions and logins have in common. `new_rows` still lack score, level and rules."""

    def __init__(self, taken: Taken, who: Who) -> None:
        self.taken = taken
        self.who = who
        self._fresh = None if taken.fresh.all() else taken.fresh.tolist()
        self.ip = some(taken.column("ip"))
        entities = who.entities
        self.devices = entities["device"].give(taken.seqs, taken.column("device_id"))
        self.ips = entities["ip"].give(taken.seqs, self.ip)
        self.subnets = entities["subnet"].give(taken.seqs, networks(self.ip))

    def new(self, column: Column) -> Column:
        """A column's values of the new events."""
        return column if self._fresh is None else list(compress(column, self._fresh))

    def chain(self, accounts: Array, heads: Array) -> Array:
        """Hang the new events onto their accounts; returns the previous event's seq of each."""
        fresh, activity = self.taken.fresh, self.who.mirror.heads.activity
        mine = accounts[fresh]
        known = mine >= 0
        np.maximum.at(activity, mine[known], self.taken.times["occurred_at"][fresh][known])
        return chained(mine, self.taken.seqs[fresh], heads)

    def set_aside(self, batch: Batch) -> None:
        """Tombstones of events never seen, the end of those that came back, and changes of dropped events."""
        type_ = self.taken.type
        batch.quarantined += [(c.seq, type_, c.id, DROPPED, "") for c in self.taken.dropped]
        unseen = [delete.change for delete in self.taken.deletes if delete.unseen]
        rows = [(c.seq, (type_, c.id, c.version, 1, -1, c.seq, "")) for c in unseen]
        back = set(self.taken.revived)
        rows += [
            (c.seq, (type_, c.id, c.version, 0, -1, c.seq, doc))
            for c, doc in (zip(self.taken.changes, self.taken.docs, strict=True) if back else ())
            if c.seq in back
        ]
        batch.resources += [row for _, row in sorted(rows)]

    def known(self, *columns: Column) -> list[Row]:
        """Rows of the changes of known events, the last one of each; the columns end with the id."""
        if self._fresh is None:
            return []
        old = (~self.taken.fresh).tolist()
        rows = zip(*(compress(column, old) for column in columns), strict=True)
        return list({row[-1]: row for row in rows}.values())

    def deleted(self) -> list[Row]:
        """(version, id) of the known events that are gone after the page."""
        gone = {d.change.id: d.change for d in self.taken.deletes if not d.unseen}
        for change in self.taken.changes if gone else ():
            if change.id in gone and change.seq > gone[change.id].seq:
                del gone[change.id]
        return [(change.version, change.id) for change in gone.values()]


class Transactions(Events):
    """Money movements."""

    def __init__(self, taken: Taken, who: Who) -> None:
        super().__init__(taken, who)
        seqs, entities = taken.seqs, who.entities
        self.merchant_ids, self.mccs, self.countries = parts(taken.column("merchant"), "id", "mcc", "country")
        self.parties = References(taken.column("counterparty"))
        self.accounts = who.accounts.give(seqs, taken.column("account_id"))
        self.merchants = entities["merchant"].give(seqs, self.merchant_ids)
        self.party = entities["party"].give(seqs, self.parties.but_to("merchant"))
        self.peers = entities["customer"].give(seqs, self.parties.to("customer"))

    def facts(self) -> list[Array]:
        taken, who = self.taken, self.who
        own = who.accounts.known(taken.seqs, self.parties.to("account"))
        peers = np.where(self.peers >= 0, self.peers, who.owner(taken.seqs, own))
        place, declines = taken.column("location"), taken.column("decline_code")
        lat, lon = places(place)
        return [
            facts(
                Fact.TRANSACTION,
                taken.seqs,
                taken.times["occurred_at"],
                recorded_at=taken.times["recorded_at"],
                amount=taken.column("amount_minor"),
                account=self.accounts,
                customer=who.owner(taken.seqs, self.accounts),
                merchant=self.merchants,
                device=self.devices,
                ip=self.ips,
                subnet=self.subnets,
                party=self.party,
                peer=peers,
                lat=lat,
                lon=lon,
                mcc=None if all_none(self.mccs) else list(map(mcc_number, self.mccs)),
                country=countries(place, self.countries),
                network_risk=small(taken.column("network_risk_score")),
                code=codes(KIND, taken.column("kind")),
                status=codes(STATUS, taken.column("status")),
                channel=codes(CHANNEL, taken.column("channel")),
                decline=None if all_none(declines) else list(map(cause_of, declines)),
                fresh=taken.fresh,
            )
        ]

    def store(self, batch: Batch) -> None:
        self.set_aside(batch)
        taken = self.taken
        ids, versions = taken.column("id"), taken.column("version")
        amounts, statuses = taken.column("amount_minor"), taken.column("status")
        occurred = taken.times["occurred_at"].tolist()
        batch.changed_transactions = self.known(versions, [0] * len(ids), occurred, amounts, statuses, taken.docs, ids)
        batch.deleted_transactions = self.deleted()

    def new_rows(self) -> list[Column]:
        """The columns of new transactions, up to their document."""
        taken, fresh, times = self.taken, self.taken.fresh, self.taken.times
        return [
            taken.seqs[fresh].tolist(),
            self.new(taken.column("id")),
            self.new(taken.column("version")),
            self.accounts[fresh].tolist(),
            self.chain(self.accounts, self.who.mirror.heads.transaction).tolist(),
            times["occurred_at"][fresh].tolist(),
            times["recorded_at"][fresh].tolist(),
            *(self.new(taken.column(name)) for name in ("amount_minor", "currency")),
            self.new(self.merchant_ids),
            *(self.new(taken.column(name)) for name in ("kind", "status")),
            self.new(taken.docs),
        ]


class Logins(Events):
    """Sign-ins and changes of credentials."""

    def __init__(self, taken: Taken, who: Who) -> None:
        super().__init__(taken, who)
        self.customer_ids = taken.column("customer_id")
        self.named = who.accounts.give(taken.seqs, some(taken.column("account_id")))
        self.customers = who.entities["customer"].give(taken.seqs, self.customer_ids)
        self.places = places(taken.column("location"))

    def facts(self) -> list[Array]:
        taken = self.taken
        place, ip_country = taken.column("location"), taken.column("ip_country")
        return [
            facts(
                Fact.LOGIN,
                taken.seqs,
                taken.times["occurred_at"],
                recorded_at=taken.times["recorded_at"],
                account=self.accounts,
                customer=self.customers,
                device=self.devices,
                ip=self.ips,
                subnet=self.subnets,
                asn=[min(asn or 0, LARGEST_SYSTEM) for asn in taken.column("asn")],
                lat=self.places[0],
                lon=self.places[1],
                country=countries(place, ip_country),
                ip_country=countries([], ip_country),
                code=codes(OUTCOME, taken.column("outcome")),
                method=codes(METHOD, taken.column("method")),
                fresh=taken.fresh,
            )
        ]

    @cached_property
    def accounts(self) -> Array:
        """The accounts that logins concern: the one named, else the customer's oldest; -1 when none is known."""
        accounts, unnamed = self.named.copy(), self.named < 0
        if unnamed.any():
            customers = list(compress(self.customer_ids, unnamed))
            accounts[unnamed] = self.who.oldest_account(self.taken.seqs[unnamed], customers)
        return accounts

    def store(self, batch: Batch) -> None:
        self.set_aside(batch)
        taken = self.taken
        ids, versions, outcomes = taken.column("id"), taken.column("version"), taken.column("outcome")
        batch.changed_logins = self.known(versions, [0] * len(ids), outcomes, taken.docs, ids)
        batch.deleted_logins = self.deleted()

    def new_rows(self) -> list[Column]:
        """The columns of new logins, up to their document."""
        taken, fresh, times = self.taken, self.taken.fresh, self.taken.times
        return [
            taken.seqs[fresh].tolist(),
            self.new(taken.column("id")),
            self.new(taken.column("version")),
            self.accounts[fresh].tolist(),
            self.chain(self.accounts, self.who.mirror.heads.login).tolist(),
            self.new(self.customer_ids),
            times["occurred_at"][fresh].tolist(),
            times["recorded_at"][fresh].tolist(),
            *(self.new(taken.column(name)) for name in ("outcome", "device_id", "ip")),
            *(self._known(degrees) for degrees in self.places),
            self.new(taken.docs),
        ]

    def _known(self, degrees: Sequence[float] | None) -> Column:
        """The degrees of new logins, None where there are none."""
        if degrees is None:
            return [None] * int(self.taken.fresh.sum())
        return [None if x != x else x for x in self.new(degrees)]
