"""A page's changes by type, as columns: decoded together, so that a page costs a few calls and not thousands.

What reads together is exactly what reads one by one. When a lot can't be read whole, it is halved until the changes
that spoil it are found; they are set aside and the others are read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import astuple

from console.core.instants import Instant
from console.core.messages import RESOURCES, Change, Message, decoder
from console.core.timestamps import Instants, parse_columns


@dataclass(frozen=True)
class Lot:
    """The changes of one type: upserts as columns in the order of the feed, and the deletes.

    `resources` are the type's messages, but their own times are text, and `columns` the same by attribute; `times`
    holds those that a resource always has, in µs. `docs` is each resource's JSON as it came.
    """

    type: str
    changes: list[Change] = field(default_factory=list)
    resources: list[Any] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    docs: list[str] = field(default_factory=list)
    times: dict[str, Instants] = field(default_factory=dict)
    deletes: list[Change] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return self.columns["id"]

    @property
    def versions(self) -> list[int]:
        return self.columns["version"]


TOGETHER = 1024
"""Resources read at a time: so few stay in the processor's cache until all is made of them."""

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
    by_type: defaultdict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_type[change.type].append(change)
    for type_ in by_type.keys() - _READINGS.keys():
        faults |= {change.seq: f"unknown resource type {type_[:64]!r}" for change in by_type.pop(type_)}
    return {type_: _lot(_READINGS[type_], of_type, faults) for type_, of_type in by_type.items()}


def _lot(reading: _Reading, changes: list[Change], faults: Faults) -> Lot:
    upserts, deletes = [change for change in changes if change.op == "upsert"], list[Change]()
    if len(upserts) < len(changes):
        faults |= {c.seq: f"unknown op {c.op!r}" for c in changes if c.op not in ("upsert", "delete")}
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
        self._names = [f.name for f in own]
        self._always = [f.name for f in own if f.type is Instant]
        self._maybe = [f.name for f in own if f.type == Instant | None]
        self._decode = decoder(list[_with_text_times(kind)]).decode  # type: ignore[misc]

    def lot(self, upserts: list[Change], deletes: list[Change]) -> Lot:
        """The lot of those changes. Raises ValueError or RecursionError when one of the upserts can't be understood."""
        lot = Lot(self._type, upserts, columns={name: [] for name in self._names}, deletes=deletes)
        times = []
        for start in range(0, len(upserts), TOGETHER):
            times.append(self._read(upserts[start : start + TOGETHER], lot))
        nothing = np.zeros(0, np.int64)
        lot.times.update({name: np.concatenate([nothing, *(part[name] for part in times)]) for name in self._always})
        return lot

    def _read(self, upserts: list[Change], lot: Lot) -> dict[str, Instants]:
        """Read some changes into a lot; returns their times by name."""
        raws = [change.data for change in upserts]
        joined = b"[" + b",".join(raws) + b"]"
        if b"\\" in joined and NULL in joined and _NULL.search(joined):  # what is found soonest first
            raise ValueError("text with a null character")
        resources = self._decode(joined)
        ids, versions = [change.id for change in upserts], [change.version for change in upserts]
        if [one.id for one in resources] != ids or [one.version for one in resources] != versions:
            raise ValueError("the resource has another id or version than its change")
        columns = dict(zip(self._names, zip(*map(astuple, resources), strict=True), strict=True))
        texts: dict[str, Sequence[str]] = {name: columns[name] for name in self._always}
        texts |= {name: [text for text in columns[name] if text is not None] for name in self._maybe}
        times = parse_columns(texts)
        for name, column in columns.items():
            lot.columns[name].extend(column)
        lot.resources.extend(resources)
        lot.docs.extend([str(raw, "utf-8") for raw in raws])
        return times

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
