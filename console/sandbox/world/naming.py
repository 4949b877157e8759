"""Masked names of people, and the names of shops."""

from __future__ import annotations

from random import Random

from msgspec import Struct

from console.sandbox.world import settings


class _Names(Struct):
    surnames: list[str]
    compound_surnames: list[str]
    latin: list[tuple[str, str]]
    latin_share: float
    compound_share: float
    owners: list[str]
    branches: list[str]
    latin_owners: list[str]
    employers: list[str]


class Names:
    """Draws names as a core would show them: enough to greet somebody, not enough to know who."""

    def __init__(self) -> None:
        self._lists = settings.country("names", _Names)

    def person(self, rng: Random) -> str:
        """A masked name: 王*, 李**, 欧阳**, M*** S*****."""
        lists, kind = self._lists, rng.random()
        if kind < lists.latin_share:
            first, last = rng.choice(lists.latin)
            return f"{first}{'*' * rng.randint(2, 6)} {last}{'*' * rng.randint(3, 8)}"
        if kind < lists.latin_share + lists.compound_share:
            return rng.choice(lists.compound_surnames) + "*" * rng.randint(1, 2)
        return rng.choice(lists.surnames) + "*" * (1 if rng.random() < 0.3 else 2)

    def shop(self, rng: Random, word: str, latin: str, online: bool) -> str:
        """What a shop calls itself, in one script or the other."""
        lists = self._lists
        if rng.random() < 0.15:
            return f"{rng.choice(lists.latin_owners)} {latin}"
        name = rng.choice(lists.owners) + word
        return name if online or rng.random() < 0.5 else f"{name}({rng.choice(lists.branches)})"

    def employer(self, rng: Random) -> str:
        return rng.choice(self._lists.employers)


def phone(rng: Random) -> str:
    """A masked mobile number."""
    return f"+86 1{rng.choice('3578')}* **** **{rng.randrange(100):02d}"


def token(rng: Random) -> str:
    """What a keyed HMAC of a personal datum looks like: equal only for equal data."""
    return f"h1:{rng.getrandbits(48):012x}"
