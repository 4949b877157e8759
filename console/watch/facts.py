"""The engine's facts: columns of `console.risk.columns.FACTS`, and the words of the contract as its codes."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

import numpy as np

from console.core.messages import Location
from console.risk.columns import (
    ACCOUNT_STATUSES,
    APPLICATION_STATUSES,
    CHANNELS,
    DEVICE_TRUSTS,
    FACTS,
    LABEL_KINDS,
    LINK_KINDS,
    LOGIN_METHODS,
    LOGIN_OUTCOMES,
    REQUEST_STATUSES,
    TOKEN_KINDS,
    TXN_KINDS,
    TXN_STATUSES,
    Array,
    Fact,
    Judgement,
    blank,
    country_code,
)

NAN = math.nan
LARGEST_SMALL, LARGEST_SYSTEM = 32_767, 2**32 - 1

Words = dict[str | None, int]
"""Codes of an enum's words, from 1; a word this version does not know is 0."""


def _codes(words: Iterable[str]) -> Words:
    return {word: code for code, word in enumerate(words, 1)}


KIND = _codes(TXN_KINDS)
STATUS = _codes(TXN_STATUSES)
CHANNEL = _codes(CHANNELS)
LABEL_KIND = _codes(LABEL_KINDS)
OUTCOME = _codes(LOGIN_OUTCOMES)
METHOD = _codes(LOGIN_METHODS)
ACCOUNT_STATUS = _codes(ACCOUNT_STATUSES)
APPLICATION_STATUS = _codes(APPLICATION_STATUSES)
REQUEST_STATUS = _codes(REQUEST_STATUSES)
TRUST = _codes(DEVICE_TRUSTS)
LINK = _codes(LINK_KINDS)
TOKEN = _codes(TOKEN_KINDS)

JUDGEMENT: dict[str | None, Judgement] = {
    "fraud": Judgement.FRAUD,
    "legit": Judgement.LEGIT,
    "inconclusive": Judgement.INCONCLUSIVE,
}

_BLANK = blank(1)
NO_FACTS = blank(0)


def facts(kind: Fact, seqs: Array | Sequence[int], at: Array | Sequence[int], **columns: Any) -> Array:  # noqa: ANN401
    """Facts of one kind; `at` is when they happened and were recorded, and what no column gives is missing.

    A column that is None gives nothing. Raises ValueError for one that facts do not have.
    """
    page = np.repeat(_BLANK, len(seqs))
    for name, values in {"seq": seqs, "fact": int(kind), "occurred_at": at, "recorded_at": at, **columns}.items():
        if values is not None:
            page[name] = values
    return page


def codes(words: Words, column: Sequence[str | None]) -> Array:
    """The codes of a column of words."""
    return np.fromiter(map(words.get, column, repeat(0)), np.uint8, len(column))


def all_none(column: Sequence[Any]) -> bool:
    """Whether a column holds nothing, found at a glance where it does."""
    return not column or (column[0] is None and column.count(None) == len(column))


def places(locations: Sequence[Location | None]) -> list[Sequence[float]] | tuple[None, None]:
    """Latitudes and longitudes, NaN where they are not both known; None where there are none."""
    if all_none(locations):
        return None, None
    known = [
        (NAN, NAN) if place is None or place.lat is None or place.lon is None else (place.lat, place.lon)
        for place in locations
    ]
    return list(zip(*known, strict=True))


def countries(locations: Sequence[Location | None], otherwise: Sequence[str | None] = ()) -> list[int] | None:
    """Codes of the places' countries, and of the other ones where a place has none; None where there are none."""
    if all_none(locations):
        return None if all_none(otherwise) else list(map(country, otherwise))
    return [
        country(place.country if place and place.country else other)
        for place, other in zip(locations, otherwise or repeat(None), strict=False)
    ]


country = lru_cache(maxsize=4096)(country_code)


@lru_cache(maxsize=16_384)
def mcc_number(mcc: str | None) -> int:
    """A merchant category as a number, -1 for what is none."""
    return int(mcc) if mcc is not None and len(mcc) == 4 and mcc.isascii() and mcc.isdigit() else -1


def small(values: Sequence[int | None], largest: int = LARGEST_SMALL) -> list[int] | None:
    """Numbers cut to -1..largest, -1 where there is none; None where there are none."""
    if all_none(values):
        return None
    return [
        -1 if value is None else value if -1 <= value <= largest else max(-1, min(value, largest)) for value in values
    ]


def measures(values: Sequence[float | None]) -> list[float] | None:
    """Numbers with NaN where there is none; None where there are none."""
    return None if all_none(values) else [NAN if value is None else value for value in values]


_UNREAD = np.dtype((np.void, FACTS.itemsize))
"""A fact as bytes: numpy joins them at once, while it compares the types of facts field by field."""


def in_feed_order(parts: Sequence[Array]) -> Array:
    """The facts of all kinds in the order of the feed; those of one change stay as they are given."""
    if len(parts) == 1:
        return parts[0]
    whole: Array = np.concatenate([NO_FACTS.view(_UNREAD), *(part.view(_UNREAD) for part in parts)]).view(FACTS)
    return whole.take(np.argsort(whole["seq"], kind="stable"))


_OCTETS = frozenset(map(str, range(256)))
_THREE_OCTETS = re.compile(r"\.".join([r"(0|[1-9][0-9]{0,2})"] * 3))


def network_of(ip: str) -> str | None:
    """The network of an address: its first three octets (IPv4) or 48 bits (IPv6); None for what is no address."""
    start, _, last = ip.rpartition(".")
    return (_plain_network(start) if last in _OCTETS else None) or _any_network(ip)


@lru_cache(maxsize=65_536)
def _plain_network(start: str) -> str | None:
    """The network of an IPv4 address by its first three octets as nearly everybody writes them, None otherwise."""
    plain = _THREE_OCTETS.fullmatch(start)
    if plain is None or max(octets := tuple(map(int, plain.groups()))) > 255:
        return None
    return f"4:{octets[0] << 16 | octets[1] << 8 | octets[2]:x}"


@lru_cache(maxsize=16_384)
def _any_network(ip: str) -> str | None:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        address = mapped
    spare = 8 if address.version == 4 else 80
    return f"{address.version}:{int(address) >> spare:x}"
