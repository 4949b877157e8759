"""Money that comes in and goes on: transfers, refunds, senders and recipients."""

from __future__ import annotations

import numpy as np

from console.risk.columns import Bools, Floats
from console.risk.features.seen import Seen, count, distinct, given, ratio, total
from console.risk.flags import DECLINED, INFLOW, REFUND, TRANSFER
from console.risk.missing import MISSING_INPUT, NO_HISTORY
from console.risk.registry import EVENT, EXACT, feature, windowed

KEPT = EXACT.format(kept=24)


def _incoming(seen: Seen) -> Bools:
    return np.asarray(seen.sight.spends["flags"] & (INFLOW | DECLINED) == INFLOW)


def _outgoing(seen: Seen) -> Bools:
    return np.asarray(seen.sight.spends["flags"] & (TRANSFER | DECLINED) == TRANSFER)


@windowed("account", "minor units", KEPT, ("24h", "48h"))
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


@windowed("account", "ratio", KEPT, ("24h", "48h"), "no_history without incoming transfers")
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


@feature("account", "1 or 0", "the last 8 payees", "missing_input on no transfer to a party, no_history before any")
def is_new_payee(seen: Seen) -> Floats:
    """The account never sent money to this party."""
    return seen.is_new("payee", (seen.flags & TRANSFER > 0) & seen.has("party"))


def _refunds(seen: Seen, span: int) -> Bools:
    return np.asarray((seen.sight.spends["flags"] & REFUND > 0) & seen.moves.within(span))


@windowed("account", "events", KEPT, ("24h", "30d"))
def refund_count(seen: Seen, span: int) -> Floats:
    """Refunds to the account."""
    return count(_refunds(seen, span))


@windowed("account", "minor units", KEPT, ("24h", "30d"))
def refund_sum(seen: Seen, span: int) -> Floats:
    """Sum of refunds to the account."""
    return np.asarray(-total(_refunds(seen, span), seen.sight.spends["amount"]))


@windowed("account", "ratio", KEPT, ("30d",), "no_history without spend in the window")
def refund_ratio(seen: Seen, span: int) -> Floats:
    """Refunds against spend, by amount."""
    spent = total(seen.approved & seen.moves.within(span), seen.sight.spends["amount"])
    return ratio(refund_sum(seen, span), spent, NO_HISTORY)


@feature("event", "1 or 0", EVENT, "missing_input on what is no refund")
def refund_elsewhere(seen: Seen) -> Floats:
    """The refund goes to an account, a customer or a wallet instead of back to where the purchase came from."""
    return given(seen.flags & REFUND > 0, seen.facts["party"] >= 0, MISSING_INPUT)
