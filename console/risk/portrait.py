"""What is normal for an account, drawn from its own history, and how the latest event compares with that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.risk.columns import DAY, Array
from console.risk.features.places import distance_km

CELL = 10
"""Places are cells of a tenth of a degree, about 11 km from north to south."""

USUAL = 5
"""How many of the most visited merchants are named."""


@dataclass(frozen=True)
class Latest:
    """The latest event against the ones before it; None where either side is missing."""

    occurred_at: int  # µs
    amount: float | None  # minor units
    amount_to_median: float | None  # ratio
    amount_rank: float | None  # share of earlier amounts that are not larger, 0..1
    hour: int
    hour_share: float | None  # share of earlier events within an hour of it, around the clock
    new_merchant: bool | None
    new_device: bool | None
    distance_km: float | None  # from the usual place
    since_previous_s: float | None
    gap_to_median: float | None  # since the previous one, against the usual gap
    weekend: bool


@dataclass(frozen=True)
class Portrait:
    """The account's own normal, over the events before the latest; None where there is nothing to say it by."""

    events: int
    days: float  # from the first to the latest event
    per_day: float | None
    amount_median: float | None  # minor units
    amount_p95: float | None
    hours: tuple[int, ...]  # events by hour of the day, 24 of them
    gap_median_s: float | None  # the rhythm: the usual time from one event to the next
    weekend_share: float | None  # of the events, on Saturdays and Sundays; 2/7 is a week without a difference
    merchants: int  # how many different ones
    usual_merchants: tuple[tuple[int, int], ...]  # (merchant, events), most visited first
    places: int  # different cells
    usual_place: tuple[float, float] | None  # mean (lat, lon) of the most visited cell
    devices: int
    latest: Latest | None  # None without any event


def portrait(
    occurred_at: Array,
    amount: Array,
    merchant: Array,
    hour: Array,
    weekend: Array,
    lat: Array,
    lon: Array,
    device: Array,
) -> Portrait:
    """Draw the portrait of an account.

    One row an event, in any order: times in µs, amounts in minor units (NaN missing), `hour` 0..23 and `weekend` (bool)
    in the account's own day, merchant and device indices (-1 missing), degrees (NaN missing). Raises ValueError when
    the columns differ in length.
    """
    columns = (occurred_at, amount, merchant, hour, weekend, lat, lon, device)
    if len({len(column) for column in columns}) != 1:
        raise ValueError("the columns of a history must be of one length")
    order = np.argsort(occurred_at, kind="stable")
    at, amount, merchant, hour, weekend, lat, lon, device = (np.asarray(column)[order] for column in columns)
    before = slice(0, max(len(at) - 1, 0))
    amounts = amount[before][~np.isnan(amount[before])]
    days = float(at[-1] - at[0]) / DAY if len(at) else 0.0
    place, places = _usual_place(lat[before], lon[before])
    merchants = _tally(merchant[before])
    gap = _quantile(np.diff(at[before]) / 1e6, 0.5)
    normal = Portrait(
        events=len(at[before]),
        days=days,
        per_day=len(at[before]) / days if days else None,
        amount_median=_quantile(amounts, 0.5),
        amount_p95=_quantile(amounts, 0.95),
        hours=tuple(np.bincount(hour[before].astype(np.int64) % 24, minlength=24).tolist()),
        gap_median_s=gap,
        weekend_share=_share(weekend[before]),
        merchants=len(merchants),
        usual_merchants=tuple(merchants[:USUAL]),
        places=places,
        usual_place=place,
        devices=len(_tally(device[before])),
        latest=None,
    )
    if not len(at):
        return normal
    since_previous = float(at[-1] - at[-2]) / 1e6 if len(at) > 1 else None
    latest = Latest(
        occurred_at=int(at[-1]),
        amount=_known(amount[-1]),
        amount_to_median=_ratio(amount[-1], normal.amount_median),
        amount_rank=_share(amounts <= amount[-1]) if _known(amount[-1]) is not None else None,
        hour=int(hour[-1]) % 24,
        hour_share=_share(_hours_apart(hour[before], hour[-1]) <= 1),
        new_merchant=_is_new(merchant),
        new_device=_is_new(device),
        distance_km=None if place is None else _known(distance_km(*(np.array(x) for x in (*place, lat[-1], lon[-1])))),
        since_previous_s=since_previous,
        gap_to_median=None if since_previous is None else _ratio(since_previous, gap),
        weekend=bool(weekend[-1]),
    )
    return Portrait(**{**vars(normal), "latest": latest})


def _tally(index: Array) -> list[tuple[int, int]]:
    """(index, events) of the known ones, most frequent first, then by index."""
    known, counts = np.unique(index[index >= 0], return_counts=True)
    order = np.lexsort((known, -counts))
    return [(int(known[place]), int(counts[place])) for place in order]


def _usual_place(lat: Array, lon: Array) -> tuple[tuple[float, float] | None, int]:
    """The mean position in the most visited cell, and how many cells there are."""
    located = ~(np.isnan(lat) | np.isnan(lon))
    if not located.any():
        return None, 0
    points = np.column_stack([lat[located], lon[located]])
    cells, member, counts = np.unique(np.floor(points * CELL), axis=0, return_inverse=True, return_counts=True)
    centre = points[member.reshape(-1) == counts.argmax()].mean(axis=0)
    return (float(centre[0]), float(centre[1])), len(cells)


def _is_new(index: Array) -> bool | None:
    """Whether the latest index is none of the earlier ones; None when it or they are unknown."""
    earlier = index[:-1][index[:-1] >= 0]
    return None if index[-1] < 0 or not len(earlier) else bool((earlier != index[-1]).all())


def _hours_apart(hours: Array, hour: float) -> Array:
    apart = np.abs(hours.astype(np.int64) - int(hour)) % 24
    return np.asarray(np.minimum(apart, 24 - apart))


def _quantile(values: Array, share: float) -> float | None:
    return float(np.quantile(values, share)) if len(values) else None


def _share(marked: Array) -> float | None:
    return float(marked.mean()) if len(marked) else None


def _ratio(above: float, below: float | None) -> float | None:
    return _known(above / below) if below else None


def _known(value: float | Array) -> float | None:
    number = float(value)
    return None if np.isnan(number) else number
