"""An account's own normal, drawn from the history at hand, and its latest spend beside it, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from console.language import tr
from console.risk.portrait import Portrait, portrait
from console.ui import documents, formats
from console.ui.text import clean
from store.timeline import Event

SPENDS = ("purchase", "cash_advance")
LEAST = 3
"""Spends below which nothing is called normal."""

HISTORY = 400
"""Events from which an account's normal is drawn."""

BLOCKS = " ▁▂▃▄▅▆▇█"
NEW_AT_KM = 100
SATURDAY = 5
RUSH = 0.02
"""A spend that comes after so small a part of the usual gap is worth a word."""

RARE, OFTEN = 0.1, 0.5
"""A share of weekends that is far from the two days in seven of a week without a difference."""


@dataclass(frozen=True)
class Normal:
    """The portrait of an account's spends, and the merchants' names by their index in it."""

    portrait: Portrait
    merchants: Sequence[str]


def normal(events: Sequence[Event]) -> Normal | None:
    """The normal of an account's history (newest first); None while there are too few spends to speak of one."""
    spends = [event for event in reversed(events) if not event.is_login and event.what in SPENDS]
    if len(spends) <= LEAST:
        return None
    docs = [documents.read(event.doc) for event in spends]
    names: dict[str, str] = {}
    merchants, devices = _Index(), _Index()
    for doc in docs:
        merchant = documents.part(doc, "merchant")
        names.setdefault(str(merchant.get("id") or ""), clean(merchant.get("name") or merchant.get("id"), 40))
    drawn = portrait(
        np.array([event.occurred_at for event in spends], dtype=np.int64),
        np.array([float("nan") if event.amount_minor is None else event.amount_minor for event in spends]),
        np.array([merchants.of(documents.part(doc, "merchant").get("id")) for doc in docs]),
        np.array([formats.on_the_clock(event.occurred_at).hour for event in spends]),
        np.array([formats.on_the_clock(event.occurred_at).weekday() >= SATURDAY for event in spends]),
        np.array([_degree(documents.part(doc, "location").get("lat")) for doc in docs]),
        np.array([_degree(documents.part(doc, "location").get("lon")) for doc in docs]),
        np.array([devices.of(doc.get("device_id")) for doc in docs]),
    )
    return Normal(drawn, [names.get(merchant, merchant) for merchant in merchants.known])


def usual(found: Normal, currency: str | None, exponents: Mapping[str, int]) -> str:
    """What is usual: how often, how much, where."""
    drawn = found.portrait
    words = [tr("ui.normal.spends", count=drawn.events, days=f"{drawn.days:.0f}")]
    if drawn.amount_median is not None and drawn.amount_p95 is not None:
        amounts = [
            formats.money(round(value), currency, exponents) for value in (drawn.amount_median, drawn.amount_p95)
        ]
        words.append(tr("ui.normal.amounts", median=amounts[0], high=amounts[1]))
    words.append(tr("ui.normal.merchants", count=drawn.merchants))
    words += [found.merchants[index] for index, _ in drawn.usual_merchants[:2] if index < len(found.merchants)]
    return " · ".join(words)


def hours(found: Normal) -> str:
    """The spends by hour of the day, as 24 small bars."""
    most = max(found.portrait.hours, default=0) or 1
    return "".join(BLOCKS[-(-count * 8 // most)] for count in found.portrait.hours)


def rhythm(found: Normal) -> str:
    """The usual time from one spend to the next, and whether weekends are unlike other days."""
    drawn, words = found.portrait, []
    if drawn.gap_median_s is not None:
        words.append(tr("ui.normal.rhythm", gap=formats.age(int(drawn.gap_median_s * 1e6))))
    if drawn.weekend_share is not None and not RARE < drawn.weekend_share < OFTEN:
        words.append(tr("ui.normal.weekends" if drawn.weekend_share >= OFTEN else "ui.normal.weekdays"))
    return " · ".join(words)


def against(found: Normal) -> list[str]:
    """What of the latest spend stands out, in words; empty when nothing does."""
    latest = found.portrait.latest
    if latest is None:
        return []
    words = []
    if latest.amount_to_median is not None and latest.amount_to_median >= 2:
        words.append(tr("ui.normal.times", times=f"{latest.amount_to_median:.0f}"))
    if latest.amount_rank == 1.0:
        words.append(tr("ui.normal.largest"))
    if latest.hour_share is not None and latest.hour_share < 0.05:
        words.append(tr("ui.normal.hour", hour=latest.hour))
    if latest.gap_to_median is not None and latest.gap_to_median <= RUSH:
        words.append(tr("ui.normal.rush", gap=formats.age(int((latest.since_previous_s or 0) * 1e6))))
    words += [tr("ui.normal.new_merchant")] if latest.new_merchant else []
    words += [tr("ui.normal.new_device")] if latest.new_device else []
    if latest.distance_km is not None and latest.distance_km >= NEW_AT_KM:
        words.append(tr("ui.normal.far", km=f"{latest.distance_km:,.0f}"))
    return words


class _Index:
    """Gives each name a number, in order of first appearance; -1 for none."""

    def __init__(self) -> None:
        self.known: list[str] = []
        self._numbers: dict[str, int] = {}

    def of(self, name: object) -> int:
        if not name:
            return -1
        text = str(name)
        if text not in self._numbers:
            self._numbers[text] = len(self.known)
            self.known.append(text)
        return self._numbers[text]


def _degree(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")
