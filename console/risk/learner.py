"""Fitting: gradient boosted trees (Friedman 2001) on the desk's past, held against the model in force.

The challenger is fitted without the newest labelled stretch and compared there with the champion. Unless it is worse, a
fit on everything takes over, with the calibration that the challenger showed on rows it had not seen. Equal training
sets give equal bytes on the same machine and versions: one thread, a fixed seed, rows in the order of the feed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from console.risk.columns import DAY, Array, Bools, Floats
from console.risk.drift import levelled, spread
from console.risk.measures import average_precision, calibration_error, standard_error
from console.risk.model import Figures, Matrix, Model, calibrated, select
from console.risk.training import Training, hashed

FEWEST_FRAUDS = 10
"""Frauds on either side of a comparison or a calibration: fewer say nothing."""
HASHED_SHARE = 0.25
"""Rows held out by chance where the newest stretch has too few frauds."""
CAUGHT_SHARE = 0.01
"""A fraud is caught when its probability is among so many of the highest: about what a desk can look at."""
WATCHED_FEATURES = 5
"""The weightiest features, whose drift is watched beside the probability's."""
TRUST_PRIOR = 20.0
"""Labelled hits that a rule's weight counts for before what they were takes over."""


@dataclass(frozen=True)
class Parameters:
    """How models are fitted. Days are of stream time.

    `bins` decide how finely an age or an amount can be cut: with 64 instead of 512 the handbook's stream loses .03 of
    average precision. 200 small steps gain .004 there over 120 twice as large. `tolerance`: standard errors of average
    precision that a challenger may lack. A model grows old, and by chance alone one of two equals is below the other:
    only one that is clearly worse is refused.
    """

    trees: int = 200
    depth: int = 5
    rate: float = 0.05
    bins: int = 512
    subsample: float = 0.8
    columns: float = 0.6
    lightest_leaf: float = 10.0
    window_days: int = 75
    held_days: int = 7
    legit_rows: int = 200_000
    tolerance: float = 2.0


class Refit(NamedTuple):
    """What a refit gave: the model, whether it is promoted, and why not in a word ('' when it is)."""

    model: Model
    promoted: bool
    refused: str


class TooFewFrauds(Exception):
    """There is too little to learn from; the message says how little."""


def refit(
    training: Training, champion: Model | None, weights: dict[str, float], parameters: Parameters, version: str
) -> Refit:
    """Fit a challenger, compare it with the champion, and fit the model that would take over.

    `weights` are the weights of the pack's rules by id. Raises TooFewFrauds.
    """
    if training.fraud.sum() < 2 * FEWEST_FRAUDS:
        raise TooFewFrauds(f"{int(training.fraud.sum())} labelled frauds among {len(training.fraud)} rows")
    unseen = unseen_by(training, champion)
    held = held_out(training, champion, parameters.held_days * DAY)
    challenger = boost(training, ~held, parameters)
    margin = _margins(challenger, training.matrix[held])
    fraud, weight = training.fraud[held], training.weight[held].astype(np.float64)
    slope, intercept = platt(margin, fraud, weight)
    probability = calibrated(margin, slope, intercept)
    fresh = unseen[held]
    ours, theirs = _compare(training, held, fresh, margin, champion)
    trees = boost(training, np.ones(len(held), bool), parameters)
    figures = Figures(
        rows=len(held),
        frauds=int(training.fraud.sum()),
        held_rows=int(held.sum()),
        held_frauds=int(fraud.sum()),
        compared_rows=int(fresh.sum()),
        compared_frauds=int(fraud[fresh].sum()),
        ap_challenger=ours,
        ap_champion=theirs,
        calibration_error=calibration_error(fraud, probability, weight),
    )
    cut = upper(probability, weight, CAUGHT_SHARE)
    import xgboost

    model = Model(
        version=version,
        trained_to_seq=training.moment.seq,
        trained_to=training.moment.at,
        features=list(training.features),
        trees=bytes(trees.save_raw("ubj")),
        slope=slope,
        intercept=intercept,
        trusts=trusts(training, held, probability, weights),
        drift=references(trees, training, held, slope, intercept),
        cut=cut,
        missed=(float((probability[fraud] < cut).sum()) + 1) / (float(fraud.sum()) + 2),
        figures=figures,
        made_by=xgboost.__version__,
    )
    worse = (
        ours is not None
        and theirs is not None
        and ours < theirs - parameters.tolerance * standard_error(theirs, figures.compared_frauds)
    )
    return Refit(model, not worse, "worse_than_champion" if worse else "")


def held_out(training: Training, champion: Model | None, stretch: int) -> Bools:
    """The newest rows whose truth is known for all, at most `stretch` µs of them, to compare and to calibrate on.

    Those that have come to that age since the champion's fit; where they have too few frauds the whole stretch, or a
    fixed part of all rows. Rows that labels told of sooner stay among them: without them it would be a selection, with
    fewer frauds, or fewer false alarms, than there are, and no probability could be calibrated on it.
    """
    ripe = training.moment.at - training.moment.maturity
    newest = (training.at >= ripe - stretch) & (training.at < ripe)
    since = champion.trained_to - training.moment.maturity if champion else 0
    for held in (newest & (training.at >= since), newest, hashed(training.seq) < HASHED_SHARE):
        frauds = int(training.fraud[held].sum())
        if min(frauds, int(training.fraud.sum()) - frauds) >= FEWEST_FRAUDS:
            return np.asarray(held)
    order = np.cumsum(training.fraud) % 2 == 0
    return np.asarray(np.where(training.fraud, order, hashed(training.seq) < 0.5))


def unseen_by(training: Training, champion: Model | None) -> Bools:
    """The rows whose truth came after the champion's fit."""
    if champion is None:
        return np.ones(len(training.seq), bool)
    told_later = training.told >= champion.trained_to_seq
    aged_later = training.at >= champion.trained_to - training.moment.maturity
    return np.asarray(np.where(training.told > 0, told_later, aged_later))


def boost(training: Training, rows: Bools, parameters: Parameters) -> Any:  # noqa: ANN401 - xgboost has no types
    """Trees fitted on the chosen rows, an xgboost Booster."""
    import xgboost

    data = xgboost.QuantileDMatrix(
        training.matrix[rows],
        training.fraud[rows].astype(np.float32),
        weight=training.weight[rows],
        max_bin=parameters.bins,
        nthread=1,
    )
    settings = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "max_bin": parameters.bins,
        "max_depth": parameters.depth,
        "eta": parameters.rate,
        "min_child_weight": parameters.lightest_leaf,
        "subsample": parameters.subsample,
        "colsample_bytree": parameters.columns,
        "nthread": 1,
        "seed": 1,
        "verbosity": 0,
    }
    return xgboost.train(settings, data, parameters.trees)


def platt(margin: Floats, fraud: Bools, weight: Floats, steps: int = 30) -> tuple[float, float]:
    """Slope and intercept of the logistic curve through log-odds and outcomes (Platt 1999, Newton's method).

    A slope that is not positive would turn the ranking round: then only the intercept is fitted.
    """
    slope, intercept = _newton(margin, fraud, weight, np.array([1.0, 0.0]), steps, both=True)
    if not (math.isfinite(slope) and slope > 0):
        slope, intercept = _newton(margin, fraud, weight, np.array([1.0, 0.0]), steps, both=False)
    return (slope, intercept) if math.isfinite(intercept) else (1.0, 0.0)


def _newton(
    margin: Floats, fraud: Bools, weight: Floats, start: Floats, steps: int, *, both: bool
) -> tuple[float, float]:
    frauds, legits = float(weight[fraud].sum()), float(weight[~fraud].sum())
    goal = np.where(fraud, (frauds + 1) / (frauds + 2), 1 / (legits + 2))
    design = np.stack((margin, np.ones_like(margin)), axis=1) if both else np.ones((len(margin), 1))
    offset = np.zeros_like(margin) if both else margin
    at = start.copy() if both else start[1:].copy()
    for _ in range(steps):
        guess = calibrated(offset + design @ at, 1.0, 0.0)
        slope = design.T @ (weight * (guess - goal))
        bend = (design * (weight * guess * (1 - guess))[:, None]).T @ design + 1e-6 * np.eye(len(at))
        step = np.clip(np.linalg.solve(bend, slope), -2, 2)
        at -= step
        if np.abs(step).max() < 1e-9:
            break
    return (float(at[0]), float(at[1])) if both else (1.0, float(at[0]))


def trusts(training: Training, held: Bools, probability: Floats, weights: dict[str, float]) -> dict[str, float]:
    """What each rule knows beyond the model, 0..1: how many more of its hits are fraud than the model expects.

    A rule starts with the pack's weight, which counts as `TRUST_PRIOR` hits, and moves to the mean of (fraud -
    probability) over its labelled hits among the rows held out. So a rule that cries wolf, and one whose knowledge the
    model has taken in, stop disturbing the ranking; one that sees what the model is blind to gains; one nobody judged
    keeps its say.
    """
    found = {}
    weight = training.weight[held].astype(np.float64)
    surprise = weight * (training.fraud[held] - probability)
    for place, rule in enumerate(training.rules):
        if rule in weights:
            hits = training.fired[held, place]
            known = TRUST_PRIOR * weights[rule] + float(surprise[hits].sum())
            found[rule] = min(max(known / (TRUST_PRIOR + float(weight[hits].sum())), 0.0), 1.0)
    return found


def references(trees: Any, training: Training, held: Bools, slope: float, intercept: float) -> dict[str, Any]:  # noqa: ANN401
    """How the model's own probability (under "") and its weightiest features were spread on the rows held out."""
    gains = trees.get_score(importance_type="total_gain")
    gain = [(gains.get(f"f{place}", 0.0), -place) for place in range(len(training.features))]
    watched = [-place for _, place in sorted(gain, reverse=True)[:WATCHED_FEATURES]]
    matrix, weight = training.matrix[held], training.weight[held].astype(np.float64)
    found = {training.features[place]: spread(matrix[:, place], weight) for place in watched}
    return {"": levelled(calibrated(_margins(trees, matrix), slope, intercept), weight), **found}


def upper(values: Floats, weight: Floats, share: float) -> float:
    """The value that `share` of the weight reaches or exceeds."""
    order = np.argsort(-values, kind="stable")
    mass = np.cumsum(weight[order])
    return float(values[order][min(int(np.searchsorted(mass, share * mass[-1])), len(order) - 1)])


def _compare(
    training: Training, held: Bools, fresh: Bools, margin: Floats, champion: Model | None
) -> tuple[float | None, float | None]:
    """Average precision of challenger and champion on the rows that neither was told of, None where they say little."""
    fraud, weight = training.fraud[held][fresh], training.weight[held][fresh].astype(np.float64)
    if min(int(fraud.sum()), int((~fraud).sum())) < FEWEST_FRAUDS:
        return None, None
    ours = average_precision(fraud, margin[fresh], weight)
    if champion is None:
        return ours, None
    theirs = champion.margin(select(training.matrix[held][fresh], training.features, champion.features))
    return ours, average_precision(fraud, theirs, weight)


def _margins(trees: Any, matrix: Matrix) -> Array:  # noqa: ANN401 - xgboost has no types
    return np.asarray(trees.inplace_predict(matrix, predict_type="margin"), np.float64)
