"""Accounts, customers, devices, links, applications and limit requests: who there is and how they hang together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np

from console.core import instants
from console.core.messages import Tokens
from console.risk.columns import NO_DELINQUENCIES, TOKEN_KINDS, Array, Fact
from console.watch.facts import (
    ACCOUNT_STATUS,
    APPLICATION_STATUS,
    LINK,
    REQUEST_STATUS,
    TOKEN,
    TRUST,
    codes,
    countries,
    facts,
    measures,
    places,
    small,
)
from console.watch.numbering import Owned, Who
from console.watch.sheets.events import networks, some
from console.watch.sheets.parts import References, part, parts
from console.watch.sheets.resources import resource_rows
from console.watch.taken import Taken
from store.batch import Batch, Row

LIMITS = ("currency", "credit_limit_minor", "available_minor", "balance_minor")


class Accounts:
    """Where accounts stand."""

    def __init__(self, taken: Taken, who: Who) -> None:
        self._taken = taken
        self._gone = [delete.change for delete in taken.deletes]
        self._customer_ids = taken.column("customer_id")
        self._numbers = who.accounts.give(taken.seqs, taken.column("id"))
        self._gone_seqs = np.array([change.seq for change in self._gone], np.int64)
        self._gone_numbers = who.accounts.give(self._gone_seqs, [change.id for change in self._gone])
        self._customers = who.entities["customer"].give(taken.seqs, self._customer_ids)
        self._limits = parts(
            taken.column("limits"), "currency", "credit_limit_minor", "available_minor", "balance_minor"
        )
        self._heads = who.mirror.heads

    def owned(self) -> Owned:
        """Whose accounts become, in the order of the feed."""
        nobody = np.full(len(self._gone), -1)
        seqs = np.concatenate([self._taken.seqs, self._gone_seqs])
        accounts = np.concatenate([self._numbers, self._gone_numbers])
        customers = np.concatenate([self._customers, nobody])
        ids: list[str | None] = [*self._customer_ids, *[None] * len(self._gone)]
        order = np.argsort(seqs, kind="stable")
        return Owned(accounts[order], seqs[order], [ids[place] for place in order.tolist()], customers[order])

    def facts(self) -> list[Array]:
        taken = self._taken
        _, limit, available, balance = self._limits
        return [
            facts(
                Fact.ACCOUNT,
                taken.seqs,
                taken.times["updated_at"],
                opened_at=taken.times["opened_at"],
                limit=limit,
                available=available,
                balance=balance,
                account=self._numbers,
                customer=self._customers,
                past_due=small(taken.column("days_past_due")),
                code=codes(ACCOUNT_STATUS, taken.column("status")),
            )
        ]

    def store(self, batch: Batch) -> None:
        taken, numbers = self._taken, self._numbers.tolist()
        self._heads.owner[self._numbers] = self._customers
        said = (taken.column("version"), repeat(0), taken.column("status"), *self._limits)
        columns = zip(*said, taken.times["opened_at"].tolist(), taken.docs, numbers, strict=False)
        rows: dict[int, Row] = dict(zip(numbers, columns, strict=True))
        owners: dict[int, tuple[str | None, int]] = dict(
            zip(numbers, zip(self._customer_ids, self._customers.tolist(), strict=True), strict=True)
        )
        seqs = dict(zip(numbers, taken.seqs.tolist(), strict=True))
        for change, number in zip(self._gone, self._gone_numbers.tolist(), strict=True):
            if number not in seqs or seqs[number] < change.seq:
                seqs[number], owners[number] = change.seq, (None, -1)
                rows[number] = (change.version, 1, *(None,) * 7, number)
        batch.accounts = list(rows.values())
        batch.owners = self._owners(owners)
        self._heads.version[list(rows)] = [row[0] for row in batch.accounts]

    def _owners(self, owners: dict[int, tuple[str | None, int]]) -> list[Row]:
        """Rows of the accounts that have another customer (id, number) after the page than their rows say."""
        accounts = list(owners)
        now = np.array([number for _, number in owners.values()], np.int64)
        moved = np.flatnonzero(self._heads.customer[accounts] != now).tolist()
        self._heads.customer[accounts] = now
        return [(owners[account][0], account) for account in map(accounts.__getitem__, moved)]


class _Tokens:
    """The tokens by which customers are known: equal tokens mean equal values."""

    def __init__(self, who: Who, seqs: Array, tokens: Sequence[Tokens | None]) -> None:
        self._seqs = seqs
        kinds = [kind for kind in TOKEN_KINDS if kind != "fingerprint"]
        self._numbers = {
            kind: who.entities["token"].give(seqs, [f"{kind}:{word}" if word else None for word in words])
            for kind, words in zip(kinds, parts(tokens, *kinds), strict=True)
        }

    def facts(self, at: Array, customers: Array) -> list[Array]:
        told = []
        for kind, numbers in self._numbers.items():
            held = numbers >= 0
            columns = {"customer": customers[held], "token": numbers[held], "code": TOKEN[kind]}
            told.append(facts(Fact.TOKEN, self._seqs[held], at[held], **columns))
        return told


class Customers:
    """Who customers are: home, income, what the bureau and the social network say. What is missing stays as before."""

    def __init__(self, taken: Taken, who: Who) -> None:
        self._taken = taken
        self._numbers = who.entities["customer"].give(taken.seqs, taken.column("id"))
        self._tokens = _Tokens(who, taken.seqs, taken.column("tokens"))

    def facts(self) -> list[Array]:
        taken, at = self._taken, self._taken.times["updated_at"]
        homes = taken.column("home")
        lat, lon = places(homes)
        score, delinquencies = parts(taken.column("bureau"), "score", "delinquencies_24m")
        trust, tenure = parts(taken.column("social"), "trust_score", "tenure_months")
        person = facts(
            Fact.CUSTOMER,
            taken.seqs,
            at,
            customer=self._numbers,
            opened_at=taken.times["registered_at"],
            income=measures(part(taken.column("income"), "monthly_minor")),
            lat=lat,
            lon=lon,
            country=countries(homes),
            bureau=small(score),
            trust=small(trust),
            tenure=small(tenure),
            delinquencies=[
                NO_DELINQUENCIES if count is None else min(count, NO_DELINQUENCIES - 1) for count in delinquencies
            ],
        )
        return [person, *self._tokens.facts(at, self._numbers)]

    def store(self, batch: Batch) -> None:
        batch.resources += resource_rows(self._taken)


class Devices:
    """How far the core trusts devices, and the fingerprints they are known by."""

    def __init__(self, taken: Taken, who: Who) -> None:
        self._taken = taken
        self._numbers = who.entities["device"].give(taken.seqs, taken.column("id"))
        prints = [f"fingerprint:{word}" if word else None for word in taken.column("fingerprint_token")]
        self._prints = who.entities["token"].give(taken.seqs, prints)

    def facts(self) -> list[Array]:
        taken, at, held = self._taken, self._taken.times["last_seen_at"], self._prints >= 0
        since, trust = taken.times["first_seen_at"], codes(TRUST, taken.column("trust"))
        printed = {"device": self._numbers[held], "token": self._prints[held], "code": TOKEN["fingerprint"]}
        return [
            facts(Fact.DEVICE, taken.seqs, at, device=self._numbers, code=trust, opened_at=since),
            facts(Fact.TOKEN, taken.seqs[held], at[held], **printed),
        ]

    def store(self, batch: Batch) -> None:
        batch.resources += resource_rows(self._taken)


class Links:
    """Relations of two customers (or accounts), or of one with a device; others say nothing to the engine."""

    def __init__(self, taken: Taken, who: Who) -> None:
        self._taken = taken
        self._who = who
        self._ends = [References(taken.column(name)) for name in ("from_", "to")]
        self._customers = [who.entities["customer"].give(taken.seqs, end.to("customer")) for end in self._ends]
        self._devices = [who.entities["device"].give(taken.seqs, end.to("device")) for end in self._ends]

    def facts(self) -> list[Array]:
        taken = self._taken
        one, other = (self._behind(end, named) for end, named in zip(self._ends, self._customers, strict=True))
        device = np.where(self._devices[0] >= 0, *self._devices)
        people = (one >= 0).astype(int) + (other >= 0)
        told = (people > 0) & (people + (self._devices[0] >= 0) + (self._devices[1] >= 0) == 2)
        columns: dict[str, Any] = {
            "customer": np.where(one >= 0, one, other),
            "peer": np.where(people == 2, other, -1),
            "device": device,
            "code": codes(LINK, taken.column("kind")),
            "opened_at": taken.times["first_seen_at"],
        }
        columns = {name: column[told] for name, column in columns.items()}
        return [facts(Fact.LINK, taken.seqs[told], taken.times["last_seen_at"][told], **columns)]

    def _behind(self, end: References, named: Array) -> Array:
        """The customers that references name or whose accounts they name; -1 for anything else."""
        seqs, who = self._taken.seqs, self._who
        return np.where(named >= 0, named, who.owner(seqs, who.accounts.known(seqs, end.to("account"))))

    def store(self, batch: Batch) -> None:
        batch.resources += resource_rows(self._taken)


class Applications:
    """Requests for an account; the first version counts as the moment at which one was made."""

    def __init__(self, taken: Taken, who: Who) -> None:
        self._taken = taken
        self._who = who
        seqs, entities, ips = taken.seqs, who.entities, some(taken.column("ip"))
        self._customers = entities["customer"].give(seqs, taken.column("customer_id"))
        self._devices = entities["device"].give(seqs, some(taken.column("device_id")))
        self._ips, self._subnets = entities["ip"].give(seqs, ips), entities["subnet"].give(seqs, networks(ips))
        claimed = zip(taken.column("tokens"), taken.fresh.tolist(), strict=True)
        self._tokens = _Tokens(who, seqs, [tokens if fresh else None for tokens, fresh in claimed])

    @property
    def _accounts(self) -> Array:
        return self._who.accounts.known(self._taken.seqs, some(self._taken.column("account_id")))

    def facts(self) -> list[Array]:
        taken, submitted = self._taken, self._taken.times["submitted_at"]
        asked = facts(
            Fact.APPLICATION,
            taken.seqs,
            np.where(taken.fresh, submitted, taken.times["updated_at"]),
            code=codes(APPLICATION_STATUS, taken.column("status")),
            status=[min(sum(check.outcome == "fail" for check in all_), 255) for all_ in taken.column("checks")],
            fresh=taken.fresh,
            account=self._accounts,
            customer=self._customers,
            device=self._devices,
            ip=self._ips,
            subnet=self._subnets,
            amount=measures(taken.column("requested_limit_minor")),
            income=measures(part(taken.column("facts"), "monthly_income_minor")),
            opened_at=submitted,
        )
        return [*self._tokens.facts(submitted, self._customers), asked]

    def store(self, batch: Batch) -> None:
        batch.resources += resource_rows(self._taken, self._accounts)


class LimitRequests:
    """Wishes for another limit."""

    def __init__(self, taken: Taken, who: Who) -> None:
        self._taken = taken
        self._who = who
        self._accounts = who.accounts.give(taken.seqs, taken.column("account_id"))

    def facts(self) -> list[Array]:
        taken, requested = self._taken, self._taken.times["requested_at"].tolist()
        decided = taken.column("decided_at")
        at = [
            when if new or not then else int(instants.parse(then))
            for when, new, then in zip(requested, taken.fresh.tolist(), decided, strict=True)
        ]
        return [
            facts(
                Fact.LIMIT_REQUEST,
                taken.seqs,
                at,
                code=codes(REQUEST_STATUS, taken.column("status")),
                fresh=taken.fresh,
                account=self._accounts,
                customer=self._who.owner(taken.seqs, self._accounts),
                amount=taken.column("requested_limit_minor"),
                limit=taken.column("current_limit_minor"),
            )
        ]

    def store(self, batch: Batch) -> None:
        batch.resources += resource_rows(self._taken, self._accounts)
