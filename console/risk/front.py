"""The search for thresholds that no others beat: NSGA-II (Deb and others 2002), by Optuna."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from console.risk.tuning import LEAST_SCORE, Past, Rates, Setting, dominates

MOST_SCORE = 0.99
POPULATION = 40
POINTS = 20
"""Points of the front that are shown: more than a person would compare."""


class Point(NamedTuple):
    """Thresholds and what they came to where they were looked for."""

    setting: Setting
    rates: Rates


def search(
    past: Past, start: Setting, trials: int, *, seed: int = 1, done: Callable[[float], None] = lambda share: None
) -> list[Point]:
    """Thresholds of which none beats another in all four rates, from few disturbed to many. `start` is tried first.

    Equal pasts and seeds give equal fronts. `done` is told now and then the share of the trials that were made, 0..1.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.NSGAIISampler(population_size=POPULATION, seed=seed)
    study = optuna.create_study(directions=["minimize"] * 4, sampler=sampler)
    study.enqueue_trial(_parameters(start))
    tried: dict[Setting, Rates] = {start: past.rates(start)}
    for number in range(trials):
        trial = study.ask()
        alert = trial.suggest_float("alert", LEAST_SCORE, MOST_SCORE)
        freezes = trial.suggest_categorical("freezes", [True, False])
        above = trial.suggest_float("above", 0.0, 1.0)
        setting = Setting(round(alert, 3), round(alert + above * (MOST_SCORE - alert), 3) if freezes else None)
        if setting not in tried:
            tried[setting] = past.rates(setting)
        study.tell(trial, tried[setting].costs)
        if number % POPULATION == 0 or number + 1 == trials:
            done((number + 1) / trials)
    return front([Point(*each) for each in tried.items()])


def front(points: Sequence[Point]) -> list[Point]:
    """The points that no other beats, one for equal rates, from few disturbed to many."""
    by_rates = {point.rates: point for point in sorted(points, key=lambda point: point.setting.alert)}
    kept = [one for one in by_rates.values() if not any(dominates(other, one.rates) for other in by_rates)]
    return sorted(kept, key=lambda point: point.rates.costs)


def spread(points: Sequence[Point], most: int = POINTS) -> list[Point]:
    """At most so many of the points, each next one the furthest from those taken, so that the whole front is shown."""
    if len(points) <= most:
        return list(points)
    places = _scaled([point.rates.costs for point in points])
    taken = [0]
    nearest = [_distance(place, places[0]) for place in places]
    while len(taken) < most:
        taken.append(max(range(len(points)), key=nearest.__getitem__))
        nearest = [min(far, _distance(place, places[taken[-1]])) for far, place in zip(nearest, places, strict=True)]
    return [points[place] for place in sorted(taken)]


def knee(points: Sequence[Point]) -> int:
    """The place of the point that lies nearest to the best of all four rates at once."""
    places = _scaled([point.rates.costs for point in points])
    return min(range(len(points)), key=lambda place: sum(each**2 for each in places[place]))


def _parameters(setting: Setting) -> dict[str, float | bool]:
    room = MOST_SCORE - setting.alert
    above = 1.0 if setting.freeze is None or room <= 0 else min(1.0, max(0.0, (setting.freeze - setting.alert) / room))
    return {"alert": setting.alert, "freezes": setting.freeze is not None, "above": above}


def _scaled(costs: Sequence[Sequence[float]]) -> list[list[float]]:
    """Each cost from 0, the least of the front, to 1, the most."""
    low, high = ([bound(column) for column in zip(*costs, strict=True)] for bound in (min, max))
    return [
        [
            (each - least) / (most - least) if most > least else 0.0
            for each, least, most in zip(row, low, high, strict=True)
        ]
        for row in costs
    ]


def _distance(one: Sequence[float], other: Sequence[float]) -> float:
    return sum((mine - theirs) ** 2 for mine, theirs in zip(one, other, strict=True))
