"""Cities, the spots in them, and the network lines people reach the core through."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from math import asin, cos, radians, sin, sqrt
from random import Random
from typing import NamedTuple

from msgspec import Struct

from console.core.messages import Location
from console.sandbox.world import settings

EARTH_RADIUS_KM = 6371.0
CITY_RADIUS_DEGREES = 0.07
IP_ACCURACY_KM = 25.0


class City(NamedTuple):
    """A city; `rate` is the price of one unit of its currency in yuan, `flight_h` the hours from home."""

    name: str
    lat: float
    lon: float
    country: str
    currency: str
    rate: float
    flight_h: float
    network: str


class Line(NamedTuple):
    """A way into the network: address, autonomous system, and where the address is registered."""

    ip: str
    asn: int
    country: str
    location: Location


class Means(NamedTuple):
    """What somebody acts with."""

    device_id: str
    line: Line


class _Country(Struct):
    home: list[tuple[str, float, float, float, str]]
    abroad: list[tuple[str, float, float, str, str, float, float, str]]
    lines: list[int]
    mobile: list[int]
    foreign_lines: list[int]
    rented: list[int]
    rented_networks: list[str]


class Atlas:
    """The cities of a world and the lines in them."""

    def __init__(self, cities: int) -> None:
        self._country = settings.country("places", _Country)
        chosen = self._country.home[:cities]
        self.home = [City(name, lat, lon, "CN", "CNY", 1.0, 0.0, net) for name, lat, lon, _, net in chosen]
        self.abroad = [City(*entry) for entry in self._country.abroad]
        self._cumulative = list(accumulate(entry[3] for entry in chosen))

    def any_home(self, rng: Random) -> City:
        """A home city, large ones more often."""
        return self.home[bisect(self._cumulative, rng.random() * self._cumulative[-1])]

    def far_from(self, city: City, rng: Random, least_km: float) -> City:
        """Any city at least so far away, at home or abroad."""
        return rng.choice([other for other in self.home + self.abroad if kilometres(city, other) >= least_km])

    def line(self, city: City, rng: Random, mobile: bool = False) -> Line:
        """A consumer's line in a city."""
        systems = self._country.mobile if mobile else self._country.lines
        if city.country != "CN":
            systems = self._country.foreign_lines
        return Line(_address(city.network, rng), rng.choice(systems), city.country, around(city))

    def rented_line(self, city: City, rng: Random) -> Line:
        """A tunnel through a rented machine that says it stands in a city."""
        network = rng.choice(self._country.rented_networks)
        return Line(_address(network, rng), rng.choice(self._country.rented), city.country, around(city))


def around(city: City) -> Location:
    """What an address tells about where it is: the city, roughly."""
    return Location(lat=city.lat, lon=city.lon, accuracy_km=IP_ACCURACY_KM, city=city.name, country=city.country)


def spot(city: City, rng: Random, accuracy_km: float) -> Location:
    """A definite place in a city."""
    lat = round(city.lat + rng.gauss(0, CITY_RADIUS_DEGREES), 4)
    lon = round(city.lon + rng.gauss(0, CITY_RADIUS_DEGREES), 4)
    return Location(lat=lat, lon=lon, accuracy_km=accuracy_km, city=city.name, country=city.country)


def kilometres(a: City, b: City) -> float:
    """Great-circle distance (haversine)."""
    half_lat, half_lon = radians(b.lat - a.lat) / 2, radians(b.lon - a.lon) / 2
    chord = sin(half_lat) ** 2 + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(chord))


def _address(network: str, rng: Random) -> str:
    return f"{network}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
