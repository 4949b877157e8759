"""Episodes: frauds that happen to people, and honest behaviour that looks like them. One story a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from console.sandbox.world.clock import Life
from console.sandbox.world.episodes.account_ring import account_ring
from console.sandbox.world.episodes.account_takeover import account_takeover
from console.sandbox.world.episodes.bust_out import bust_out
from console.sandbox.world.episodes.card_testing import card_testing
from console.sandbox.world.episodes.cash_out import cash_out
from console.sandbox.world.episodes.discovery import customers_notice, somebody_clears, the_desk_investigates
from console.sandbox.world.episodes.episode import Episode
from console.sandbox.world.episodes.honest_applicants import couple_applies, dormitory_applies, first_job
from console.sandbox.world.episodes.honest_crowds import dormitory, group_collector, shop_tablet
from console.sandbox.world.episodes.honest_days import (
    family_device,
    festival_shopping,
    honest_raise,
    new_phone,
    payday,
    street_vendors,
    traveller,
)
from console.sandbox.world.episodes.honest_trouble import first_flat, flaky_terminal, refund_shopper
from console.sandbox.world.episodes.impossible_travel import impossible_travel
from console.sandbox.world.episodes.mule_ring import mule_ring
from console.sandbox.world.episodes.night_drip import night_drip
from console.sandbox.world.episodes.synthetic_identity import synthetic_identity

Story = Callable[[Episode], Life]


class Kind(NamedTuple):
    """What happens, how it comes out, and how many days before its climax it may begin to be prepared."""

    story: Story
    discovery: Story
    lead_days: tuple[float, float] = (0.0, 0.0)


FRAUDS: dict[str, Kind] = {
    "account_takeover": Kind(account_takeover, customers_notice),
    "card_testing": Kind(card_testing, customers_notice),
    "impossible_travel": Kind(impossible_travel, customers_notice),
    "bust_out": Kind(bust_out, the_desk_investigates, (0.5, 5.0)),
    "cash_out": Kind(cash_out, the_desk_investigates),
    "mule_ring": Kind(mule_ring, the_desk_investigates),
    "synthetic_identity": Kind(synthetic_identity, the_desk_investigates, (2.0, 6.0)),
    "account_ring": Kind(account_ring, the_desk_investigates),
    "night_drip": Kind(night_drip, customers_notice),
}
LOOKALIKES: dict[str, Kind] = {
    "traveller": Kind(traveller, somebody_clears),
    "new_phone": Kind(new_phone, somebody_clears),
    "family_device": Kind(family_device, somebody_clears),
    "festival_shopping": Kind(festival_shopping, somebody_clears),
    "honest_raise": Kind(honest_raise, somebody_clears, (0.2, 2.0)),
    "street_vendors": Kind(street_vendors, somebody_clears),
    "payday": Kind(payday, somebody_clears),
    "dormitory": Kind(dormitory, somebody_clears),
    "shop_tablet": Kind(shop_tablet, somebody_clears),
    "group_collector": Kind(group_collector, somebody_clears),
    "flaky_terminal": Kind(flaky_terminal, somebody_clears),
    "refund_shopper": Kind(refund_shopper, somebody_clears),
    "first_flat": Kind(first_flat, somebody_clears),
    "couple_applies": Kind(couple_applies, somebody_clears),
    "dormitory_applies": Kind(dormitory_applies, somebody_clears),
    "first_job": Kind(first_job, somebody_clears),
}
"""Account takeover looks like a new phone; card testing like street vendors or a flaky terminal; impossible travel like
a traveller; a bust-out like an honest raise or a festival; cash-out like payday or a shopper who returns; a mule like a
collector; synthetic people like a first flat or job, a couple or freshers who apply; a ring like a family, a dormitory
or a shop's tablet."""
