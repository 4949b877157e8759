"""A limit given as a share, such as `50%`: turned into an absolute value before anything is decided."""

from __future__ import annotations

import re

SHARE = re.compile(r"([0-9]{1,3})(?:[.]([0-9]{1,2}))? ?%")
OF = ("limit", "balance")
"""What a share may be of: the present value of that limit, or what is owed."""


def minor(text: str, base: int | None) -> int | None:
    """So many per cent (two decimals at most) of a base in minor units, rounded down; None when it is no share."""
    match = SHARE.fullmatch(text.strip())
    if match is None or base is None or base < 0:
        return None
    hundredths = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    return base * hundredths // 10_000
