"""How somebody would have had to travel between logins: distance and speed from one place to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from console.core.instants import HOUR, SECOND
from console.risk.features.places import distance_km
from store.events import LoginRow

Place = tuple[float, float]
"""Latitude and longitude in degrees."""


@dataclass(frozen=True, slots=True)
class Leg:
    """The way to a login from the last one before it that told where it was."""

    begin: Place
    end: Place
    km: float
    kmh: float


def place(login: LoginRow) -> Place | None:
    """Where a login was, None when it did not tell."""
    return None if login.lat is None or login.lon is None else (login.lat, login.lon)


def legs(logins: Sequence[LoginRow]) -> dict[int, Leg]:
    """The leg to each login by its seq. `logins` are newest first; one without a place, or the first of all, has none.

    Less than a second between two logins counts as one.
    """
    last: dict[str | None, tuple[int, Place]] = {}
    ways: list[tuple[int, Place, Place, int]] = []
    for login in reversed(logins):
        here, account = place(login), login.account_id
        if account not in last and None not in (login.before_at, login.before_lat, login.before_lon):
            last[account] = (login.before_at or 0, (login.before_lat or 0.0, login.before_lon or 0.0))
        if here is not None and account is not None:
            if account in last:
                at, there = last[account]
                ways.append((login.seq, there, here, login.occurred_at - at))
            last[account] = (login.occurred_at, here)
    ends = np.array([(*begin, *end) for _, begin, end, _ in ways], np.float64).reshape(-1, 4)
    kilometres = distance_km(*ends.T)
    return {
        seq: Leg(begin, end, float(km), float(km) / (max(abs(took), SECOND) / HOUR))
        for (seq, begin, end, took), km in zip(ways, kilometres, strict=True)
    }
