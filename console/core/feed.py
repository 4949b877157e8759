"""The change feed: pages fetched, checked against the stored position, and read change by change."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import msgspec

from console.core import apart
from console.core.client import CoreClient
from console.core.lots import Faults, Lot, column, lots
from console.core.messages import RESOURCES, UNREADABLE, Change, ChangePage, Message, PageHead, WholeChangePage, decoder
from console.core.problems import CoreProblem, CoreUnreachable

_WHOLE = decoder(WholeChangePage)
_APART = decoder(ChangePage)
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
    """A checked page: `lots` (by type) and `spoiled` cover (from_seq, position.seq]."""

    from_seq: int
    position: Position
    head_seq: int
    watermark: int
    has_more: bool
    lots: dict[str, Lot]
    spoiled: list[Spoiled]
    read_s: float = 0.0
    read_cpu_s: float = 0.0
    """Seconds, and processor seconds, that it took to decode and check."""


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
    started, cpu_started = time.perf_counter(), time.thread_time()
    faults: Faults = {}
    try:
        page, changes, seqs = _decoded(body, faults)
    except UNREADABLE as error:
        raise CoreUnreachable(f"a page of the feed can't be read: {error}") from error
    if stored is not None and page.epoch != stored.epoch:
        raise FeedReset("epoch_changed", None)
    if stored is not None and page.from_seq != stored.seq:
        raise FeedGap(f"expected changes after seq {stored.seq}, got those after {page.from_seq}")
    _check_dense(page, seqs)
    by_type = lots(changes, faults)
    spoiled = _set_aside(body, faults) if faults else []
    position = Position(page.epoch, page.scanned_to_seq, page.next_cursor)
    spent = time.perf_counter() - started, time.thread_time() - cpu_started
    return Page(page.from_seq, position, page.head_seq, page.watermark, page.has_more, by_type, spoiled, *spent)


def _decoded(body: bytes, faults: Faults) -> tuple[PageHead, list[Change], list[int]]:
    """The page, its changes and their seqs in order. A change that is none is left out and noted in `faults`.

    Raises ValueError or RecursionError when the body is no page.
    """
    try:
        whole: WholeChangePage = _WHOLE.decode(body)
    except UNREADABLE:
        pass
    else:
        return whole, whole.changes, column(whole.changes, "seq")
    page, raws = _apart(body)
    changes: list[Change] = []
    seqs: list[int] = []
    for number, raw in enumerate(raws, page.from_seq + 1):
        try:
            changes.append(_CHANGE.decode(raw))
            seqs.append(changes[-1].seq)
        except UNREADABLE as error:
            seqs.append(_place(raw, number).seq)
            faults[seqs[-1]] = str(error)
    return page, changes, seqs


def _apart(body: bytes) -> tuple[PageHead, list[bytes]]:
    """The page and its changes as they came. Raises ValueError or RecursionError when the body is no page."""
    try:
        page: ChangePage = _APART.decode(body)
    except UNREADABLE:
        head, raws = apart.split(body, "changes")
        page = _APART.decode(head)
    else:
        raws = [bytes(raw) for raw in page.changes]
    return page, raws


def _check_dense(page: PageHead, seqs: list[int]) -> None:
    """Raise FeedGap unless the seqs follow each other from the page's first place to its last."""
    if seqs != list(range(page.from_seq + 1, page.from_seq + len(seqs) + 1)):
        place = next(place for place, seq in enumerate(seqs, page.from_seq + 1) if seq != place)
        raise FeedGap(f"expected seq {place}, got {seqs[place - page.from_seq - 1]}")
    if page.scanned_to_seq != page.from_seq + len(seqs):
        raise FeedGap(f"the page ends at seq {page.scanned_to_seq} and holds {len(seqs)} changes after {page.from_seq}")


def _set_aside(body: bytes, faults: Faults) -> list[Spoiled]:
    """The changes of a page that can't be understood, as they came."""
    page, raws = _apart(body)
    spoiled = []
    for seq, reason in sorted(faults.items()):
        raw = raws[seq - page.from_seq - 1]
        place, text = _place(raw, seq), str(raw, "utf-8", "replace")
        spoiled.append(Spoiled(seq, str(place.type)[:64], str(place.id)[:72], reason[:500], text[:10_000]))
    return spoiled


def _place(raw: bytes, number: int) -> _Place:
    """What a change that can't be understood says of itself; one that does not even tell its seq has its `number`."""
    try:
        place: _Place = _PLACE.decode(raw)
    except UNREADABLE:
        told = apart.members(raw)
        seq = told.get("seq", "")
        return _Place(int(seq) if seq.isdigit() and len(seq) < 17 else number, told.get("type", ""), told.get("id", ""))
    return place


def name_of(raw: bytes) -> str:
    """The id that a resource which can't be understood gives itself, empty without a readable one."""
    return apart.members(raw).get("id", "")[:72]


def resource(type_: str, raw: msgspec.Raw) -> tuple[Message, str]:
    """One resource of a snapshot and its JSON. Raises one of UNREADABLE when it can't be understood."""
    known = _RESOURCE.get(type_)
    if known is None:
        raise ValueError(f"unknown resource type {type_!r}")
    return known.decode(raw), str(raw, "utf-8")
