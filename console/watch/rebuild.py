"""Starting a mirror anew: from the feed's beginning where the core still holds it, from snapshots otherwise.

A snapshot scan is staged in the mirror file, so that it survives a restart, and applied when every type is in:
accounts and what they are known by first, then events in (recorded_at, id) order, under places before the feed's.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from typing import Any

import msgspec

from console.core import feed
from console.core.client import CoreClient
from console.core.feed import Spoiled
from console.core.instants import wire
from console.core.lots import Faults, Lot, lots
from console.core.messages import RESOURCES, UNREADABLE, Change, CoreMeta
from console.core.problems import CoreProblem
from console.watch.ingest import LANE, Ingest
from store.batch import Row

FIRST_TYPES = ("customer", "account", "device", "link", "case")
"""Applied before any event: who there is. The rest follows in the order in which the core learned it."""

PAGE = 1000
SCAN = "scan"
"""The note that holds an unfinished scan: type -> next (null: not begun, '' : done), and the cursor to tail from."""


class _Versioned(msgspec.Struct):
    version: int


_VERSIONED = msgspec.json.Decoder(_Versioned)

Run = Callable[..., Awaitable[Any]]
"""Runs a function in the thread that owns the mirror."""


async def whole_feed(client: CoreClient, meta: CoreMeta) -> bytes | None:
    """The feed's first page where the core holds it from seq 0 on, else None: then snapshots are due."""
    body = await feed.fetch(client, meta.feed.earliest_cursor, PAGE)
    return body if feed.read(body, None).from_seq == 0 else None


async def from_snapshots(client: CoreClient, meta: CoreMeta, ingest: Ingest, run: Run) -> None:
    """Scan every type the core serves and this version knows, apply it, and stand at the scan's tail cursor."""
    scan = await run(_begin_or_resume, ingest, meta)
    for type_ in (name for name in meta.types if name in RESOURCES):
        while scan["next"].get(type_) != "":
            try:
                page = await client.snapshot(type_, scan["next"].get(type_), PAGE)
            except CoreProblem as problem:
                if problem.status != 410:
                    raise
                scan["next"].pop(type_, None)
                continue
            if page.epoch != scan["epoch"]:
                raise feed.FeedReset("epoch_changed", None)
            if scan["tail_seq"] is None or page.tail_seq < scan["tail_seq"]:
                scan |= {"tail_seq": page.tail_seq, "cursor": page.tail_cursor}
            scan["next"][type_] = page.next or "" if page.has_more else ""
            await run(_stage, ingest, type_, page.items, scan)
    await _apply(ingest, scan, meta, run)


def _begin_or_resume(ingest: Ingest, meta: CoreMeta) -> dict[str, Any]:
    stored = ingest.mirror.noted(SCAN)
    scan: dict[str, Any] = json.loads(stored) if stored else {}
    if scan.get("epoch") == meta.feed.epoch:
        return scan
    with ingest.mirror.transaction():
        ingest.mirror.unstage()
    return {"epoch": meta.feed.epoch, "tail_seq": None, "cursor": "", "next": {}}


def _stage(ingest: Ingest, type_: str, items: list[msgspec.Raw], scan: dict[str, Any]) -> None:
    """Put resources aside until all are there, those that can't be understood too: they are told apart in the end."""
    rows: list[Row] = []
    for number, raw in enumerate(items):
        try:
            resource, doc = feed.resource(type_, raw)
        except UNREADABLE:
            name = feed.name_of(bytes(raw)) or f"#{number}"
            rows.append((type_, name, 0, str(raw, "utf-8", "replace")))
        else:
            rows.append((type_, getattr(resource, "id"), _learned_at(resource), doc))  # noqa: B009 - all have one
    with ingest.mirror.transaction():
        ingest.mirror.stage(rows)
        ingest.mirror.note(SCAN, json.dumps(scan))


def _learned_at(resource: object) -> int:
    for name in ("recorded_at", "submitted_at", "requested_at", "created_at", "updated_at", "last_seen_at"):
        at = getattr(resource, name, None)
        if at is not None:
            return int(at)
    return 0


async def _apply(ingest: Ingest, scan: dict[str, Any], meta: CoreMeta, run: Run) -> None:
    """Replace the mirror by what was staged, page by page. The cursor comes last, so a crash begins this again."""
    await run(ingest.clear)
    place = -await run(ingest.mirror.staged_count)
    staged = ingest.mirror.staged(FIRST_TYPES)
    while rows := await run(_some, staged):
        await run(ingest.warm, *_lots(place, rows))
        place += len(rows)
    await run(_finish, ingest, scan, meta)


def _some(staged: Iterator[Row]) -> list[Row]:
    return list(islice(staged, PAGE))


def _finish(ingest: Ingest, scan: dict[str, Any], meta: CoreMeta) -> None:
    mirror = ingest.mirror
    with mirror.transaction():
        position = (scan["epoch"], scan["tail_seq"] or 0, scan["cursor"])
        mirror.advance(LANE, position, meta.feed.head_seq, meta.feed.watermark)
        mirror.unstage()
        mirror.note(SCAN, "{}")


def _lots(place: int, rows: list[Row]) -> tuple[dict[str, Lot], list[Spoiled]]:
    """Staged resources as if a page of the feed had brought them, from that place on, and those that are set aside."""
    faults: Faults = {}
    readable = lots([_change(place + number, *row) for number, row in enumerate(rows)], faults)
    spoiled = []
    for seq, reason in sorted(faults.items()):
        type_, id_, doc = rows[seq - place]
        spoiled.append(Spoiled(seq, type_, id_, reason[:500], doc[:10_000]))
    return readable, spoiled


def _change(place: int, type_: str, id_: str, doc: str) -> Change:
    try:
        version = _VERSIONED.decode(doc).version
    except UNREADABLE:
        version = 1
    at = wire(0)
    return Change(
        seq=place,
        type=type_,
        op="upsert",
        id=id_,
        version=version,
        occurred_at=at,
        recorded_at=at,
        data=msgspec.Raw(doc.encode()),
    )
