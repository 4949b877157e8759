"""The portfolio by segment: exposure, use, lateness, expected and avoided loss. Sums of groups of accounts; pure.

Expected loss = PD x EAD x LGD (Basel Framework, CRE35). Each account's share:
- EAD, exposure at default: what is owed plus a tenth of what may still be drawn; 10 % is the credit conversion factor
  of commitments that can be cancelled at any time (CRE20, standardised approach).
- LGD, loss given default: 50 %, the floor of the Framework for unsecured revolving retail credit (CRE32).
- PD, within a year: of an account that is not late the economy's default rate, as the core's indicator tells it, at
  least 0.1 % (the floor for revolving retail, CRE32); of a late one by days past due, 1 from 90 on (the definition of
  default, CRE36). The steps between are our assumption, since nothing of the core's tells roll rates.
The interval beside an expected loss is that of the loss itself if defaults are independent (normal approximation); they
move together in a downturn, so it is the least uncertainty there is. Money in minor units, times in µs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from console.risk.columns import DAY
from console.risk.intervals import Z95, Number, Share, wilson

CCF, LGD = 0.10, 0.50
LEAST_PD = 0.001
ASSUMED_DEFAULT_RATE = 0.02
"""Where the core tells no default rate: the order of card losses in calm years. Ours."""
ROLLS = ((90, 1.0), (60, 0.65), (30, 0.35), (1, 0.10))
"""(days past due from which on, PD), the worst first."""
BANDS = (100_000, 500_000, 2_000_000, 5_000_000)
"""Credit limits in minor units at which a band ends and the next begins."""
AGES = (90 * DAY, 365 * DAY, 3 * 365 * DAY)
"""Ages of accounts at which a segment ends and the next begins."""
DIMENSIONS = ("status", "level", "limit", "age")
ALL = "all"


@dataclass(frozen=True)
class Group:
    """Accounts of one currency that are alike: `places` by dimension, days past due not below `late` (0: not late).

    `owed`, `limit` and `drawable` are sums, `squares` the sum of squared EADs. `kept` is what the fraud accounts among
    them that are held or closed could still spend.
    """

    currency: str
    places: Mapping[str, str]
    late: int
    accounts: int
    owed: int
    limit: int
    drawable: int
    squares: float
    kept: int


@dataclass(frozen=True)
class Segment:
    """What one segment comes to. `used` is the share of the limits that is owed, None without limits.

    `late` is the share of accounts past due. `expected` is None where nothing can be lost.
    """

    currency: str
    dimension: str
    name: str
    accounts: int
    owed: int
    limit: int
    late_owed: int
    used: float | None
    late: Share | None
    expected: Number | None
    kept: int


def pd(late: int, default_rate: float) -> float:
    """The probability of default within a year of an account so many days past due."""
    rolled = next((chance for days, chance in ROLLS if late >= days), None)
    return max(LEAST_PD, default_rate) if rolled is None else max(rolled, LEAST_PD, default_rate)


def segments(groups: Iterable[Group], default_rate: float) -> list[Segment]:
    """The whole portfolio of each currency, and its segments by every dimension, in the order of their names."""
    parts: dict[tuple[str, str, str], list[Group]] = {}
    for group in groups:
        parts.setdefault((group.currency, ALL, ALL), []).append(group)
        for dimension, name in group.places.items():
            parts.setdefault((group.currency, dimension, name), []).append(group)
    return [_segment(*key, parts[key], default_rate) for key in sorted(parts)]


def _segment(currency: str, dimension: str, name: str, groups: list[Group], default_rate: float) -> Segment:
    accounts, owed, limit = (sum(getattr(group, part) for group in groups) for part in ("accounts", "owed", "limit"))
    late = [group for group in groups if group.late]
    return Segment(
        currency,
        dimension,
        name,
        accounts,
        owed,
        limit,
        sum(group.owed for group in late),
        owed / limit if limit > 0 else None,
        wilson(sum(group.accounts for group in late), accounts),
        expected_loss(groups, default_rate),
        sum(group.kept for group in groups),
    )


def expected_loss(groups: Iterable[Group], default_rate: float) -> Number | None:
    """PD x EAD x LGD of groups, with the interval of the loss that comes of it; None where nothing can be lost."""
    mean = variance = 0.0
    accounts = 0
    for group in groups:
        chance = pd(group.late, default_rate)
        mean += chance * LGD * (group.owed + CCF * group.drawable)
        variance += chance * (1 - chance) * LGD**2 * group.squares
        accounts += group.accounts
    if mean <= 0:
        return None
    reach = Z95 * sqrt(variance)
    return Number(mean, max(0.0, mean - reach), mean + reach, accounts)


def steps(bounds: tuple[int, ...]) -> list[tuple[int | None, int | None]]:
    """(from, below) of each segment that bounds make, None for an open end."""
    return list(pairwise([None, *bounds, None]))
