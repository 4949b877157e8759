"""How detection on a recorded stream is judged: what AUC, AP, CP@100 and recall mean here, and which rows count.

The definitions follow the protocol of the *Reproducible Machine Learning for Credit Card Fraud Detection* handbook (Le
Borgne, Siblini, Lebichot, Bontempi, 2022, chapters 4 and 5), so that figures compare with its tables. Scores are higher
where riskier; equal scores are one threshold. `day` is whole days since the stream's first day (int), `account` any
integer per account, `fraud` boolean; all are arrays with one element a transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from console.risk.measures import average_precision

Array = NDArray[Any]

WEEK = 7
"""Days of a test set."""
KNOWN_AFTER = 7
"""Days after which a fraud is known to the protocol, whatever the delay of the run: test sets then are the same."""
TOP = 100
"""Accounts a day that somebody can look at."""


class Rows(NamedTuple):
    """Transactions to judge."""

    day: Array
    account: Array
    fraud: Array
    score: Array

    def where(self, mask: Array) -> Rows:
        """Those of a mask."""
        return Rows(*(column[mask] for column in self))


class Figures(NamedTuple):
    """Area under the ROC curve, average precision, card precision at 100 a day."""

    auc: float
    ap: float
    cp100: float


def week(rows: Rows, first_day: int) -> Figures:
    """The figures of the test week that begins at `first_day`."""
    return figures(rows.where(in_test_week(rows, first_day)))


def figures(rows: Rows) -> Figures:
    """The figures of some rows; NaN where there is no fraud among them, or nothing else."""
    return Figures(
        auc(rows.fraud, rows.score),
        average_precision(rows.fraud, rows.score),
        card_precision(rows),
    )


def mean(weeks: Sequence[Figures]) -> Figures:
    """Each figure's mean over weeks."""
    return Figures(*np.mean(np.array(weeks), axis=0).tolist())


def in_test_week(rows: Rows, first_day: int) -> Array:
    """Mask of the week's rows, without accounts whose fraud was already known when their day began.

    Known is a fraud of the seven days that end seven days before the week, and on each further day one of the day that
    then lies eight days back: the reference protocol's bookkeeping, taken over as it is.
    """
    start = first_day - KNOWN_AFTER - WEEK
    learned = np.unique(rows.account[rows.fraud & (rows.day >= start) & (rows.day < start + WEEK)])
    mask = np.zeros(len(rows.day), bool)
    for number in range(WEEK):
        learned = np.union1d(learned, rows.account[rows.fraud & (rows.day == start + WEEK + number - 1)])
        mask |= (rows.day == first_day + number) & ~np.isin(rows.account, learned)
    return mask


def auc(fraud: Array, score: Array) -> float:
    """Share of pairs (fraud, other) in which the fraud has the higher score; a tie counts half."""
    hits, others, _ = _thresholds(fraud, score)
    if not hits.sum() or not others.sum():
        return float("nan")
    below = np.concatenate(([0], np.cumsum(hits)[:-1]))
    return float(((below + hits / 2) * others).sum() / (hits.sum() * others.sum()))


def recall_at(fraud: Array, score: Array, false_positives: float) -> float:
    """The highest recall of a threshold that alarms on at most that share of the transactions that are no fraud."""
    hits, others, _ = _thresholds(fraud, score)
    if not hits.sum() or not others.sum():
        return float("nan")
    allowed = np.cumsum(others) <= false_positives * others.sum()
    return float(hits[allowed].sum() / hits.sum())


def card_precision(rows: Rows, top: int = TOP) -> float:
    """Mean over days of the share of the `top` riskiest accounts that were defrauded that day.

    An account's risk on a day is its highest score. One that was caught leaves the days that follow. Among equal scores
    the lower account number comes first.
    """
    caught: Array = np.array([], rows.account.dtype)
    precision = []
    for day in np.unique(rows.day):
        today = rows.where((rows.day == day) & ~np.isin(rows.account, caught))
        account, place = np.unique(today.account, return_inverse=True)
        risk, fraud = np.full(len(account), -np.inf), np.zeros(len(account), bool)
        np.maximum.at(risk, place, today.score)
        np.logical_or.at(fraud, place, today.fraud)
        best = np.argsort(-risk, kind="stable")[:top]
        caught = np.union1d(caught, account[best[fraud[best]]])
        precision.append(fraud[best].sum() / top)
    return float(np.mean(precision)) if precision else float("nan")


def _thresholds(fraud: Array, score: Array) -> tuple[Array, Array, Array]:
    """Per distinct score, from the highest: frauds with it, others with it, the score."""
    order = np.argsort(-score, kind="stable")
    falling, fraud = score[order], fraud[order].astype(np.int64)
    starts = (
        np.flatnonzero(np.concatenate(([True], falling[1:] != falling[:-1]))) if len(falling) else np.array([], int)
    )
    hits = np.add.reduceat(fraud, starts) if len(starts) else fraud
    return hits, np.diff(np.append(starts, len(falling))) - hits, falling[starts]
