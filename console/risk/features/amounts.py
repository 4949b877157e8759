"""The amount against what is usual for the account, and how often that was exceeded lately.

Usual is the mean of the account's approved spends with each cut to at most three deviations above what was usual before
it, so that neither one huge purchase nor a fraud moves it.
"""

from __future__ import annotations

import numpy as np

from console.risk.columns import Bools, Floats
from console.risk.features.seen import Seen, count, given, ratio, since
from console.risk.missing import NO_HISTORY, TOO_FEW
from console.risk.registry import EXACT, LIFETIME, feature, windowed
from console.risk.state.profile import deviation

FEW = 3
UNUSUAL = 2.5
"""How many times the usual an unusual spend is: of one account's normal spread it is far out."""

KEPT = EXACT.format(kept=24)
LACKS = f"missing_input on what is no spend, too_few below {FEW} spends"


def _usual(seen: Seen) -> Floats:
    """The account's usual amount, 0 where it is not known."""
    return np.asarray(np.where(seen.profile["spends"] >= FEW, seen.profile["usual"], 0.0))


def _unusual(seen: Seen) -> Bools:
    """Which of the kept approved spends are far above what is usual; none where that is not known."""
    usual = _usual(seen)
    return np.asarray(seen.approved & (seen.sight.spends["amount"] > np.where(usual > 0, UNUSUAL * usual, np.inf)))


@feature("account", "minor units", LIFETIME, f"too_few below {FEW} spends")
def usual_amount(seen: Seen) -> Floats:
    """What the account usually spends at a time."""
    usual = _usual(seen)
    return given(usual > 0, usual, TOO_FEW)


@feature("account", "ratio", LIFETIME, LACKS)
def amount_to_usual(seen: Seen) -> Floats:
    """The amount against what the account usually spends at a time."""
    return ratio(seen.spend, _usual(seen), TOO_FEW)


@feature("account", "standard deviations", LIFETIME, LACKS)
def amount_usual_z(seen: Seen) -> Floats:
    """How many deviations above the usual the amount is; the deviation is at least a tenth of the usual."""
    usual = _usual(seen)
    width = deviation(usual, seen.profile["usual_spread"], seen.profile["spends"])
    return ratio(seen.spend - usual, np.where(usual > 0, width, 0), TOO_FEW)


@windowed("account", "ratio", KEPT, ("24h", "7d", "14d"), f"too_few below {FEW} spends, no_history without a spend")
def peak_to_usual(seen: Seen, span: int) -> Floats:
    """The largest approved spend against what is usual."""
    spent = seen.approved & seen.moves.within(span)
    peak = (spent * seen.sight.spends["amount"]).max(axis=0)
    return ratio(given(peak > 0, peak, NO_HISTORY), _usual(seen), TOO_FEW)


@windowed("account", "events", KEPT, ("24h", "7d", "14d"), f"too_few below {FEW} spends")
def unusual_count(seen: Seen, span: int) -> Floats:
    """Approved spends of more than two and a half times the usual."""
    return given(_usual(seen) > 0, count(_unusual(seen) & seen.moves.within(span)), TOO_FEW)


@feature("account", "seconds", KEPT, "no_history before any")
def since_unusual(seen: Seen) -> Floats:
    """Seconds since the account's last spend of more than two and a half times the usual."""
    return since(seen.now, seen.moves.last(_unusual(seen) & seen.moves.past), NO_HISTORY)
