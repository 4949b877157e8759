"""The challenger: gradient boosted trees (Friedman 2001) on the same columns, to see what the card leaves unused.

Its trees may combine characteristics, which a card can't. How many there are is found by early stopping on an inner
part of the rows, each part in turn; the models of all turns vote together by their mean log-odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from console.risk.columns import Bools, Floats
from console.risk.credit.table import Numbers, Table


@dataclass(frozen=True)
class Parameters:
    """How challengers are fitted: many small steps on parts of rows and columns, which keeps them from overfitting.

    The same for every table, chosen beside the card's parameters; how many trees there are is each table's own.
    """

    depth: int = 6
    rate: float = 0.05
    rows: float = 0.6
    columns: float = 0.4
    lightest_leaf: float = 5.0
    ridge: float = 10.0
    turns: int = 4
    patience: int = 40
    most_trees: int = 2000


@dataclass(frozen=True)
class Challenger:
    """The models of all turns, each an xgboost Booster with the trees it keeps."""

    boosters: Sequence[tuple[Any, int]]

    def log_odds(self, table: Table) -> Floats:
        """Log-odds of default, one a row of a table with the columns of the fit."""
        matrix, kinds = _matrix(table)
        total = np.zeros(len(table))
        for booster, trees in self.boosters:
            data = _data(matrix, kinds)
            total += booster.predict(data, output_margin=True, iteration_range=(0, trees))
        return np.asarray(total / len(self.boosters))


def challenge(table: Table, seed: int, parameters: Parameters | None = None) -> Challenger:
    """Fit a challenger. Equal tables and seeds give equal ones on the same machine and versions."""
    import xgboost
    from sklearn.model_selection import StratifiedKFold

    chosen = parameters or Parameters()
    matrix, kinds = _matrix(table)
    settings = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "max_depth": chosen.depth,
        "eta": chosen.rate,
        "subsample": chosen.rows,
        "colsample_bynode": chosen.columns,
        "min_child_weight": chosen.lightest_leaf,
        "lambda": chosen.ridge,
        "nthread": 1,
        "seed": seed,
        "verbosity": 0,
    }
    boosters = []
    inner = StratifiedKFold(chosen.turns, shuffle=True, random_state=seed)
    for learned, held in inner.split(matrix, table.bad):
        booster = xgboost.train(
            settings,
            _data(matrix[learned], kinds, table.bad[learned]),
            chosen.most_trees,
            evals=[(_data(matrix[held], kinds, table.bad[held]), "held")],
            early_stopping_rounds=chosen.patience,
            verbose_eval=False,
        )
        boosters.append((booster, booster.best_iteration + 1))
    return Challenger(boosters)


def _matrix(table: Table) -> tuple[NDArray[np.float32], list[str]]:
    """The columns as numbers, and of which kind each is: q a number, c a word by its code."""
    columns = [
        column.values if isinstance(column, Numbers) else np.where(column.codes < 0, np.nan, column.codes)
        for column in table.columns
    ]
    kinds = ["q" if isinstance(column, Numbers) else "c" for column in table.columns]
    return np.stack(columns, axis=1).astype(np.float32), kinds


def _data(matrix: NDArray[np.float32], kinds: list[str], bad: Bools | None = None) -> Any:  # noqa: ANN401
    import xgboost

    return xgboost.DMatrix(matrix, bad, feature_types=kinds, enable_categorical=True, nthread=1)
