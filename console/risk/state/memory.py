"""All that the engine remembers: takes a page in, hands out what each scored row saw just before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from console.risk.columns import DAWN, LOGIN_OUTCOMES, Array, Bools, Fact, of_kind
from console.risk.flags import DECLINED, INFLOW, SPEND, TRANSFER, flags_of
from console.risk.state.devices import Devices
from console.risk.state.familiar import Familiar
from console.risk.state.groups import Groups
from console.risk.state.known import KnownFrauds, Labels
from console.risk.state.lateness import Lateness
from console.risk.state.merchants import Merchants
from console.risk.state.pace import Pace
from console.risk.state.people import People
from console.risk.state.profile import Profiles, is_ordinary, utilisation
from console.risk.state.ring import Recent, Ring
from console.risk.state.tally import Sums
from console.risk.state.ties import Ties

KINDS = ("account", "customer", "merchant", "device", "ip", "subnet")
USED = ("device", "ip", "subnet")
"""What an event is done with, and an application sent from."""

SUCCESS = LOGIN_OUTCOMES.index("success") + 1
FIRST_FAILURE, LAST_FAILURE = LOGIN_OUTCOMES.index("bad_password") + 1, LOGIN_OUTCOMES.index("blocked") + 1
LOGIN_SEEN, LOGIN_FAILED, SPEND_DECLINED = 1, 2, 4
"""Bits of what was done with a device, an IP or a network."""


@dataclass(frozen=True)
class Sight:
    """What the scored rows of a page saw. It can be read until the next page comes."""

    rows: Array  # their places in the page
    facts: Array  # the scored rows themselves
    flags: Array
    spends: Recent  # the account's transactions: at, amount, other, flags
    logins: Recent  # the account's login events: at, code
    places: Recent  # where the account was: at, lat, lon
    uses: Recent  # what it was used with: at, device, ip, country
    merchant: Recent  # spends at the merchant: at, amount, account, flags
    profile: Array  # PROFILE records
    familiar: Array  # FAMILIAR records
    person: Array  # PERSON records of the account's customer
    device: Array  # TOLD records
    merchant_sums: Sums  # lifetime: see Merchants
    used: dict[str, Recent]  # of device, ip, subnet: at, account, done
    applied: dict[str, Recent]  # applications from device, ip, subnet: at
    known: dict[str, KnownFrauds]  # by kind of entity
    late: Lateness
    ties: Ties
    pace: Pace


class Part(Protocol):
    """Something remembered of the entities of a kind."""

    def freeze(self, rows: int) -> dict[str, bytes]: ...
    def thaw(self, state: dict[str, bytes]) -> None: ...


class Memory:
    """Struct-of-arrays state per kind of entity; row 0 of each is nobody."""

    def __init__(self) -> None:
        self._bounds = dict.fromkeys(KINDS, 1)
        self._spends = Ring(24, 8, {"amount": "f8", "other": "i4", "flags": "u2"})
        self._logins = Ring(12, 4, {"code": "u1"})
        self._places = Ring(4, 4, {"lat": "f4", "lon": "f4"})
        self._uses = Ring(12, 4, {"device": "i4", "ip": "i4", "country": "i2"})
        self._merchant = Ring(32, 32, {"amount": "f8", "account": "i4", "flags": "u2"})
        self._used = {kind: Ring(12, 4, {"account": "i4", "done": "u1"}) for kind in USED}
        self._applied = {kind: Ring(12, 4, {}) for kind in USED}
        self._profiles, self._familiar = Profiles(), Familiar()
        self._people, self._devices, self._merchants = People(), Devices(), Merchants()
        self._known = {kind: KnownFrauds() for kind in KINDS}
        self._late = Lateness()
        self._ties, self._pace = Ties(), Pace()
        self.accounts = Groups(np.zeros(0, np.int64))
        """The rows of the last page by account."""

    def observe(self, facts: Array, reads: Sequence[Array]) -> list[Sight]:
        """Apply a page and return what the rows of each part of `reads` saw; together they are the scored rows."""
        groups = {kind: Groups(facts[kind]) for kind in KINDS}
        self.accounts = groups["account"]
        for kind, group in groups.items():
            self._bounds[kind] = max(self._bounds[kind], group.bound)
        self._bounds["customer"] = max(self._bounds["customer"], int(facts["peer"].max(initial=-1)) + 2)
        account, merchant = groups["account"], groups["merchant"]
        flags = flags_of(facts)
        values = _columns(facts, flags)
        moves = facts["fresh"] & (flags > 0)
        spends, logins = moves & (flags & SPEND > 0), facts["fresh"] & of_kind(facts, Fact.LOGIN)
        approved, entered = spends & (flags & DECLINED == 0), logins & (facts["code"] == SUCCESS)
        located = (spends | entered) & ~np.isnan(facts["lat"]) & ~np.isnan(facts["lon"])
        uses = spends | logins
        labels = of_kind(facts, Fact.LABEL).nonzero()[0]
        scored = np.concatenate(reads)
        profiles = self._profiles.through(account, facts, flags, np.concatenate([scored, labels]))
        profile, of_judged = profiles[: len(scored)], profiles[len(scored) :]
        filled = _filled(facts, profile, scored)
        records: dict[str, Any] = {
            "profile": profile,
            "familiar": self._familiar.through(account, facts, flags, scored),
            "person": self._people.through(groups["customer"], facts, scored),
            "device": self._devices.through(groups["device"], facts, scored),
        }
        self._learn(groups, facts, labels, of_judged)
        self._tie(groups["customer"], facts)
        used = {kind: ring.through(groups[kind], uses, reads, values) for kind, ring in self._used.items()}
        applied = self._apply(groups, facts, reads, values)
        seen: dict[str, Sequence[Any]] = {
            "spends": self._spends.through(account, moves, reads, values),
            "logins": self._logins.through(account, logins, reads, values),
            "places": self._places.through(account, located, reads, values),
            "uses": self._uses.through(account, uses, reads, values),
            "merchant": self._merchant.through(merchant, spends, reads, values),
            "merchant_sums": self._merchants.through(merchant, approved, facts, filled, reads),
        }
        places = pairwise([0, *np.cumsum([len(rows) for rows in reads]).tolist()])
        return [
            Sight(
                rows=rows,
                facts=facts.take(rows),
                flags=flags[rows],
                used={kind: recent[part] for kind, recent in used.items()},
                applied={kind: recent[part] for kind, recent in applied.items()},
                known=self._known,
                late=self._late,
                ties=self._ties,
                pace=self._pace,
                **{name: record[begin:end] for name, record in records.items()},
                **{name: parts[part] for name, parts in seen.items()},
            )
            for part, (rows, (begin, end)) in enumerate(zip(reads, places, strict=True))
        ]

    def _learn(self, groups: dict[str, Groups], facts: Array, labels: Array, profile: Array) -> None:
        """Apply the rows in `labels`; `profile` is what each of them saw of its account."""
        self._late.apply(labels, facts)
        told = Labels(facts, labels, is_ordinary(facts["amount"][labels], profile))
        for kind, group in groups.items():
            self._known[kind].apply(group, told, "merchant" if kind in ("account", "customer") else "account")

    def _tie(self, customers: Groups, facts: Array) -> None:
        first_uses = self._familiar.first_uses
        first_uses = first_uses[customers.entity[first_uses] > 0]
        self._ties.apply(customers.entity, facts, first_uses, self._known["customer"].latest())

    def _apply(
        self, groups: dict[str, Groups], facts: Array, reads: Sequence[Array], values: dict[str, Array]
    ) -> dict[str, list[Recent]]:
        applications = of_kind(facts, Fact.APPLICATION) & facts["fresh"]
        self._pace.apply((applications).nonzero()[0], values["at"][applications])
        return {k: ring.through(groups[k], applications, reads, values) for k, ring in self._applied.items()}

    def freeze(self) -> dict[str, bytes]:
        """The whole state, by `kind.part.field`; equal states give equal bytes."""
        state = {
            f"{part}.{field}": data
            for part, (kind, store) in self._parts().items()
            for field, data in store.freeze(self._bounds[kind]).items()
        }
        return {"bounds": np.array([self._bounds[kind] for kind in KINDS]).tobytes(), **state}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        for part, (_, store) in self._parts().items():
            mine = {name.removeprefix(f"{part}."): data for name, data in state.items() if name.startswith(f"{part}.")}
            store.thaw(mine)
        self._bounds = dict(zip(KINDS, np.frombuffer(state["bounds"], np.int64).tolist(), strict=True))

    def _parts(self) -> dict[str, tuple[str, Part]]:
        return {
            "account.spends": ("account", self._spends),
            "account.logins": ("account", self._logins),
            "account.places": ("account", self._places),
            "account.uses": ("account", self._uses),
            "account.profile": ("account", self._profiles),
            "account.familiar": ("account", self._familiar),
            "customer.person": ("customer", self._people),
            "customer.ties": ("customer", self._ties),
            "merchant.spends": ("merchant", self._merchant),
            "merchant.sums": ("merchant", self._merchants),
            "device.told": ("device", self._devices),
            "applications": ("account", self._pace),
            "labels": ("account", self._late),
            **{f"{kind}.events": (kind, ring) for kind, ring in self._used.items()},
            **{f"{kind}.applications": (kind, ring) for kind, ring in self._applied.items()},
            **{f"{kind}.known": (kind, known) for kind, known in self._known.items()},
        }


def failed(outcome: Array) -> Bools:
    """Whether a login's outcome is a failure: wrong password or second factor, locked, blocked."""
    return np.asarray((outcome >= FIRST_FAILURE) & (outcome <= LAST_FAILURE))


def _columns(facts: Array, flags: Array) -> dict[str, Array]:
    """The page under the names that the rings keep."""
    login = of_kind(facts, Fact.LOGIN)
    done = login * LOGIN_SEEN + (login & failed(facts["code"])) * LOGIN_FAILED
    done += (flags & (SPEND | DECLINED) == SPEND | DECLINED) * SPEND_DECLINED
    return {
        "at": np.maximum(facts["occurred_at"], DAWN),
        "amount": np.where(np.isnan(facts["amount"]), 0, facts["amount"]),
        "flags": flags,
        "code": facts["code"],
        "other": np.where(flags & (TRANSFER | INFLOW) > 0, facts["party"], facts["merchant"]),
        "account": facts["account"],
        "device": facts["device"],
        "ip": facts["ip"],
        "country": facts["country"],
        "done": done.astype(np.uint8),
        "lat": facts["lat"],
        "lon": facts["lon"],
    }


def _filled(facts: Array, profile: Array, scored: Array) -> Array:
    """Per row of the page the utilisation of its account with its amount, NaN where it was not scored or is unknown."""
    used = np.full(len(facts), np.nan)
    used[scored] = utilisation(profile["limit"], profile["available"] - facts["amount"][scored])
    return used
