"""How good a card is: how it ranks, how far its probabilities can be believed, how stable it is, whom it turns away.

Sources: Siddiqi, Credit Risk Scorecards (2006), ch. 6; the four-fifths rule of the US Uniform Guidelines on Employee
Selection Procedures (29 CFR 1607.4 D), which lenders' fair lending reviews borrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from console.risk.columns import Array, Bools, Floats
from console.risk.credit.table import Column, Numbers, Words, missing
from console.risk.drift import LEAST_SHARE
from console.risk.intervals import Z95, Share, wilson

BANDS = 10
FOUR_FIFTHS = 0.8
"""An adverse-impact ratio below this asks for a reason."""


class Ranking(NamedTuple):
    """The area under the ROC curve, and the greatest distance between the good and the bad that any cut-off gives."""

    auc: float
    ks: float

    @property
    def gini(self) -> float:
        return 2 * self.auc - 1


class Band(NamedTuple):
    """Rows of neighbouring points, worst band first: rows, bad among them, mean predicted probability, least points,
    and the share of all the bad from the worst band to here."""

    rows: int
    bad: int
    predicted: float
    from_points: int
    caught: float


class Group(NamedTuple):
    """How one group fares at the cut-off: approved of all, and its rate over the reference group's with 95 % interval.

    `ratio` is None for the reference itself, the group of the highest rate among those of any size.
    """

    name: str
    approved: Share
    ratio: tuple[float, float, float] | None


def ranking(bad: Bools, risk: Array) -> Ranking:
    """How a risk, higher is worse, ranks the rows."""
    from sklearn.metrics import roc_auc_score, roc_curve

    false, true, _ = roc_curve(bad, risk)
    return Ranking(float(roc_auc_score(bad, risk)), float(np.max(true - false)))


def cut_off(bad: Bools, points: NDArray[np.int64]) -> int:
    """The least points to approve: where the good and the bad lie furthest apart."""
    from sklearn.metrics import roc_curve

    bad_approved, good_approved, at = roc_curve(~bad, points)
    return int(at[1:][np.argmax((good_approved - bad_approved)[1:])])


def bands(bad: Bools, pd: Floats, points: NDArray[np.int64]) -> list[Band]:
    """The rows in ten bands of as equal size as equal points allow."""
    edges = np.unique(np.quantile(points, np.arange(1, BANDS) / BANDS, method="higher"))
    place = np.searchsorted(edges, points, side="right")
    found, caught = [], 0
    for band in range(len(edges) + 1):
        inside = place == band
        if inside.any():
            caught += int(bad[inside].sum())
            told = int(inside.sum()), int(bad[inside].sum()), float(pd[inside].mean()), int(points[inside].min())
            found.append(Band(*told, caught / max(1, int(bad.sum()))))
    return found


def psi(before: Array, recent: Array) -> float:
    """The population stability index of recent points against earlier ones, over tenths of the earlier."""
    edges = np.unique(np.quantile(before, np.arange(1, BANDS) / BANDS))
    shares = []
    for values in (before, recent):
        counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
        shares.append(np.maximum(counts / len(values), LEAST_SHARE))
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))


def impact(column: Column, approved: Bools, fewest: int = 30) -> list[Group]:
    """How the groups of a column fare, the largest first. A group of fewer rows than `fewest` is no reference."""
    groups = [(name, wilson(int(approved[rows].sum()), int(rows.sum()))) for name, rows in _groups(column)]
    known = [(name, share) for name, share in groups if share is not None]
    large = [each for each in known if each[1].of >= fewest] or known
    reference = max(large, key=lambda each: each[1].value, default=None)
    told = [
        Group(name, share, None if reference is None or name == reference[0] else _ratio(share, reference[1]))
        for name, share in known
    ]
    return sorted(told, key=lambda group: -group.approved.of)


def _ratio(ours: Share, theirs: Share) -> tuple[float, float, float]:
    """The ratio of two rates with its 95 % interval (Katz and others 1978), half a case added to counts of nothing."""
    mine, reference = max(ours.hits, 0.5) / ours.of, max(theirs.hits, 0.5) / theirs.of
    spread = (1 - mine) / (mine * ours.of) + (1 - reference) / (reference * theirs.of)
    reach = math.exp(Z95 * math.sqrt(max(0.0, spread)))
    ratio = mine / reference
    return ratio, ratio / reach, ratio * reach


def _groups(column: Column) -> Sequence[tuple[str, Bools]]:
    """Rows by what the column says, '' for those of whom it says nothing; numbers of many values by quarters."""
    lacking = missing(column)
    found: list[tuple[str, Bools]] = []
    if isinstance(column, Words):
        found = [(word, column.codes == code) for code, word in enumerate(column.words)]
    elif isinstance(column, Numbers):
        known = column.values[~lacking]
        different = np.unique(known)
        if len(different) <= BANDS:
            found = [(f"{value:.12g}", column.values == value) for value in different]
        else:
            edges = np.unique(np.quantile(known, (0.25, 0.5, 0.75)))
            place = np.searchsorted(edges, column.values, side="right")
            for band in range(len(edges) + 1):
                low = f">= {edges[band - 1]:.12g}" if band else ""
                high = f"< {edges[band]:.12g}" if band < len(edges) else ""
                found.append((f"{low} {high}".strip(), (place == band) & ~lacking))
    if lacking.any():
        found.append(("", lacking))
    return found
