"""A share with the uncertainty it has: no precision is shown without its interval."""

from __future__ import annotations

from math import sqrt
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
