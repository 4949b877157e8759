"""Bins of a characteristic: where its numbers are cut, which of its words stand alone.

Numbers are cut by a shallow classification tree (Breiman and others 1984). A cut must be worth more than chance: the
likelihood ratio of a leaf cut in two exceeds the 99 % point of chi-square with one degree of freedom, so that a small
table gets few bins and a large one as many as it can carry. A bin holds at least 1 % of the rows, and twenty.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from itertools import pairwise

import numpy as np

from console.risk.columns import Bools, Floats
from console.risk.credit.scorecard import Bin, Category, Characteristic, Number
from console.risk.credit.table import Column, Numbers, Places, Words

MOST_LEAVES = 20
LEAST_SHARE, LEAST_ROWS = 0.01, 20
CHANCE = 6.635
"""The 99 % point of chi-square with one degree of freedom."""
FARTHEST = 3e38
"""The tree reads single precision: what lies farther out falls into the last bin anyhow."""
PRIOR_ROWS = 10.0
"""Rows of the table's own rate of default that every bin begins with: one without any has the weight 0."""


def cut(column: Column, bad: Bools, monotone: Collection[str] = ()) -> Characteristic:
    """The characteristic of a column with its bins and their weights of evidence; all points are 0 yet.

    A name in `monotone` gets weights that only rise or only fall along its numbers, whichever fits the rows better.
    """
    if isinstance(column, Words):
        shape: Characteristic = _words(column)
    else:
        trend = _trend(column.values, bad) if column.name in monotone else 0
        shape = Number(column.name, column.name, _edges(column.values, bad, trend), [], EMPTY)
        if trend:
            shape = _risen(shape, column, bad, trend)
    return weighed(shape, column, bad)


EMPTY = Bin(0.0, 0, 0.0, 0.0)


def places(shape: Characteristic, column: Column) -> Places:
    """For each row the place of its bin, as `Characteristic.place` says it of one value."""
    if isinstance(shape, Number) and isinstance(column, Numbers):
        found = np.searchsorted(np.asarray(shape.edges), column.values, side="right")
        return np.asarray(np.where(np.isfinite(column.values), found, len(shape.edges) + 1), np.intp)
    if isinstance(shape, Category) and isinstance(column, Words):
        missing = len(shape.groups)
        by_word = {each: place for place, group in enumerate(shape.groups) for each in group}
        by_code = np.array([*(by_word.get(each, missing + 1) for each in column.words), missing], np.intp)
        return np.asarray(by_code[column.codes])
    raise TypeError(f"{column.name} is not what it was when the card was made")


def weighed(shape: Characteristic, column: Column, bad: Bools) -> Characteristic:
    """The characteristic with the weight of evidence of each bin among those rows."""
    bins = len(shape.edges) + 2 if isinstance(shape, Number) else len(shape.groups) + 2
    found = places(shape, column)
    rows = np.bincount(found, minlength=bins).astype(np.float64)
    bads = np.bincount(found, bad, bins).astype(np.float64)
    weights = evidence(bads, rows - bads)
    whole = max(1, int(rows.sum()))
    told = [
        Bin(float(woe), 0, float(count / whole), float(count_bad / count) if count else 0.0)
        for woe, count, count_bad in zip(weights, rows, bads, strict=True)
    ]
    if isinstance(shape, Number):
        return Number(shape.name, shape.reason, shape.edges, told[:-1], told[-1])
    return Category(shape.name, shape.reason, shape.groups, told[:-2], told[-2], told[-1])


def evidence(bads: Floats, goods: Floats) -> Floats:
    """Weights of evidence of bins, ln(share of the good / share of the bad), each bin begun with `PRIOR_ROWS`."""
    rate = bads.sum() / (bads.sum() + goods.sum())
    return np.asarray(np.log((goods / (1 - rate) + PRIOR_ROWS) / (bads / rate + PRIOR_ROWS)))


def information(shape: Characteristic, bad_rate: float) -> float:
    """The information value, sum over bins of (share of good - share of bad) * weight of evidence (Siddiqi 2006)."""
    total = 0.0
    for one in shape.all_bins:
        good, bad = one.share * (1 - one.bad) / (1 - bad_rate), one.share * one.bad / bad_rate
        total += (good - bad) * one.woe
    return total


def _words(column: Words) -> Category:
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.words))
    least = max(LEAST_ROWS, LEAST_SHARE * len(column.codes))
    common = [column.words[place] for place in np.argsort(-counts, kind="stable") if counts[place] >= least]
    return Category(column.name, column.name, [[each] for each in common], [EMPTY] * len(common), EMPTY, EMPTY)


def _edges(values: Floats, bad: Bools, trend: int) -> list[float]:
    known = np.isfinite(values)
    rows = int(known.sum())
    if rows < 2 * LEAST_ROWS or bad[known].all() or not bad[known].any():
        return []
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(
        criterion="log_loss",
        max_leaf_nodes=MOST_LEAVES,
        min_samples_leaf=max(LEAST_ROWS, math.ceil(LEAST_SHARE * len(values))),
        min_impurity_decrease=CHANCE / (2 * math.log(2) * rows),  # impurities are in bits
        monotonic_cst=[trend] if trend else None,
        random_state=0,
    )
    tree.fit(np.clip(values[known, None], -FARTHEST, FARTHEST), bad[known])
    inner = tree.tree_.children_left >= 0
    return [float(edge) for edge in np.unique(tree.tree_.threshold[inner])]


def _trend(values: Floats, bad: Bools) -> int:
    """1 where more is worse, -1 where less is: the sign of the rank correlation."""
    from scipy.stats import rankdata

    known = np.isfinite(values)
    ranks = rankdata(values[known])
    return 1 if ranks @ (bad[known] - bad[known].mean()) >= 0 else -1


def _risen(shape: Number, column: Numbers, bad: Bools, trend: int) -> Number:
    """Without the cuts between bins whose weights, pulled to the whole by the prior, would run against the trend."""
    edges = list(shape.edges)
    while True:
        woe = [
            one.woe for one in weighed(Number(shape.name, shape.reason, edges, [], EMPTY), column, bad).all_bins[:-1]
        ]
        against = [place for place, (low, high) in enumerate(pairwise(woe)) if (high - low) * trend > 0]
        if not against:
            return Number(shape.name, shape.reason, edges, [], EMPTY)
        del edges[against[0]]
