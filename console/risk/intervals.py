"""A share with the uncertainty it has: no precision is shown without its interval."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, sqrt
from typing import NamedTuple

Z95 = 1.959964
"""The standard normal's 97.5 % quantile."""


class Share(NamedTuple):
    """`hits` of `of`, as a share in 0..1 with its 95 % interval."""

    hits: int
    of: int
    value: float
    low: float
    high: float


def wilson(hits: int, of: int) -> Share | None:
    """The share with Wilson's score interval (Wilson 1927), which holds for small counts; None for nothing of nothing.

    Raises ValueError when there are more hits than there can be.
    """
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of} is no share")
    if not of:
        return None
    share, spread = hits / of, Z95 * Z95 / of
    centre = (share + spread / 2) / (1 + spread)
    reach = Z95 / (1 + spread) * sqrt(share * (1 - share) / of + spread / (4 * of))
    return Share(hits, of, share, max(0.0, min(share, centre - reach)), min(1.0, max(share, centre + reach)))


class Number(NamedTuple):
    """A figure with its 95 % interval, and of how many observations it is made."""

    value: float
    low: float
    high: float
    of: int


def counted(count: int) -> Number:
    """A count of independent events with the interval of the rate behind it, by Rao's score test: true from two on."""
    centre, reach = count + Z95 * Z95 / 2, Z95 * sqrt(count + Z95 * Z95 / 4)
    return Number(count, max(0.0, centre - reach), centre + reach, count)


def median(values: Sequence[float]) -> Number | None:
    """The median with the interval that order statistics give, whatever the distribution; None for no values.

    Of fewer than six values the interval is their whole range, which then covers the median with less than 95 %.
    """
    if not values:
        return None
    ordered, of = sorted(values), len(values)
    middle = (ordered[(of - 1) // 2] + ordered[of // 2]) / 2
    reach = Z95 * sqrt(of) / 2
    low, high = max(0, floor(of / 2 - reach)), min(of - 1, ceil(of / 2 + reach))
    return Number(middle, ordered[low], ordered[high], of)
