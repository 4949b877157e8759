"""Sums of amounts that no core can make overflow. Amounts are minor units of one currency."""

from __future__ import annotations

MOST = 2**63 - 1
"""The largest whole number that a database holds."""


def summed(amount: str) -> str:
    """SQL for a sum as a whole number: exact up to 2^53, beyond it to a float's 53 bits and at most `MOST`.

    SQLite's sum() fails where whole numbers pass 64 bits.
    """
    return f"CAST(total({amount}) AS INTEGER)"


def bounded(amount: int) -> int:
    """An amount, or the nearest that a database holds."""
    return max(-MOST, min(MOST, amount))
