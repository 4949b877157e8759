"""With how much an account is used: devices, IPs, countries of its spends and login events, failed ones too."""

from __future__ import annotations

import numpy as np

from console.risk.columns import Floats
from console.risk.features.seen import Seen, distinct
from console.risk.registry import EXACT, windowed

KEPT = EXACT.format(kept=12)


def _different(seen: Seen, name: str, span: int) -> Floats:
    """How many different ones, the event's own included."""
    recent, values = seen.uses.within(span), seen.sight.uses[name]
    this = seen.facts[name]
    return np.asarray(distinct(recent & (values != this), values) + (this >= 0))


@windowed("account", "devices", KEPT, ("1h", "24h", "7d"))
def devices(seen: Seen, span: int) -> Floats:
    """Different devices the account was used with, this one included."""
    return _different(seen, "device", span)


@windowed("account", "IPs", KEPT, ("1h", "24h", "7d"))
def ips(seen: Seen, span: int) -> Floats:
    """Different IPs the account was used from, this one included."""
    return _different(seen, "ip", span)


@windowed("account", "countries", KEPT, ("24h",))
def countries(seen: Seen, span: int) -> Floats:
    """Different countries the account was used in, this one included."""
    return _different(seen, "country", span)
