"""A world's settings, read from its TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from console import paths

T = TypeVar("T")


class Life(Struct, frozen=True, forbid_unknown_fields=True):
    """How much ordinary people do. Rates are means per person and day unless their name says otherwise."""

    purchases: float
    logins: float
    night: float
    """The quietest hour against the mean hour, 0..1."""
    transfers: float
    cash_advances: float
    applications: float
    """New applicants a day, per 10,000 accounts."""
    limit_requests: float
    """Wishes for a higher limit a day, per 10,000 accounts."""


class Labels(Struct, frozen=True, forbid_unknown_fields=True):
    """How truth comes out. Shares are 0..1; days are a shortest and a longest delay."""

    report_share: float
    report_days: tuple[float, float]
    chargeback_share: float
    chargeback_days: tuple[float, float]
    investigation_share: float
    investigation_days: tuple[float, float]
    cleared_share: float
    """Look-alikes that somebody questioned and found legitimate."""
    maturity_days: float
    """After so many days without a label the core takes a transaction as legitimate; some labels come later still."""


class Show(Struct, frozen=True, forbid_unknown_fields=True):
    """A programme of episodes after the history, on top of the random ones."""

    first_after_s: int
    every_s: tuple[int, int]
    rotation: list[str]
    lookalike_every_s: tuple[int, int]
    lookalikes: list[str]


class Downturn(Struct, frozen=True, forbid_unknown_fields=True):
    """Hard times: they begin on a day between two of the world's life, which its seed decides, and deepen for so long.

    Shares are of people at the bottom of it, percentages are points on top of an indicator's usual level.
    """

    begins_on_day: tuple[float, float]
    builds_days: float
    out_of_work: float
    """Share of people who lose their income, the careful ones less often than the others."""
    out_days: float
    """Mean days until they have one again."""
    bust_outs: float
    """How many times as many as usual."""
    unemployment_rate: float
    default_rate: float
    price_level: float


class Credit(Struct, frozen=True, forbid_unknown_fields=True):
    """An institution that leaves every application and wish for more to its desk, and charges debts off."""

    charge_off_days: float
    """After the due date of a bill that is never paid."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """One world. Rates of frauds and look-alikes are episodes per 10,000 account-days; `begin_on_day` names those that
    are unknown before a day of the history."""

    population: int
    cities: int
    history_days: int
    life: Life
    frauds: dict[str, float]
    lookalikes: dict[str, float]
    labels: Labels
    begin_on_day: dict[str, float] = {}
    show: Show | None = None
    downturn: Downturn | None = None
    credit: Credit | None = None


def names() -> list[str]:
    """The worlds that ship, sorted."""
    return sorted(path.stem for path in _folder().glob("*.toml"))


def load(name: str) -> Settings:
    """Read a world's settings. Raises ValueError for an unknown world, msgspec.ValidationError for a bad file."""
    if name not in names():
        raise ValueError(f"no world {name!r}; there are: {', '.join(names())}")
    return _read(_folder() / f"{name}.toml", Settings)


def country(file: str, kind: type[T]) -> T:
    """Read a file of the country all worlds share, as a message type."""
    return _read(_folder() / "country" / f"{file}.toml", kind)


def _folder() -> Path:
    return paths.fixtures() / "worlds"


def _read(path: Path, kind: type[T]) -> T:
    with path.open("rb") as file:
        content: dict[str, Any] = tomllib.load(file)
    return msgspec.convert(content, kind)
