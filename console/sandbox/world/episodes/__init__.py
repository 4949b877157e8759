"""Episodes: frauds that happen to people, and honest behaviour that looks like them. One story a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from console.sandbox.world.clock import Life
from console.sandbox.world.episodes.account_takeover import account_takeover
from console.sandbox.world.episodes.card_testing import card_testing
from console.sandbox.world.episodes.cash_out import cash_out
from console.sandbox.world.episodes.discovery import customers_notice, the_desk_investigates
from console.sandbox.world.episodes.episode import Episode

Story = Callable[[Episode], Life]


class Kind(NamedTuple):
    """What happens, how it comes out, and how many days before its climax it may begin to be prepared."""

    story: Story
    discovery: Story
    lead_days: tuple[float, float] = (0.0, 0.0)


FRAUDS: dict[str, Kind] = {
    "account_takeover": Kind(account_takeover, customers_notice),
    "card_testing": Kind(card_testing, customers_notice),
    "cash_out": Kind(cash_out, the_desk_investigates),
}
LOOKALIKES: dict[str, Kind] = {}
