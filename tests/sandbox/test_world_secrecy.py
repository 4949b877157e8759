"""Nothing but behaviour tells frauds from honest acts: no field, id, name, order or fraction of a second does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from console.core.instants import DAY, parse
from console.core.messages import RESOURCES, Change, Login, Message, Transaction, decoder
from console.sandbox.bank import Bank
from console.sandbox.world import World
from console.sandbox.world.episodes import FRAUDS, LOOKALIKES

START = parse("2026-10-01T04:30:00Z")
CHANGE = decoder(Change)
DECODERS = {kind: decoder(type_) for kind, type_ in RESOURCES.items()}
TELLS: dict[str, Callable[[Transaction], float]] = {
    "last digit of the id": lambda t: int(t.id[-1]),
    "parity of the id": lambda t: int(t.id[-1]) % 2,
    "microseconds": lambda t: t.occurred_at % 1000,
    "milliseconds": lambda t: t.recorded_at // 1000 % 1000,
    "length of the id": lambda t: len(t.id),
    "reported after": lambda t: t.recorded_at - t.occurred_at,
}


class Lived(NamedTuple):
    """A feed, with the ids of what was fraud and what only looked like it."""

    bodies: list[bytes]
    resources: list[Message]
    frauds: set[str]
    lookalikes: set[str]


class Telltale(Bank):
    """A bank that lets the test see the truth as it is told."""

    told: list[tuple[str | None, bool]]

    def remember_truth(self, *truth: object) -> None:  # type: ignore[override]
        self.told.append((truth[4], bool(truth[6])))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def lived() -> Lived:
    bank = Telltale.open()
    assert isinstance(bank, Telltale)
    bank.told = []
    world = World(bank, "demo", 3, START, 160)
    world.advance(START + 31 * DAY, 10**9)
    bodies = bank.log.page(0, 10_000_000).bodies
    changes = [CHANGE.decode(body) for body in bodies]
    return Lived(
        bodies,
        [DECODERS[change.type].decode(change.data) for change in changes],
        {id_ for id_, benign in bank.told if id_ and not benign},
        {id_ for id_, benign in bank.told if id_ and benign},
    )


def firsts(lived: Lived, kind: type[Message]) -> list[Message]:
    return [resource for resource in lived.resources if type(resource) is kind and resource.version == 1]


def split(lived: Lived, kind: type[Message]) -> tuple[list[Message], list[Message]]:
    """The frauds among the resources of a kind, and all others."""
    all_ = firsts(lived, kind)
    return [r for r in all_ if r.id in lived.frauds], [r for r in all_ if r.id not in lived.frauds]


def separation(frauds: list[float], others: list[float]) -> float:
    """How well one number tells the two apart: the larger of AUC and its mirror, 0.5 is not at all."""
    values = np.concatenate([frauds, others])
    ranks = np.empty(len(values))
    order = np.argsort(values, kind="stable")
    ranks[order] = np.arange(len(values))
    _, tied = np.unique(values, return_inverse=True)
    ranks = (np.bincount(tied, ranks) / np.bincount(tied))[tied]
    auc = (ranks[: len(frauds)].mean() - (len(frauds) - 1) / 2) / len(others)
    return float(max(auc, 1 - auc))


def shape(resource: Message) -> tuple[object, ...]:
    """Which fields are filled, for the situation the resource says it is in."""
    filled = frozenset(name for name in resource.__struct_fields__ if getattr(resource, name) is not None)
    if not isinstance(resource, Transaction):
        return (filled,)
    other = resource.counterparty.type if resource.counterparty else ""
    abroad = {"merchant_amount_minor", "merchant_currency"}
    return resource.kind, resource.channel, resource.status, other, resource.amount_minor > 0, filled - abroad


@pytest.mark.parametrize("tell", TELLS)
def test_no_technical_trait_of_a_purchase_tells(lived: Lived, tell: str) -> None:
    frauds, others = ([TELLS[tell](t) for t in some if t.kind == "purchase"] for some in split(lived, Transaction))
    assert len(frauds) > 300
    assert separation(frauds, others) < 0.57


def test_a_planted_tell_would_be_found(lived: Lived) -> None:
    frauds, others = split(lived, Transaction)
    planted = [float(int(t.id[-1]) | 1) for t in frauds], [float(int(t.id[-1])) for t in others]
    assert separation([x % 2 for x in planted[0]], [x % 2 for x in planted[1]]) > 0.7


@pytest.mark.parametrize("kind", [Transaction, Login])
def test_frauds_fill_no_field_that_others_do_not(lived: Lived, kind: type[Message]) -> None:
    frauds, others = split(lived, kind)
    strange = {shape(fraud) for fraud in frauds} - {shape(other) for other in others}
    assert len(frauds) > 50
    assert not strange


def test_kinds_channels_and_decline_codes_are_everybodys(lived: Lived) -> None:
    frauds, others = split(lived, Transaction)
    for field in ("kind", "channel", "status", "decline_code"):
        assert {getattr(t, field) for t in frauds} <= {getattr(t, field) for t in others}
    guilty, innocent = split(lived, Login)
    for field in ("outcome", "method"):
        assert {getattr(t, field) for t in guilty} <= {getattr(t, field) for t in innocent} | {"mfa_removed", "bad_mfa"}


def test_shops_of_frauds_have_honest_customers(lived: Lived) -> None:
    frauds, others = split(lived, Transaction)
    known = {t.merchant.id for t in others if t.merchant}
    used = [t.merchant.id for t in frauds if t.merchant]
    assert len(used) > 300
    assert sum(shop in known for shop in used) / len(used) > 0.8


def test_machines_of_frauds_look_like_all_machines(lived: Lived) -> None:
    guilty = {r.device_id for r in firsts(lived, Login) if r.id in lived.frauds}
    devices = {r.id: r for r in lived.resources if type(r) is RESOURCES["device"]}
    systems = {devices[d].os for d in devices if d not in guilty}
    assert {devices[d].os for d in guilty if d} <= systems
    assert len({len(d) for d in devices}) == 1


def test_the_feed_names_no_episode(lived: Lived) -> None:
    everything = b"\n".join(lived.bodies)
    for word in (*FRAUDS, *LOOKALIKES, "epi.", "benign", "episode", "crew"):
        assert word.encode() not in everything
    assert lived.frauds
    assert lived.lookalikes


def test_personal_data_is_masked(lived: Lived) -> None:
    for customer in firsts(lived, RESOURCES["customer"]):
        assert "*" in customer.name_masked
        assert "***" in customer.phone_masked.replace(" ", "")
        assert all(token.startswith("h1:") for token in (customer.tokens.email, customer.tokens.phone))
