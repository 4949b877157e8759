"""The change feed: pages fetched, checked against the stored position, and read change by change."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from console.core.client import CoreClient
from console.core.messages import RESOURCES, Change, ChangePage, Message, decoder
from console.core.problems import CoreProblem, CoreUnreachable

_PAGE = decoder(ChangePage)
_CHANGE = decoder(Change)
_RESOURCE = {name: decoder(kind) for name, kind in RESOURCES.items()}


class _Place(msgspec.Struct):
    seq: int
    type: Any = ""
    id: Any = ""


_PLACE = msgspec.json.Decoder(_Place)


@dataclass(frozen=True)
class Position:
    """Where a reader of the feed stands: everything up to `seq` is stored. `cursor` asks for what follows."""

    epoch: str
    seq: int
    cursor: str


class Fact(NamedTuple):
    """One change and the resource it brings, None for a delete. `body` is the resource's JSON as it came."""

    change: Change
    resource: Any
    body: str


@dataclass(frozen=True)
class Spoiled:
    """A change that could not be understood: set aside, reported, and the feed goes on."""

    seq: int
    type: str
    id: str
    reason: str
    body: str


@dataclass(frozen=True)
class Page:
    """A checked page: `facts` and `spoiled` cover (from_seq, position.seq]."""

    from_seq: int
    position: Position
    head_seq: int
    watermark: int
    has_more: bool
    facts: list[Fact]
    spoiled: list[Spoiled]
    read_s: float = 0.0
    """Seconds it took to decode and check."""


class FeedGap(Exception):
    """A page does not continue what is stored; nothing of it may be kept. Ask again."""


class FeedReset(Exception):
    """The stored position is gone (410, or another epoch): the mirror must start anew."""

    def __init__(self, code: str, earliest_cursor: str | None) -> None:
        super().__init__(code)
        self.code = code
        self.earliest_cursor = earliest_cursor


async def fetch(client: CoreClient, after: str, limit: int, wait_s: int = 0) -> bytes:
    """The raw body of the page that follows the cursor `after` (empty: the earliest retained change).

    Raises FeedReset on 410, CoreProblem and CoreUnreachable otherwise.
    """
    params: dict[str, str | int] = {"limit": limit, "wait_s": wait_s}
    if after:
        params["after"] = after
    try:
        return (await client.read("/changes", params, wait_s=wait_s)).body
    except CoreProblem as problem:
        if problem.status == 410:
            raise FeedReset(problem.problem.code, problem.problem.earliest_cursor) from problem
        raise


def read(body: bytes, stored: Position | None) -> Page:
    """Decode a page and check it against the stored position (None: the first page of a new mirror).

    Raises CoreUnreachable when the body is no page, FeedReset on another epoch, FeedGap when the page does not follow.
    """
    started = time.perf_counter()
    try:
        page: ChangePage = _PAGE.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise CoreUnreachable(f"a page of the feed can't be read: {error}") from error
    if stored is not None and page.epoch != stored.epoch:
        raise FeedReset("epoch_changed", None)
    if stored is not None and page.from_seq != stored.seq:
        raise FeedGap(f"expected changes after seq {stored.seq}, got those after {page.from_seq}")
    facts: list[Fact] = []
    spoiled: list[Spoiled] = []
    for expected, raw in enumerate(page.changes, page.from_seq + 1):
        try:
            change: Change = _CHANGE.decode(raw)
            fact, seq = Fact(change, *_resource(change)), change.seq
            facts.append(fact)
        except ValueError as error:  # msgspec's errors are ValueErrors too
            spoiled.append(_set_aside(raw, str(error)))
            seq = spoiled[-1].seq
        if seq != expected:
            raise FeedGap(f"expected seq {expected}, got {seq}")
    if page.scanned_to_seq != page.from_seq + len(page.changes):
        raise FeedGap(
            f"the page ends at seq {page.scanned_to_seq} and holds {len(page.changes)} changes after {page.from_seq}"
        )
    position = Position(page.epoch, page.scanned_to_seq, page.next_cursor)
    spent = time.perf_counter() - started
    return Page(page.from_seq, position, page.head_seq, page.watermark, page.has_more, facts, spoiled, spent)


def _resource(change: Change) -> tuple[Message | None, str]:
    """The decoded resource of a change and its JSON. Raises ValueError when they do not belong together."""
    if change.op == "delete":
        return None, ""
    if change.op != "upsert":
        raise ValueError(f"unknown op {change.op!r}")
    known = _RESOURCE.get(change.type)
    if known is None:
        raise ValueError(f"unknown resource type {change.type!r}")
    resource = known.decode(change.data)
    if resource.id != change.id or resource.version != change.version:
        raise ValueError("the resource has another id or version than its change")
    return resource, str(change.data, "utf-8")


def resource(type_: str, raw: msgspec.Raw) -> tuple[Message, str]:
    """One resource of a snapshot and its JSON. Raises ValueError (msgspec's included) when it can't be understood."""
    known = _RESOURCE.get(type_)
    if known is None:
        raise ValueError(f"unknown resource type {type_!r}")
    return known.decode(raw), str(raw, "utf-8")


def _set_aside(raw: msgspec.Raw, reason: str) -> Spoiled:
    """Name the place of a change that can't be understood. Raises FeedGap when it has none."""
    try:
        place = _PLACE.decode(raw)
    except msgspec.MsgspecError as error:
        raise FeedGap(f"a change without a readable seq: {error}") from error
    body = str(raw, "utf-8", "replace")[:10_000]
    return Spoiled(place.seq, str(place.type)[:64], str(place.id)[:72], reason[:500], body)
