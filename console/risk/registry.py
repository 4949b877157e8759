"""What each feature is: its name, unit, window, and what a missing value of it means. Registered once, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.risk.columns import DAY, HOUR, MINUTE, Floats

if TYPE_CHECKING:
    from console.risk.features.seen import Seen

SPANS = {
    "15m": 15 * MINUTE,
    "1h": HOUR,
    "6h": 6 * HOUR,
    "24h": DAY,
    "48h": 2 * DAY,
    "7d": 7 * DAY,
    "14d": 14 * DAY,
    "4w": 28 * DAY,
    "30d": 30 * DAY,
    "8w": 56 * DAY,
}

EXACT = "exact to the event, over the last {kept} kept"
DAYS = "whole UTC days, the event's own included; 32 are kept, so an event over two days late may miss the oldest"
LIFETIME = "lifetime"
EVENT = "the event itself"


@dataclass(frozen=True)
class Feature:
    """One measure of an event and what was known before it.

    `compute` maps what a page's scored rows saw to one float a row; a missing value is a NaN with its reason
    (`console.risk.missing`). The event itself is never part of its own window.
    """

    name: str
    entity: str
    unit: str
    window: str
    missing: str
    meaning: str
    compute: Callable[[Seen], Floats]


FEATURES: dict[str, Feature] = {}


def feature(
    entity: str, unit: str, window: str, missing: str = "never"
) -> Callable[[Callable[[Seen], Floats]], Callable[[Seen], Floats]]:
    """Register the decorated function under its own name; its docstring is the meaning."""

    def keep(compute: Callable[[Seen], Floats]) -> Callable[[Seen], Floats]:
        register(Feature(compute.__name__, entity, unit, window, missing, (compute.__doc__ or "").strip(), compute))
        return compute

    return keep


def windowed(
    entity: str, unit: str, window: str, spans: tuple[str, ...], missing: str = "never"
) -> Callable[[Callable[[Seen, int], Floats]], Callable[[Seen, int], Floats]]:
    """Register one feature per span, `<name>_<span>`, of a function that takes the span in µs."""

    def keep(compute: Callable[[Seen, int], Floats]) -> Callable[[Seen, int], Floats]:
        for span in spans:
            meaning = f"{(compute.__doc__ or '').strip()} Window: {span}."
            bound = _bound(compute, SPANS[span])
            register(Feature(f"{compute.__name__}_{span}", entity, unit, f"{span}, {window}", missing, meaning, bound))
        return compute

    return keep


def register(item: Feature) -> None:
    """Add a feature; raises ValueError when the name is taken."""
    if item.name in FEATURES:
        raise ValueError(f"feature {item.name} is registered twice")
    FEATURES[item.name] = item


def _bound(compute: Callable[[Seen, int], Floats], span: int) -> Callable[[Seen], Floats]:
    return lambda seen: compute(seen, span)
