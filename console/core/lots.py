"""A page's changes by type, as columns: decoded together, so that a page costs a few calls and not thousands.

What reads together is exactly what reads one by one. When a lot can't be read whole, it is halved until the changes
that spoil it are found; they are set aside and the others are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import attrgetter
from typing import Any

import msgspec

from console.core.instants import Instant
from console.core.messages import RESOURCES, Change, Message, decoder
from console.core.timestamps import Instants, parse_all


@dataclass(frozen=True)
class Lot:
    """The changes of one type: upserts as columns in the order of the feed, and the deletes.

    `resources` are the type's messages, but their own times are text; `times` holds those that a resource always has,
    in µs. `docs` is each resource's JSON as it came.
    """

    type: str
    changes: list[Change] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    resources: list[Any] = field(default_factory=list)
    docs: list[str] = field(default_factory=list)
    times: dict[str, Instants] = field(default_factory=dict)
    deletes: list[Change] = field(default_factory=list)


NULL = b"\\u0000"
_NULL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""How JSON writes the null character, at which other programs end a text; the pattern passes by an escaped slash."""

Faults = dict[int, str]
"""What is wrong with the changes that can't be understood, by their seq."""


def column(rows: Sequence[Any], name: str) -> list[Any]:
    """One attribute of each row."""
    return list(map(attrgetter(name), rows))


def lots(changes: Sequence[Change], faults: Faults) -> dict[str, Lot]:
    """The changes by type. Those that can't be understood are left out and noted in `faults`."""
    types = column(changes, "type")
    met = dict.fromkeys(types)
    if met.keys() - _READINGS.keys():
        strange = ((change.seq, change.type) for change in changes if change.type not in _READINGS)
        faults |= {seq: f"unknown resource type {type_[:64]!r}" for seq, type_ in strange}
    known = [type_ for type_ in met if type_ in _READINGS]
    return {type_: _lot(type_, list(compress(changes, map(type_.__eq__, types))), faults) for type_ in known}


def _lot(type_: str, changes: list[Change], faults: Faults) -> Lot:
    reading = _READINGS[type_]
    upserts, deletes = changes, []
    if set(column(changes, "op")) != {"upsert"}:
        faults |= {c.seq: f"unknown op {c.op!r}" for c in changes if c.op not in ("upsert", "delete")}
        upserts = [change for change in changes if change.op == "upsert"]
        deletes = [change for change in changes if change.op == "delete"]
        faults |= {change.seq: "an id with a null character" for change in deletes if "\0" in change.id}
        deletes = [change for change in deletes if change.seq not in faults]
    try:
        return reading.lot(upserts, deletes)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors too
        spoiled = dict(reading.faults(upserts))
        faults |= spoiled
        return reading.lot([change for change in upserts if change.seq not in spoiled], deletes)


class _Reading:
    """How the resources of one type are read."""

    def __init__(self, type_: str, kind: type[Message]) -> None:
        self._type = type_
        own = msgspec.structs.fields(kind)
        self._always = [f.name for f in own if f.type is Instant]
        self._maybe = [f.name for f in own if f.type == Instant | None]
        self._decode = decoder(list[_with_text_times(kind)]).decode  # type: ignore[misc]

    def lot(self, upserts: list[Change], deletes: list[Change]) -> Lot:
        """The lot of those changes. Raises ValueError or RecursionError when one of the upserts can't be understood."""
        joined = b"[" + b",".join([change.data for change in upserts]) + b"]"
        if NULL in joined and _NULL.search(joined):
            raise ValueError("text with a null character")
        resources = self._decode(joined)
        ids, versions = column(resources, "id"), column(resources, "version")
        if ids != column(upserts, "id") or versions != column(upserts, "version"):
            raise ValueError("the resource has another id or version than its change")
        times = {name: self._times(name, column(resources, name)) for name in self._always}
        for name in self._maybe:
            self._times(name, [text for text in column(resources, name) if text is not None])
        docs = [str(change.data, "utf-8") for change in upserts]
        return Lot(self._type, upserts, ids, versions, resources, docs, times, deletes)

    def _times(self, name: str, texts: list[str]) -> Instants:
        try:
            return parse_all(texts)
        except ValueError as error:
            raise ValueError(f"{error} - at `$.{name}`") from error

    def faults(self, upserts: list[Change]) -> Iterator[tuple[int, str]]:
        """(seq, what is wrong) of the changes that can't be understood."""
        try:
            self.lot(upserts, [])
        except (ValueError, RecursionError) as error:
            if len(upserts) == 1:
                yield upserts[0].seq, str(error)
                return
            half = len(upserts) // 2
            yield from self.faults(upserts[:half])
            yield from self.faults(upserts[half:])


def _with_text_times(kind: type[Message]) -> type[msgspec.Struct]:
    """The same message with its own times left as text."""
    fields = msgspec.structs.fields(kind)
    text: dict[Any, Any] = {Instant: str, Instant | None: str | None}
    return msgspec.defstruct(
        kind.__name__,
        [
            (f.name, text.get(f.type, f.type)) if f.required else (f.name, text.get(f.type, f.type), f.default)
            for f in fields
        ],
        rename={f.name: f.encode_name for f in fields},
        kw_only=True,
        gc=False,
    )


_READINGS = {type_: _Reading(type_, kind) for type_, kind in RESOURCES.items()}
