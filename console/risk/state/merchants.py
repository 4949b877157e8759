"""What a merchant's trade is like: how much, since when, and how near their limit those are who pay there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from console.risk.columns import Array, Bools
from console.risk.state.groups import Groups
from console.risk.state.tally import Sums, Tally

FULL = 1000
"""A used-up limit; utilisation is summed in thousandths, so that the sum does not depend on the order."""


class Merchants:
    """Sums over the approved spends at each merchant: `spends`, `amount`, `first_at`, `payers_told`, `payers_used`."""

    def __init__(self) -> None:
        self._sums = Tally("spends", "amount", "first_at", "payers_told", "payers_used")

    def through(self, groups: Groups, approved: Bools, facts: Array, used: Array, reads: Sequence[Array]) -> list[Sums]:
        """Add the `approved` rows of a page; tells what the rows of each part of `reads` saw.

        `used` is per row the payer's utilisation with the spend, NaN where it is not known.
        """
        approved = approved & (groups.entity > 0)
        first = approved & (groups.earlier(approved) == 0) & (self._sums.total("spends", groups) == 0)
        told = approved & ~np.isnan(used)
        amount = np.where(approved, facts["amount"], 0).astype(np.int64)
        thousandths = np.round(np.minimum(np.maximum(np.where(told, used, 0), 0), 1) * FULL).astype(np.int64)
        added = {
            "spends": approved,
            "amount": amount,
            "first_at": first * np.maximum(facts["occurred_at"], 1),
            "payers_told": told,
            "payers_used": thousandths,
        }
        return self._sums.through(groups, added, reads)

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The sums of the first `rows` merchants."""
        return self._sums.freeze(rows)

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._sums.thaw(state)
