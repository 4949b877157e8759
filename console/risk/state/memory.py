"""All that the engine remembers: takes a page in, hands out what each scored row saw just before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.risk.columns import LOGIN_OUTCOMES, Array, Bools, Fact
from console.risk.flags import DECLINED, INFLOW, SPEND, TRANSFER, flags_of
from console.risk.state.groups import Groups
from console.risk.state.known import KnownFrauds
from console.risk.state.people import People
from console.risk.state.profile import Profiles
from console.risk.state.ring import Ring
from console.risk.state.tally import Tally

KINDS = ("account", "customer", "merchant", "device", "ip", "subnet")
SUCCESS = LOGIN_OUTCOMES.index("success") + 1
FIRST_FAILURE, LAST_FAILURE = LOGIN_OUTCOMES.index("bad_password") + 1, LOGIN_OUTCOMES.index("blocked") + 1


@dataclass(frozen=True)
class Sight:
    """What the scored rows of a page saw. Ring fields are (kept, rows), newest arrival first; `at` 0 is unused."""

    facts: Array  # the scored rows themselves
    flags: Array
    spends: dict[str, Array]  # the account's transactions: at, amount, other, flags
    logins: dict[str, Array]  # the account's login events: at, code
    places: dict[str, Array]  # where the account was: at, lat, lon
    profile: Array  # PROFILE records
    person: Array  # PERSON records of the account's customer
    merchant: dict[str, Array]  # spends at the merchant: at, amount, account, flags
    device: dict[str, Array]  # events on the device: at, account, failed
    ip: dict[str, Array]
    merchant_sums: dict[str, Array]  # lifetime: spends, amount
    known: dict[str, Array]  # KNOWN records by kind of entity


class Memory:
    """Struct-of-arrays state per kind of entity; row 0 of each is nobody."""

    def __init__(self) -> None:
        self._bounds = dict.fromkeys(KINDS, 1)
        self._spends = Ring(24, 8, {"amount": "f8", "other": "i4", "flags": "u2"})
        self._logins = Ring(12, 4, {"code": "u1"})
        self._places = Ring(4, 4, {"lat": "f4", "lon": "f4"})
        self._profiles = Profiles()
        self._people = People()
        self._merchant = Ring(32, 32, {"amount": "f8", "account": "i4", "flags": "u2"})
        self._device = Ring(12, 4, {"account": "i4", "failed": "?"})
        self._ip = Ring(12, 4, {"account": "i4", "failed": "?"})
        self._merchant_sums = Tally("spends", "amount")
        self._known = {kind: KnownFrauds() for kind in KINDS}

    def observe(self, facts: Array, scored: Bools) -> Sight:
        """Apply a page and return what each row marked in `scored` saw."""
        groups = {kind: Groups(facts[kind]) for kind in KINDS}
        for kind, group in groups.items():
            self._bounds[kind] = max(self._bounds[kind], group.bound)
        flags = flags_of(facts)
        reads = np.flatnonzero(scored)
        values = _columns(facts, flags)
        moves, spends = scored & (flags > 0), scored & (flags & SPEND > 0)
        logins = scored & (facts["fact"] == Fact.LOGIN)
        located = (spends | (logins & (facts["code"] == SUCCESS))) & ~np.isnan(facts["lat"]) & ~np.isnan(facts["lon"])
        used = spends | logins
        account, merchant = groups["account"], groups["merchant"]
        approved = spends & (flags & DECLINED == 0)
        return Sight(
            facts=facts.take(reads),
            flags=flags[reads],
            spends=self._spends.through(account, moves, reads, values),
            logins=self._logins.through(account, logins, reads, values),
            places=self._places.through(account, located, reads, values),
            profile=self._profiles.through(account, facts, flags, reads),
            person=self._people.through(groups["customer"], facts, reads),
            merchant=self._merchant.through(merchant, spends, reads, values),
            device=self._device.through(groups["device"], used, reads, values),
            ip=self._ip.through(groups["ip"], used, reads, values),
            merchant_sums=self._merchant_sums.through(
                merchant, {"spends": approved, "amount": values["whole_amount"] * approved}, reads
            ),
            known=self._learn(groups, facts, reads),
        )

    def _learn(self, groups: dict[str, Groups], facts: Array, reads: Array) -> dict[str, Array]:
        labels = facts["fact"] == Fact.LABEL
        return {
            kind: self._known[kind].through(
                group, labels, facts, facts["merchant" if kind == "account" else "account"], reads
            )
            for kind, group in groups.items()
        }

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

    def _parts(self) -> dict[str, tuple[str, Ring | Profiles | People | Tally | KnownFrauds]]:
        return {
            "account.spends": ("account", self._spends),
            "account.logins": ("account", self._logins),
            "account.places": ("account", self._places),
            "account.profile": ("account", self._profiles),
            "customer.person": ("customer", self._people),
            "merchant.spends": ("merchant", self._merchant),
            "merchant.sums": ("merchant", self._merchant_sums),
            "device.events": ("device", self._device),
            "ip.events": ("ip", self._ip),
            **{f"{kind}.known": (kind, known) for kind, known in self._known.items()},
        }


def failed(outcome: Array) -> Bools:
    """Whether a login's outcome is a failure: wrong password or second factor, locked, blocked."""
    return np.asarray((outcome >= FIRST_FAILURE) & (outcome <= LAST_FAILURE))


def _columns(facts: Array, flags: Array) -> dict[str, Array]:
    """The page under the names that the rings keep. Times before 1970 count as its first microsecond."""
    amount = facts["amount"]
    return {
        "at": np.maximum(facts["occurred_at"], 1),
        "amount": amount,
        "whole_amount": np.where(np.isnan(amount), 0, amount).astype(np.int64),
        "flags": flags,
        "code": facts["code"],
        "other": np.where(flags & (TRANSFER | INFLOW) > 0, facts["party"], facts["merchant"]),
        "account": facts["account"],
        "failed": (facts["fact"] == Fact.LOGIN) & failed(facts["code"]),
        "lat": facts["lat"],
        "lon": facts["lon"],
    }
