"""Accounts, customers, devices, links, applications and limit requests: who there is and how they hang together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from console.core import instants
from console.core.messages import Account, Application, Ref, Tokens
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
from console.watch.sheets.resources import resource_rows
from console.watch.taken import Taken
from store.batch import Batch, Row


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
        self._heads, self._entities = who.mirror.heads, who.mirror.entities

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
        limits = taken.column("limits")
        return [
            facts(
                Fact.ACCOUNT,
                taken.seqs,
                taken.times["updated_at"],
                opened_at=taken.times["opened_at"],
                limit=[limit.credit_limit_minor for limit in limits],
                available=[limit.available_minor for limit in limits],
                balance=[limit.balance_minor for limit in limits],
                account=self._numbers,
                customer=self._customers,
                past_due=small(taken.column("days_past_due")),
                code=codes(ACCOUNT_STATUS, taken.column("status")),
            )
        ]

    def store(self, batch: Batch) -> None:
        taken = self._taken
        self._heads.owner[self._numbers] = self._customers
        accounts: Sequence[Account] = taken.resources
        rows: dict[int, tuple[int, str | None, Row]] = {}
        columns = (taken.seqs.tolist(), self._numbers.tolist(), accounts, taken.times["opened_at"].tolist(), taken.docs)
        for seq, number, account, opened_at, doc in zip(*columns, strict=True):
            limits = account.limits
            row = (
                account.version,
                0,
                account.status,
                limits.currency,
                limits.credit_limit_minor,
                limits.available_minor,
                limits.balance_minor,
                opened_at,
                doc,
                number,
            )
            rows[number] = seq, account.customer_id, row
        for change, number in zip(self._gone, self._gone_numbers.tolist(), strict=True):
            if number not in rows or rows[number][0] < change.seq:
                rows[number] = change.seq, None, (change.version, 1, *(None,) * 7, number)
        batch.accounts = [row for _, _, row in rows.values()]
        batch.owners = self._owners({number: customer_id for number, (_, customer_id, _) in rows.items()})
        self._heads.version[list(rows)] = [row[0] for row in batch.accounts]

    def _owners(self, customer_ids: dict[int, str | None]) -> list[Row]:
        """Rows of the accounts that have another customer after the page than their rows say."""
        accounts, entities = list(customer_ids), self._entities["customer"]
        stored = self._heads.customer[accounts]
        now = np.array([entities.get(id_, -1) for id_ in customer_ids.values()], np.int64)  # type: ignore[arg-type]
        self._heads.customer[accounts] = now
        return [(customer_ids[accounts[place]], accounts[place]) for place in np.flatnonzero(stored != now).tolist()]


class _Tokens:
    """The tokens by which customers are known: equal tokens mean equal values."""

    def __init__(self, who: Who, seqs: Array, tokens: Sequence[Tokens | None]) -> None:
        self._seqs = seqs
        self._numbers = {
            kind: who.entities["token"].give(
                seqs, [f"{kind}:{word}" if held and (word := getattr(held, kind)) else None for held in tokens]
            )
            for kind in TOKEN_KINDS
            if kind != "fingerprint"
        }

    def facts(self, at: Array, customers: Array) -> list[Array]:
        parts = []
        for kind, numbers in self._numbers.items():
            held = numbers >= 0
            columns = {"customer": customers[held], "token": numbers[held], "code": TOKEN[kind]}
            parts.append(facts(Fact.TOKEN, self._seqs[held], at[held], **columns))
        return parts


class Customers:
    """Who customers are: home, income, what the bureau and the social network say. What is missing stays as before."""

    def __init__(self, taken: Taken, who: Who) -> None:
        self._taken = taken
        self._numbers = who.entities["customer"].give(taken.seqs, taken.column("id"))
        self._tokens = _Tokens(who, taken.seqs, taken.column("tokens"))

    def facts(self) -> list[Array]:
        taken, at = self._taken, self._taken.times["updated_at"]
        homes, bureaus, socials = taken.column("home"), taken.column("bureau"), taken.column("social")
        lat, lon = places(homes)
        person = facts(
            Fact.CUSTOMER,
            taken.seqs,
            at,
            customer=self._numbers,
            opened_at=taken.times["registered_at"],
            income=measures(_parts(taken.column("income"), "monthly_minor")),
            lat=lat,
            lon=lon,
            country=countries(homes, [None] * len(homes)),
            bureau=small(_parts(bureaus, "score")),
            trust=small(_parts(socials, "trust_score")),
            tenure=small(_parts(socials, "tenure_months")),
            delinquencies=[
                NO_DELINQUENCIES if count is None else min(count, NO_DELINQUENCIES - 1)
                for count in _parts(bureaus, "delinquencies_24m")
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
        self._ends: list[list[Ref]] = [taken.column("from_"), taken.column("to")]
        self._customers = [who.entities["customer"].give(taken.seqs, _named(ends, "customer")) for ends in self._ends]
        self._devices = [who.entities["device"].give(taken.seqs, _named(ends, "device")) for ends in self._ends]

    def facts(self) -> list[Array]:
        taken = self._taken
        one, other = (self._behind(ends, named) for ends, named in zip(self._ends, self._customers, strict=True))
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

    def _behind(self, ends: list[Ref], named: Array) -> Array:
        """The customers that references name or whose accounts they name; -1 for anything else."""
        seqs, who = self._taken.seqs, self._who
        return np.where(named >= 0, named, who.owner(seqs, who.accounts.known(seqs, _named(ends, "account"))))

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
        applications: Sequence[Application] = taken.resources
        asked = facts(
            Fact.APPLICATION,
            taken.seqs,
            np.where(taken.fresh, submitted, taken.times["updated_at"]),
            code=codes(APPLICATION_STATUS, taken.column("status")),
            status=[min(sum(check.outcome == "fail" for check in one.checks), 255) for one in applications],
            fresh=taken.fresh,
            account=self._accounts,
            customer=self._customers,
            device=self._devices,
            ip=self._ips,
            subnet=self._subnets,
            amount=measures(taken.column("requested_limit_minor")),
            income=measures(_parts(taken.column("facts"), "monthly_income_minor")),
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
        requests: Sequence[Any] = taken.resources
        at = [
            when if new or not request.decided_at else int(instants.parse(request.decided_at))
            for when, new, request in zip(requested, taken.fresh.tolist(), requests, strict=True)
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


def _named(ends: Sequence[Ref], type_: str) -> list[str | None]:
    return [end.id if end.type == type_ else None for end in ends]


def _parts(wholes: Sequence[Any], name: str) -> list[Any]:
    """One attribute of nested parts, None where there is no part."""
    return [getattr(whole, name) if whole is not None else None for whole in wholes]
