"""The front of thresholds, for machines and for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from console.bench.machine import machine
from console.language import tr
from console.risk.front import Point
from console.risk.tuning import Past, Rates, dominates
from console.ui.plots import scatter
from console.ui.text import clean, fit

Report = dict[str, Any]
RATES = ("disturbance", "coverage", "loss", "minutes")
WIDTH, HEIGHT = 78, 18
COLUMNS = (4, 8, 8, 12, 10, 10, 12)


def report(points: Sequence[Point], default: Point, held: Past, picked: int) -> Report:
    """The points with their rates where they were searched and on the days held out, beside the default's.

    `dominated` counts points that the default beats on the days held out, `dominating` those that beat it.
    """
    told = [_told(number, point, held) for number, point in enumerate(points, 1)]
    judged = [held.rates(point.setting) for point in points]
    standard = held.rates(default.setting)
    return {
        "front": told,
        "default": _told(0, default, held),
        "dominated": sum(dominates(standard, each) for each in judged),
        "dominating": sum(dominates(each, standard) for each in judged),
        "picked": picked + 1,
        "machine": machine(),
    }


def _told(number: int, point: Point, held: Past) -> dict[str, Any]:
    return {
        "point": number,
        **point.setting._asdict(),
        "searched": _rates(point.rates),
        "held": _rates(held.rates(point.setting)),
    }


def _rates(rates: Rates) -> dict[str, float]:
    return {name: round(getattr(rates, name), 6) for name in RATES}


def lines(told: Report, draft: Path | None) -> Iterator[str]:
    """A plot and a table of at most eighty cells."""
    searched, held = told["episodes"]
    yield tr("tuning.about", policy=told["policy"], events=f"{told['events']:,}", seconds=f"{told['seconds']:.1f}")
    yield tr("tuning.parts", searched=told["searched_days"], held=told["held_days"], learned=searched, judged=held)
    yield ""
    everybody = [*told["front"], told["default"]]
    series = [
        [(100 * one["held"]["disturbance"], 100 * one["held"]["loss"]) for one in part]
        for part in (told["front"], [told["default"]], [told["front"][told["picked"] - 1]])
    ]
    names = [tr("tuning.front"), tr("tuning.default"), tr("tuning.picked")]
    yield tr("tuning.plot")
    yield from scatter(series, names, WIDTH, HEIGHT)
    yield ""
    yield _row("", *(tr(f"tuning.{head}") for head in ("alert", "freeze", *RATES)))
    for one in everybody:
        name = tr("tuning.now") if one is told["default"] else str(one["point"])
        mark = " *" if one["point"] == told["picked"] else ""
        freeze = "–" if one["freeze"] is None else f"{one['freeze']:.3f}"
        rates = one["held"]
        yield (
            _row(
                name,
                f"{one['alert']:.3f}",
                freeze,
                f"{rates['disturbance']:.2%}",
                f"{rates['coverage']:.1%}",
                f"{rates['loss']:.1%}",
                f"{rates['minutes']:,.0f}",
            )
            + mark
        )
    yield ""
    yield tr("tuning.judged", dominated=told["dominated"], dominating=told["dominating"], of=len(told["front"]))
    if draft is not None:
        yield tr("tuning.drafted", point=told["picked"], file=clean(str(draft)))
    yield told["machine"]


def _row(*cells: str) -> str:
    return " ".join(fit(cell, width, right=True) for cell, width in zip(cells, COLUMNS, strict=True))
