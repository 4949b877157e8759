"""How the desk is doing as a whole: what is at risk, what came, what was right, how long it took. Each with how sure.

Days and hours are the stream's own time. Nothing unknown is a zero: a figure without observations is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from console.core.instants import DAY, HOUR, MINUTE, parse
from console.risk.columns import Floats
from console.risk.intervals import Number, Share, counted, median, wilson
from console.risk.queue import exposure
from store import pulse as stored
from store.reader import Reader

DAYS = 30
HOURS = 48
APART = 15 * MINUTE
"""When the stream's time and the clock are further apart than this, times of both can't be compared."""


@dataclass(frozen=True)
class Exposure:
    """The open alerts of one currency. `most` may be lost at most, `expected` on the alerts' own probabilities.

    `unknown` alerts tell neither a limit nor what can be spent; they are in neither sum. Minor units.
    """

    alerts: int
    most: int
    expected: int
    unknown: int


@dataclass(frozen=True)
class Pulse:
    """The figures as of one look; `now` is the stream's time (µs).

    `kept` is what accounts found to be fraud could still spend, were they not held or closed: an upper bound of what
    was avoided. `lost` is what labelled fraud took in the last days; `all_labels` whether every label was looked at.
    `by_hour` and `by_day` count the alerts opened, the oldest first, the last hour or day being the present one.
    """

    now: int
    exposure: Mapping[str, Exposure]
    kept: Mapping[str, tuple[int, int]]
    lost: Mapping[str, tuple[int, int]]
    all_labels: bool
    by_hour: Sequence[int]
    by_day: Sequence[int]
    last_day: Number
    precision: Share | None
    inconclusive: int
    undecided: int
    to_claim: Number | None
    to_decide: Number | None
    apart: bool


def pulse(mirror: Reader, wall: int, claims: Sequence[tuple[str, int]]) -> Pulse:
    """The figures of a mirror; `claims` are (account id, wall time in µs) of this desk's confirmed claims."""
    now = mirror.watermark() or wall
    since = now - DAYS * DAY
    alerts = stored.opened(mirror, now, HOUR, DAYS * 24)
    by_hour = sum(alerts.values(), np.zeros(DAYS * 24, np.int64))[::-1]
    fraud, legit, unsure, undecided = (
        int(alerts[word].sum()) if word in alerts else 0 for word in ("fraud", "legit", "inconclusive", "")
    )
    lost, all_labels = stored.lost(mirror, since)
    apart = abs(now - wall) > APART
    return Pulse(
        now=now,
        exposure={currency: _exposure(rows) for currency, rows in stored.exposed(mirror).items()},
        kept=stored.kept(mirror),
        lost=lost,
        all_labels=all_labels,
        by_hour=by_hour[-HOURS:].tolist(),
        by_day=by_hour.reshape(DAYS, 24).sum(axis=1).tolist(),
        last_day=counted(int(by_hour[-24:].sum())),
        precision=wilson(fraud, fraud + legit),
        inconclusive=unsure,
        undecided=undecided,
        to_claim=None if apart else _to_claim(mirror, claims),
        to_decide=_to_decide(stored.decided(mirror, since)),
        apart=apart,
    )


def _exposure(rows: Floats) -> Exposure:
    score, recent, available, limit = rows.T
    known = ~(np.isnan(available) & np.isnan(limit))
    at_risk = exposure(available, recent, limit)[known]
    expected = at_risk * score[known]
    return Exposure(len(rows), round(float(at_risk.sum())), round(float(expected.sum())), int((~known).sum()))


def _to_claim(mirror: Reader, claims: Sequence[tuple[str, int]]) -> Number | None:
    """Minutes from an alert's opening to this desk's claim of its case; the first after it counts."""
    opened = stored.openings(mirror, {account for account, _ in claims})
    first: dict[str, int] = {}
    for account, at in sorted(claims, key=lambda claim: claim[1]):
        if account in opened and at >= opened[account]:
            first.setdefault(account, at - opened[account])
    return median([took / MINUTE for took in first.values()])


def _to_decide(pairs: Sequence[tuple[int, str]]) -> Number | None:
    """Minutes from an alert's opening to the verdict on its case; a verdict from before it says nothing."""
    took = []
    for opened, text in pairs:
        try:
            decided = parse(text)
        except ValueError:
            continue  # the core's text is no instant: nothing is known of this one
        if decided >= opened:
            took.append((decided - opened) / MINUTE)
    return median(took)
