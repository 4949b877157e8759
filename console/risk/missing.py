"""A missing value is a NaN that says why: the reason stands in the low bits of its payload.

So one column of floats carries both values and reasons, comparisons with a missing value are false, and arithmetic
hands the reason on. A NaN without a known reason counts as missing input.
"""

from __future__ import annotations

import struct
from enum import IntEnum


class Missing(IntEnum):
    """Why there is no value."""

    NO_HISTORY = 1  # nothing of the kind has been seen before
    TOO_FEW = 2  # seen, but fewer times than the measure needs
    MISSING_INPUT = 3  # the event itself lacks a field
    ERROR = 4  # undefined, such as a division by zero


_QUIET_NAN = 0x7FF8_0000_0000_0000


def _nan(why: Missing) -> float:
    value: float = struct.unpack("<d", struct.pack("<Q", _QUIET_NAN | why))[0]
    return value


NO_HISTORY = _nan(Missing.NO_HISTORY)
TOO_FEW = _nan(Missing.TOO_FEW)
MISSING_INPUT = _nan(Missing.MISSING_INPUT)
ERROR = _nan(Missing.ERROR)


def why(value: float) -> str | None:
    """The reason's word when `value` is missing, None when it is a value."""
    if value == value:
        return None
    bits = struct.unpack("<Q", struct.pack("<d", value))[0] & 0xFF
    return (Missing(bits) if bits in Missing._value2member_map_ else Missing.MISSING_INPUT).name.lower()
