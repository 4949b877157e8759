"""Columns that know the outcome: what was written down after it, and would not be there for an applicant."""

from __future__ import annotations

import numpy as np

from console.risk.columns import Bools
from console.risk.credit.binning import cut, places
from console.risk.credit.quality import ranking
from console.risk.credit.table import Column

LEAKING_AUC = 0.97
"""A single column that ranks better than this knows the outcome: no bureau in the world does."""


def tells(column: Column, bad: Bools) -> float | None:
    """How well the column alone ranks one half of the rows by the bins of the other, where that is too good to be true.

    A column that is missing only where the outcome is known counts too: the missing have a bin.
    """
    half = np.random.default_rng(0).permutation(len(bad)) % 2 == 0
    if not (bad[half].any() and bad[~half].any()) or bad[half].all() or bad[~half].all():
        return None
    shape = cut(column.take(half), bad[half])
    weights = np.array([one.woe for one in shape.all_bins])
    auc = ranking(bad[~half], -weights[places(shape, column.take(~half))]).auc
    return auc if auc > LEAKING_AUC else None
