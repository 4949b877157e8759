"""Where things happen, and how fast one would have had to travel."""

from __future__ import annotations

import numpy as np

from console.risk.columns import CHANNELS, Array, Bools, Fact, Floats, of_kind
from console.risk.features.seen import Seen, given
from console.risk.missing import MISSING_INPUT, NO_HISTORY
from console.risk.registry import EVENT, LIFETIME, feature

EARTH_KM = 6371.0088
"""Mean radius (IUGG)."""

KEPT = "the last 4 located"
POS, ATM = CHANNELS.index("pos") + 1, CHANNELS.index("atm") + 1


def distance_km(lat: Array, lon: Array, other_lat: Array, other_lon: Array) -> Floats:
    """Great-circle distance by the haversine formula (Sinnott 1984); degrees in, km out, NaN where one is missing."""
    first, second = np.radians(lat.astype(np.float64)), np.radians(other_lat.astype(np.float64))
    east = np.radians(other_lon.astype(np.float64)) - np.radians(lon.astype(np.float64))
    half = np.sin((second - first) / 2) ** 2 + np.cos(first) * np.cos(second) * np.sin(east / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(np.maximum(half, 0), 1))))


def _located(seen: Seen) -> Bools:
    return np.asarray(~(np.isnan(seen.facts["lat"]) | np.isnan(seen.facts["lon"])))


@feature("account", "km", KEPT, "missing_input without location, no_history before any located event")
def distance_last_km(seen: Seen) -> Floats:
    """Distance from where the account was last: a spend or a successful login."""
    at, lat, lon = seen.last_place
    away = distance_km(lat, lon, seen.facts["lat"], seen.facts["lon"])
    return given(_located(seen), given(at > 0, away, NO_HISTORY), MISSING_INPUT)


@feature("account", "km/h", KEPT, "missing_input without location, no_history before any located event")
def speed_kmh(seen: Seen) -> Floats:
    """Speed needed since the last located event; less than a second counts as one."""
    at, _, _ = seen.last_place
    return np.asarray(distance_last_km(seen) / np.maximum((seen.now - at) / 3.6e9, 1 / 3600))


@feature("account", "km", LIFETIME, "missing_input without location, no_history while no home is known")
def distance_home_km(seen: Seen) -> Floats:
    """Distance from the customer's home."""
    person = seen.person
    away = distance_km(person["home_lat"], person["home_lon"], seen.facts["lat"], seen.facts["lon"])
    return given(_located(seen), given(person["housed"], away, NO_HISTORY), MISSING_INPUT)


@feature("event", "1 or 0", EVENT, "missing_input on a login")
def is_on_site(seen: Seen) -> Floats:
    """The transaction happened at a terminal or cash machine, so somebody was there."""
    there = (seen.facts["channel"] == POS) | (seen.facts["channel"] == ATM)
    return given(of_kind(seen.facts, Fact.TRANSACTION), there, MISSING_INPUT)
