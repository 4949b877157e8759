"""Mappings: which columns of a recorded stream mean what (TOML; shipped ones lie in fixtures/replays)."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec
from msgspec import Struct, field

from console.paths import fixtures


class Columns(Struct, frozen=True, forbid_unknown_fields=True):
    """Names of the stream's columns. `fraud` becomes a late label and nothing else."""

    account: str
    occurred_at: str
    amount_minor: str
    id: str | None = None
    merchant: str | None = None
    category: str | None = None
    merchant_lat: str | None = None
    merchant_lon: str | None = None
    home_lat: str | None = None
    home_lon: str | None = None
    fraud: str | None = None

    def names(self) -> list[str]:
        """The columns that are read, in the order of this class."""
        return [name for name in msgspec.structs.astuple(self) if name is not None]


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """How a recorded stream becomes resources. Amounts are in minor units of `currency`."""

    name: str
    currency: str
    columns: Columns
    credit_limit_minor: int
    channel: str = "pos"
    country: str | None = None
    mcc: dict[str, str] = field(default_factory=dict)
    channel_of: dict[str, str] = field(default_factory=dict)


def read_mapping(path: Path) -> Mapping:
    """The mapping in a TOML file. Raises OSError, or ValueError when it is none."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Mapping)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path}: {error}") from error


def shipped_mapping(columns: Collection[str]) -> Mapping:
    """The shipped mapping whose columns are all there; of several the one that uses most. Raises ValueError."""
    mappings = [read_mapping(path) for path in sorted((fixtures() / "replays").glob("*.toml"))]
    fitting = [mapping for mapping in mappings if set(mapping.columns.names()) <= set(columns)]
    if not fitting:
        raise ValueError(f"no shipped mapping fits the columns {', '.join(columns)}; give one with --map")
    return max(fitting, key=lambda mapping: len(mapping.columns.names()))
