"""How late the truth comes: how old a spend is before silence about it begins to mean that it was legitimate."""

from __future__ import annotations

import numpy as np

from console.risk.columns import DAY, OPERATOR, Array, Judgement

FIRST_GUESS = 7 * DAY
SMOOTH = 64
"""Each label moves the estimate by this part of its distance from it."""


class Lateness:
    """The mean time from a fraud to its label, smoothed exponentially over the labels published so far.

    The desk's own verdicts are left out: they come early, and only on what it looked at.
    """

    def __init__(self) -> None:
        self._delay = FIRST_GUESS
        self._rows, self._after = np.zeros(0, np.int64), np.array([self._delay], np.int64)

    def apply(self, labels: Array, facts: Array) -> None:
        """Learn from a page's label facts, which stand in the rows `labels`."""
        told = facts.take(labels)
        counts = (told["code"] == int(Judgement.FRAUD)) & (told["status"] != OPERATOR) & (told["opened_at"] > 0)
        self._rows, after = labels[counts], [self._delay]
        for delay in (told["occurred_at"] - told["opened_at"])[counts].tolist():
            after.append(after[-1] + (max(delay, 0) - after[-1]) // SMOOTH)
        self._delay, self._after = after[-1], np.array(after, np.int64)

    def seen(self, rows: Array) -> Array:
        """The delay (µs) as the last page's `rows` knew it."""
        return np.asarray(self._after[np.searchsorted(self._rows, rows)])

    def freeze(self, _rows: int) -> dict[str, bytes]:
        """The estimate."""
        return {"delay": np.array([self._delay]).tobytes()}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self.__init__()  # type: ignore[misc]
        self._delay = int(np.frombuffer(state["delay"], np.int64)[0])
        self._after = np.array([self._delay])
