"""What a policy's thresholds would have come to: the four rates by which Alipay's AutoPilot weighs one against another.

Events were scored once, as they arrived; here only thresholds move over these scores. Frauds of an account less than a
week apart are one episode. An alert within a day of an episode covers it. From then on, once an operator had the time
to act, or at once where the machine freezes by itself, its money is saved. Disturbed is an honest customer whom the
machine freezes, and one in `LOOKS` of those who are only alerted: a look now and then ends in a call or a hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from console.risk.alerts import MINUTES_PER_ALERT
from console.risk.backtest import Trail
from console.risk.columns import DAY, MINUTE, SECOND, Array, Bools, Floats
from console.risk.verdicts import QUIET

Times = NDArray[np.int64]
"""Microseconds."""

EPISODE = 7 * DAY
"""Frauds of an account further apart than this are two episodes, µs."""
REACTION = 15 * MINUTE
"""From an alert to the operator's hold, µs: what a desk on call should keep. A policy, not measured."""
LOOKS = 5
"""Of so many honest customers that are alerted one is called or held before it is clear. Our assumption."""
LEAST_SCORE = 0.05
"""No threshold is looked for below this: half of all events would alert."""
NEVER = np.iinfo(np.int64).max


class Setting(NamedTuple):
    """The scores (0..1) from which a hit opens an alert and, where the machine freezes at all, from which it does."""

    alert: float
    freeze: float | None


class Rates(NamedTuple):
    """Honest customers disturbed, fraud episodes covered, fraud money lost, each 0..1, and operator minutes a day."""

    disturbance: float
    coverage: float
    loss: float
    minutes: float

    @property
    def costs(self) -> tuple[float, float, float, float]:
        """All four so that less is better."""
        return self.disturbance, 1 - self.coverage, self.loss, self.minutes


class NothingToTune(ValueError):
    """There is no fraud, or nobody honest, in a stretch; the message says which."""


@dataclass(frozen=True)
class Past:
    """Hits and frauds of a stretch of time. Hits are in order of account and time.

    `episode` is the episode that a hit belongs to, -1 for none; `honest` whether its account is. `of` is the episode of
    each fraudulent event, `share` its part of all money lost to fraud.
    """

    account: Array
    at: Times
    score: Floats
    episode: Array
    honest: Bools
    episodes: int
    event_at: Times
    of: Array
    share: Floats
    customers: int
    days: float

    @classmethod
    def cut(cls, trail: Trail, begin: int, end: int, active: Bools, currency: Mapping[int, str]) -> Past:
        """The stretch from `begin` to `end` (µs) of a trail.

        `active` says of each account whether it did anything then, `currency` what its money is in: of different ones
        it is not added but averaged by their frauds. Raises NothingToTune.
        """
        labels = trail.labels
        judged = np.zeros(len(active), bool)
        judged[labels["account"][labels["fraud"]]] = True
        customers = int((active & ~judged).sum())
        events = labels[labels["fraud"] & ~np.isnan(labels["amount"]) & (labels["at"] >= begin) & (labels["at"] < end)]
        events = events[np.lexsort((events["at"], events["account"]))]
        if not len(events) or not customers:
            raise NothingToTune(f"{len(events)} labelled frauds and {customers} honest customers in a stretch")
        first = _breaks(events["account"], events["at"], EPISODE)
        of = np.cumsum(first) - 1
        hits = trail.hits[(trail.hits["live_score"] >= LEAST_SCORE) & (trail.hits["at"] >= begin - DAY)]
        hits = hits[hits["at"] < end]
        hits = hits[np.lexsort((hits["at"], hits["account"]))]
        return cls(
            account=hits["account"],
            at=hits["at"],
            score=hits["live_score"],
            episode=_episode(hits, events[first], events[_lasts(first)]["at"], begin - 2 * DAY),
            honest=~judged[hits["account"]],
            episodes=int(first.sum()),
            event_at=events["at"],
            of=of,
            share=_shares(events, of, currency),
            customers=customers,
            days=(end - begin) / DAY,
        )

    def rates(self, setting: Setting) -> Rates:
        """What the thresholds would have come to."""
        alerted = self.score >= setting.alert
        frozen = alerted & (self.score >= (2.0 if setting.freeze is None else setting.freeze))
        first_alert = self._first(alerted)
        stopped = np.minimum(np.where(first_alert < NEVER, first_alert + REACTION, NEVER), self._first(frozen))
        lost = float(self.share[self.event_at <= stopped[self.of]].sum())
        looked_at = len(np.unique(self.account[alerted & self.honest]))
        held = len(np.unique(self.account[frozen & self.honest]))
        alerts = int(_breaks(self.account[alerted], self.at[alerted], QUIET).sum())
        return Rates(
            disturbance=(held + (looked_at - held) / LOOKS) / self.customers,
            coverage=float((first_alert < NEVER).sum()) / self.episodes,
            loss=lost,
            minutes=alerts * MINUTES_PER_ALERT / self.days,
        )

    def _first(self, chosen: Bools) -> Times:
        """When the first of the chosen hits of each episode was, `NEVER` without one."""
        hits = np.flatnonzero(chosen & (self.episode >= 0))[::-1]
        first = np.full(self.episodes, NEVER)
        first[self.episode[hits]] = self.at[hits]
        return first


def dominates(one: Rates, other: Rates) -> bool:
    """No worse in any rate and better in one (Pareto)."""
    pairs = list(zip(one.costs, other.costs, strict=True))
    return all(mine <= theirs for mine, theirs in pairs) and any(mine < theirs for mine, theirs in pairs)


def _breaks(account: Array, at: Times, gap: int) -> Bools:
    """Where, among rows in order of account and time, another account or a gap longer than `gap` begins anew."""
    if not len(account):
        return np.zeros(0, bool)
    return np.concatenate(([True], (np.diff(account) != 0) | (np.diff(at) > gap)))


def _lasts(first: Bools) -> Bools:
    """The last row of each run that begins at `first`."""
    return np.concatenate((first[1:], [True]))


def _episode(hits: Array, starts: Array, ends: Times, origin: int) -> Array:
    """Per hit the episode of its account that it lies within a day of, -1 for none."""

    def key(account: Array, at: Times) -> Array:
        return (account.astype(np.int64) << 32) + np.clip((at - origin) // SECOND, 0, 2**32 - 1)

    found = np.searchsorted(key(starts["account"], starts["at"] - DAY), key(hits["account"], hits["at"]), "right") - 1
    inside = (found >= 0) & (starts["account"][found] == hits["account"]) & (hits["at"] <= ends[found] + DAY)
    return np.where(inside, found, -1)


def _shares(events: Array, of: Array, currency: Mapping[int, str]) -> Floats:
    """What each event is of all money: within its currency by amount, between currencies by their events."""
    code = np.array([currency.get(account, "") for account in events["account"].tolist()])
    share = np.zeros(len(events))
    for each in np.unique(code):
        own = code == each
        amount = np.maximum(events["amount"][own], 0)
        if amount.sum():
            share[own] = amount / amount.sum() * own.sum()
    return share / share.sum() if share.sum() else np.full(len(events), 1 / len(events))
