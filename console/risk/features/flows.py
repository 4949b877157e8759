"""Money that comes in and goes on: transfers, refunds, senders and recipients."""

from __future__ import annotations

import numpy as np

from console.risk.columns import Bools, Floats
from console.risk.features.seen import Seen, count, distinct, ratio, total
from console.risk.flags import DECLINED, INFLOW, TRANSFER
from console.risk.missing import NO_HISTORY
from console.risk.registry import EXACT, windowed

KEPT = EXACT.format(kept=24)


def _incoming(seen: Seen) -> Bools:
    return np.asarray(seen.sight.spends["flags"] & (INFLOW | DECLINED) == INFLOW)


def _outgoing(seen: Seen) -> Bools:
    return np.asarray(seen.sight.spends["flags"] & (TRANSFER | DECLINED) == TRANSFER)


@windowed("account", "minor units", KEPT, ("48h",))
def inflow_sum(seen: Seen, span: int) -> Floats:
    """Sum of incoming transfers."""
    return np.asarray(-total(_incoming(seen) & seen.moves.within(span), seen.sight.spends["amount"]))


@windowed("account", "events", KEPT, ("48h",))
def inflow_count(seen: Seen, span: int) -> Floats:
    """Incoming transfers."""
    return count(_incoming(seen) & seen.moves.within(span))


@windowed("account", "minor units", KEPT, ("48h",))
def outflow_sum(seen: Seen, span: int) -> Floats:
    """Sum of outgoing transfers."""
    return total(_outgoing(seen) & seen.moves.within(span), seen.sight.spends["amount"])


@windowed("account", "ratio", KEPT, ("48h",), "no_history without incoming transfers")
def outflow_share(seen: Seen, span: int) -> Floats:
    """Outgoing transfers, this one included, against incoming ones."""
    this = np.where(seen.flags & TRANSFER > 0, seen.facts["amount"], 0)
    return ratio(outflow_sum(seen, span) + this, inflow_sum(seen, span), NO_HISTORY)


@windowed("account", "counterparties", KEPT, ("7d",))
def senders(seen: Seen, span: int) -> Floats:
    """Different senders of incoming transfers."""
    return distinct(_incoming(seen) & seen.moves.within(span), seen.sight.spends["other"])


@windowed("account", "counterparties", KEPT, ("7d",))
def recipients(seen: Seen, span: int) -> Floats:
    """Different recipients of outgoing transfers."""
    return distinct(_outgoing(seen) & seen.moves.within(span), seen.sight.spends["other"])
