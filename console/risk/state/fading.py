"""The risk of each account: its highest score, fading with the event time that passes."""

from __future__ import annotations

import numpy as np

from console.risk.columns import DAY, Array, Bools, Floats
from console.risk.state.groups import Groups
from console.risk.state.growth import grown, packed, unpacked

HALF_LIFE = DAY


class Fading:
    """Per account the risk at its latest scored event. A late event counts as faded up to that moment."""

    def __init__(self) -> None:
        self._risk = np.zeros(1, np.float64)
        self._at = np.zeros(1, np.int64)
        self._bound = 1

    def through(self, groups: Groups, at: Array, scored: Bools, cleared: Bools, score: Floats) -> Floats:
        """Per row of the page the account's risk after it; NaN without account and where neither scored nor cleared.

        A score raises the risk to itself where that is more than what is left of before; a row marked in `cleared`
        (the desk found the account legitimate) sets it to 0.
        """
        self._bound = max(self._bound, groups.bound)
        self._risk, self._at = grown(self._risk, groups.bound), grown(self._at, groups.bound)
        result = np.full(len(at), np.nan)
        for rows in groups.waves(scored | cleared):
            who, here = groups.entity[rows], at[rows]
            before = self._at[who]
            now = np.maximum(here, before)
            left = self._risk[who] * np.exp2((before - now) / HALF_LIFE)
            new = np.where(scored[rows], score[rows], 0) * np.exp2((here - now) / HALF_LIFE)
            risk = np.where(cleared[rows], 0.0, np.maximum(left, new))
            self._risk[who], self._at[who], result[rows] = risk, now, risk
        return result

    def of(self, accounts: Array) -> Floats:
        """The risk of accounts (dense indices) after their latest scored event; 0 for one that had none."""
        row = accounts.astype(np.int64) + 1
        return self._risk[np.where(row < len(self._risk), row, 0)]

    def freeze(self) -> dict[str, bytes]:
        """Risk and its moment of every account seen."""
        return {"risk": packed(self._risk, self._bound), "at": packed(self._at, self._bound)}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._risk, self._at = unpacked(state["risk"], self._risk), unpacked(state["at"], self._at)
        self._bound = len(self._risk)
