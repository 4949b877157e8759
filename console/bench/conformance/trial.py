"""One examination of one core: who asks, what was read so far, and the pages of feed and snapshot."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from console.bench.conformance.inspection import Inspection
from console.bench.conformance.verdict import Skipped, fail
from console.bench.conformance.wire import Answer, Person, Wire
from console.core import instants
from console.core.instants import Instant
from console.core.messages import Change, ChangePage, SnapshotPage, decoder, present

T = TypeVar("T")
Json = dict[str, Any]

PAGES, LONGEST_PAGE = 40, 500
"""The feed is read from its beginning for so many pages at most, of so many changes at most."""
SCAN_ROWS = 5_000
"""Resources of one type that are scanned; a type with more is left out of the comparisons."""
APPEARS_S = 15.0
"""Seconds within which what a command did must be in the feed."""
HOLD_S = 5
"""Seconds of one long poll while waiting for a change."""

_CHANGE = decoder(Change)


@dataclass(frozen=True)
class Leaf:
    """One page of the feed with the cursor that asked for it, and its changes decoded."""

    after: str
    page: ChangePage
    changes: list[Change]


@dataclass(frozen=True)
class Scan:
    """One scan of a type: its pages, and its living resources by id. Not `whole` when the type has too many."""

    pages: list[SnapshotPage]
    items: dict[str, Json]
    whole: bool


@dataclass(frozen=True)
class Pace:
    """How long the checks that wait do so, in seconds: an idle long poll, a short-lived command, one that is woken."""

    poll_s: int = 1
    fence_s: float = 3.0
    wake_s: int = 10


@dataclass
class Trial:
    """What every check works with. `reader` reads; `operator` sends commands and is None when nobody may."""

    wire: Wire
    inspection: Inspection
    reader: Person
    operator: Person | None
    people: list[Person]
    old_cursor: str | None = None
    pace: Pace = field(default_factory=Pace)
    _kept: dict[str, asyncio.Task[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._offset = self.reader.meta.server_time - instants.now()

    # ------------------------------------------------------------ people and time

    def now(self) -> Instant:
        """The core's clock, as /meta told it."""
        return Instant(instants.now() + self._offset)

    def supervisor_beside(self, person: Person | None) -> Person | None:
        """Another person who may decide on what this one asked for."""
        return next((other for other in self.people if other.may("supervisor") and _others(other, person)), None)

    def viewer(self) -> Person | None:
        """Somebody who may only read."""
        return next((person for person in self.people if not person.may("operator")), None)

    # ------------------------------------------------------------ reading

    async def get(self, path: str, wait_s: int = 0, **params: str | int) -> Answer:
        """A read by the reader."""
        return await self.wire.get(path, self.reader.token, params, wait_s=wait_s)

    async def leaf(self, after: str, limit: int = LONGEST_PAGE, wait_s: int = 0, **params: str) -> Leaf:
        """The page of the feed after a cursor (empty: from the beginning). Raises Failed when it can't be read."""
        asked = {**params, **({"after": after} if after else {})}
        answer = (await self.get("/changes", wait_s, limit=limit, **asked)).expect("200")
        page = answer.read(ChangePage)
        return Leaf(after, page, read_changes(page))

    async def walk(self) -> list[Leaf]:
        """The feed from its earliest change, in several pages even when it is short, up to `PAGES` pages. Read once."""
        return await self._once("walk", self._walk)

    async def _walk(self) -> list[Leaf]:
        bounds = self.reader.meta.feed
        limit = max(1, min(LONGEST_PAGE, bounds.head_seq // 5))
        leaves = [await self.leaf("", limit)]
        while leaves[-1].page.has_more and len(leaves) < PAGES:
            leaves.append(await self.leaf(leaves[-1].page.next_cursor, limit))
        return leaves

    async def scan(self, type_: str) -> Scan:
        """Every living resource of a type by snapshot, the first page a short one. Read once."""
        return await self._once(f"scan {type_}", lambda: self._scan(type_))

    async def _scan(self, type_: str) -> Scan:
        pages = [(await self.get(f"/snapshot/{type_}", limit=2)).expect("200").read(SnapshotPage)]
        rows = len(pages[0].items)
        while pages[-1].has_more and pages[-1].next and rows < SCAN_ROWS:
            answer = await self.get(f"/snapshot/{type_}", limit=LONGEST_PAGE, next=pages[-1].next)
            pages.append(answer.expect("200").read(SnapshotPage))
            rows += len(pages[-1].items)
        items = [json.loads(bytes(item)) for page in pages for item in page.items]
        return Scan(pages, {item["id"]: item for item in items}, not pages[-1].has_more)

    async def head(self) -> str:
        """A cursor at the head of the feed, taken from a snapshot that begins now."""
        page = (await self.get("/snapshot/indicator", limit=1)).expect("200").read(SnapshotPage)
        return page.tail_cursor

    async def tail(self, after: str) -> list[Change]:
        """Everything in the feed after a cursor, up to what is its head now or beyond."""
        leaf = await self.leaf(after)
        found, end = leaf.changes, leaf.page.head_seq
        while leaf.page.has_more and leaf.page.scanned_to_seq < end:
            leaf = await self.leaf(leaf.page.next_cursor)
            found += leaf.changes
        return found

    async def appears(self, after: str, wanted: Callable[[Change], bool], what: str) -> list[Change]:
        """Read after the cursor, again from there each time, until a change is wanted; all that was read by then."""
        return await self._until(after, lambda found: any(wanted(change) for change in found), what)

    async def appear(self, after: str, ids: set[str], what: str) -> list[Change]:
        """As `appears`, until each of these ids has changed."""
        return await self._until(after, lambda found: ids <= {change.id for change in found}, what)

    async def _until(self, after: str, enough: Callable[[list[Change]], bool], what: str) -> list[Change]:
        end = time.monotonic() + APPEARS_S
        while True:
            found = await self.tail(after)
            if enough(found):
                return found
            if time.monotonic() > end:
                fail(f"{what} in the feed within {APPEARS_S:.0f} s", f"{len(found)} other changes")
            await asyncio.sleep(0.05)

    async def an_account(self) -> str:
        """Any account's id. Raises Skipped when there is none."""
        items = (await self.scan("account")).items
        if not items:
            raise Skipped("no_accounts")
        return next(iter(items))

    async def _once(self, name: str, make: Callable[[], Awaitable[T]]) -> T:
        """What was read under this name, reading it if this is the first to ask."""
        if name not in self._kept:
            self._kept[name] = asyncio.ensure_future(make())
        return await asyncio.shield(self._kept[name])


def read_changes(page: ChangePage) -> list[Change]:
    """The changes of a page. Raises Failed for one that can't be read."""
    try:
        return [_CHANGE.decode(raw) for raw in page.changes]
    except ValueError as error:  # msgspec's errors are ValueErrors too
        fail("changes that can be read", error)


def data_of(change: Change) -> Json | None:
    """The resource a change brings, None for a delete."""
    return json.loads(bytes(change.data)) if present(change.data) else None


def strictly_rising(numbers: Iterable[int]) -> bool:
    """Whether each number is greater than the one before."""
    found = list(numbers)
    return all(one < other for one, other in itertools.pairwise(found))


def _others(other: Person, person: Person | None) -> bool:
    return person is None or other.subject != person.subject
