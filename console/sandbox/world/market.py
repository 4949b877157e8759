"""Shops: what they sell, where, for how much."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from itertools import accumulate
from math import exp, log
from random import Random

from msgspec import Struct

from console.core.messages import Location, Merchant
from console.sandbox.world import settings
from console.sandbox.world.naming import Names
from console.sandbox.world.places import Atlas, City, spot

FEN = 100


class Trade(Struct, frozen=True):
    """A kind of shop. `median` is in yuan, `spread` the sigma of the amount's logarithm, `round` in fen."""

    mcc: str
    word: str
    latin: str
    median: float
    spread: float
    often: float
    each: int
    round: int
    online: int = 0
    night: bool = False
    resale: bool = False
    late: bool = False


class Shop(Struct, frozen=True, eq=False):
    """One acceptor. `city` and `location` are None for one that sells online; `level` scales its prices."""

    merchant: Merchant
    trade: Trade
    level: float
    city: City | None
    location: Location | None

    def amount(self, rng: Random, wealth: float) -> int:
        """A usual purchase here, in fen: log-normal around the trade's median, on the trade's multiples."""
        trade = self.trade
        yuan = exp(rng.gauss(log(trade.median), trade.spread)) * self.level * wealth
        return max(1, round(yuan * FEN / trade.round)) * trade.round


class Street:
    """The shops somebody in one city can choose from, each with how often people choose it."""

    def __init__(self, shops: list[Shop], weights: list[float]) -> None:
        self.shops = shops
        self._cumulative = list(accumulate(weights))

    def any(self, rng: Random) -> Shop:
        """A shop, popular trades more often."""
        return self.shops[bisect(self._cumulative, rng.random() * self._cumulative[-1])]


class _Trades(Struct):
    trade: dict[str, Trade]


class Market:
    """All shops. Cities abroad open theirs when the first traveller comes."""

    def __init__(self, atlas: Atlas, names: Names, rng: Random, new_id: Callable[[], str]) -> None:
        self._names, self._rng, self._new_id = names, rng, new_id
        self._trades = settings.country("trades", _Trades).trade
        self._online = [self._open(trade, None) for trade in self._trades.values() for _ in range(trade.online)]
        self._streets: dict[str, Street] = {}
        for city in atlas.home:
            self.street(city)

    def street(self, city: City) -> Street:
        """The shops of a city, with those online that everybody has."""
        if city.name not in self._streets:
            local = [self._open(trade, city) for trade in self._trades.values() for _ in range(trade.each)]
            shops = local + self._online if city.country == "CN" else local
            weights = [_popularity(shop) for shop in shops]
            self._streets[city.name] = Street(shops, weights)
        return self._streets[city.name]

    def local(self, city: City, rng: Random, *trades: str) -> Shop:
        """A shop with a door in a city, of one of some trades (of any but cash when none is named)."""
        wanted = {self._trades[name].mcc for name in trades}
        return rng.choice(
            [
                shop
                for shop in self.street(city).shops
                if shop.city and (shop.trade.mcc in wanted if wanted else shop.trade.often > 0)
            ]
        )

    def online(self, rng: Random, *trades: str) -> Shop:
        """A shop online, of one of some trades."""
        wanted = {self._trades[name].mcc for name in trades}
        return rng.choice([shop for shop in self._online if shop.trade.mcc in wanted])

    def resale(self, rng: Random) -> Shop:
        """A shop online whose goods sell again for cash."""
        return rng.choice([shop for shop in self._online if shop.trade.resale])

    def _open(self, trade: Trade, city: City | None) -> Shop:
        rng = self._rng
        merchant = Merchant(
            id=self._new_id(),
            name=self._names.shop(rng, trade.word, trade.latin, online=city is None),
            mcc=trade.mcc,
            country=city.country if city else "CN",
            city=city.name if city else None,
        )
        location = spot(city, rng, 0.1) if city else None
        return Shop(merchant, trade, exp(rng.gauss(0, 0.25)), city, location)


def _popularity(shop: Shop) -> float:
    shops_of_trade = shop.trade.each if shop.city else shop.trade.online
    return shop.trade.often / max(1, shops_of_trade + (shop.trade.online if shop.city else shop.trade.each))
