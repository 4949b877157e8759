"""Cross-validation: every row judged by cards and challengers that were fitted without it.

Folds are stratified by outcome. Whatever is learned, bins, weights, slopes and the number of trees, is learned from the
training folds alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from console.risk.columns import Floats
from console.risk.credit.challenger import challenge
from console.risk.credit.fitting import fit, points, probability
from console.risk.credit.quality import psi
from console.risk.credit.table import Places, Table


@dataclass(frozen=True)
class Unseen:
    """What was said of each row of the table by a fit that had not seen it, for one seed of the folds.

    `psi` is, a fold each, how far the points of the held rows lie from those of the rows learned from.
    """

    seed: int
    fold: Places
    points: NDArray[np.int64]
    pd: Floats
    challenger: Floats
    psi: list[float]


class _Turn(NamedTuple):
    held: Places
    points: NDArray[np.int64]
    pd: Floats
    challenger: Floats
    psi: float


def crossfit(
    table: Table,
    folds: int,
    seeds: Sequence[int],
    monotone: Collection[str] = (),
    *,
    workers: int = 1,
    done: Callable[[float], None] = lambda share: None,
) -> Iterator[Unseen]:
    """Judge every row, once a seed; `done` is told the share of the work that is done, 0..1.

    `workers` folds are fitted at a time, each on a thread of its own; figures do not depend on it. Raises TooFew.
    """
    from sklearn.model_selection import StratifiedKFold

    finished = 0

    def turn(learned: Places, held: Places, seed: int) -> _Turn:
        nonlocal finished
        seen, unseen = table.take(learned), table.take(held)
        card = fit(seen, monotone=monotone)
        ours = points(card, unseen)
        theirs = challenge(seen, seed).log_odds(unseen)
        finished += 1
        done(finished / (folds * len(seeds)))
        return _Turn(held, ours, probability(card, ours), theirs, psi(points(card, seen), ours))

    with ThreadPoolExecutor(workers) as pool:
        for seed in seeds:
            parts = list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(table.bad, table.bad))
            turns = list(pool.map(turn, *zip(*parts, strict=True), [seed] * folds))
            yield _joined(seed, turns, len(table))


def _joined(seed: int, turns: Sequence[_Turn], rows: int) -> Unseen:
    whole = Unseen(
        seed,
        np.zeros(rows, np.intp),
        np.zeros(rows, np.int64),
        np.zeros(rows),
        np.zeros(rows),
        [each.psi for each in turns],
    )
    for place, each in enumerate(turns):
        whole.fold[each.held] = place
        whole.points[each.held], whole.pd[each.held] = each.points, each.pd
        whole.challenger[each.held] = each.challenger
    return whole
