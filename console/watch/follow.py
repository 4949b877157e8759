"""The feed's poller: drain pages until there are no more, then wait in one long poll.

While the feed is behind, three pages are under way: one is asked for and read, one is being scored, one is written.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

from console.core import feed, instants
from console.core.client import CoreClient
from console.core.feed import FeedGap, FeedReset, Page, Position
from console.core.instants import Instant
from console.core.messages import CoreMeta, encode
from console.watch import rebuild
from console.watch.health import Health
from console.watch.ingest import LANE, Ingest, Ingested
from console.watch.refit import Stopped
from store.files import damaged, set_aside

log = logging.getLogger("riskdesk.watch")

T = TypeVar("T")

WAIT_S = 20
"""Seconds of the long poll."""
GAPS_BEFORE_REBUILD = 2
"""A gap that repeats this often from the same cursor means: start anew."""


class Follower:
    """Follows one core's feed into one mirror. `drain` is the scheduler's job.

    `worker` runs what touches the mirror, in its one thread; `on_page` is told of every committed page.
    """

    def __init__(
        self,
        client: CoreClient,
        open_ingest: Callable[[], Ingest],
        worker: Executor,
        on_page: Callable[[Ingested], None],
        page_limit: int,
    ) -> None:
        self.health = Health(LANE)
        self.meta_health = Health("meta")
        self.caught_up = asyncio.Event()
        self._client = client
        self._open_ingest = open_ingest
        self._worker = worker
        self._on_page = on_page
        self._limit = page_limit
        self._ingest: Ingest | None = None
        self._opening = asyncio.Lock()
        self._gaps = 0
        self._stale = False
        self.max_wait_s = WAIT_S

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - passed on as they are
        """Run a function in the mirror's thread, once the page that was begun is written: it waits for its scores."""

        def after_page() -> T:
            self._settle()
            return work(*arguments)

        return await self.aside(after_page)

    async def aside(self, work: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - passed on as they are
        """Run a function in the mirror's thread, for which it is no matter whether a page is under way.

        A cancelled caller still waits for it: a page is never torn.
        """
        job = asyncio.get_running_loop().run_in_executor(self._worker, work, *arguments)
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait([job])
            if not isinstance(job.exception(), Stopped | None):
                log.exception("ended by an error while it was being stopped", exc_info=job.exception())
            raise

    def _settle(self) -> None:
        """Write the page that was begun, if there is one; for the mirror's thread."""
        if self._ingest is not None and self._ingest.begun is not None:
            self._ingest.finish()

    async def ingest(self) -> Ingest:
        """The open mirror and engine, opened (and replayed) when they are not."""
        async with self._opening:
            if self._ingest is None:
                ingest, loop = await self.run(self._open_ingest), asyncio.get_running_loop()
                ingest.on_written = lambda page: loop.call_soon_threadsafe(self._taken, page)
                self._ingest = ingest
            return self._ingest

    async def drain(self) -> None:
        """Bring the mirror to the feed's head, then wait once for news. Resets and gaps are repaired here."""
        ingest = await self.ingest()
        try:
            await self._drain_or_repair(ingest)
        except BaseException as error:
            await self.let_go(ingest, error)
            raise

    async def _drain_or_repair(self, ingest: Ingest) -> None:
        try:
            await self._drain(ingest)
        except FeedReset as reset:
            self.health.gap(instants.now(), f"the feed starts anew: {reset.code}")
            await self._start_anew(ingest, forget=True)
        except FeedGap as gap:
            self.health.gap(instants.now(), str(gap))
            self._gaps += 1
            if self._gaps >= GAPS_BEFORE_REBUILD:
                await self._start_anew(ingest, forget=True)

    def start_anew(self) -> None:
        """Have the mirror built anew from the core as soon as the page at hand is done."""
        self._stale = True

    async def _drain(self, ingest: Ingest) -> None:
        position = await self.run(_position, ingest)
        if position is None:
            await self._start_anew(ingest, forget=False)
            position = await self.run(_position, ingest)
        if position is None:
            return
        page = await self._fetch(position, 0)
        waited = False
        while True:
            following = asyncio.create_task(self._fetch_after(page))
            try:
                await self._take(ingest, page)
                if not (page.has_more and await self._read_first(ingest, following)):
                    await self.aside(self._settle)
            except BaseException:
                following.cancel()
                raise
            if waited and page.position.seq == page.from_seq:
                following.cancel()
                return
            waited = not page.has_more
            if waited:
                self.caught_up.set()
            page = await following
            if self._stale:
                raise FeedReset("mirror_differs", None)

    async def _read_first(self, ingest: Ingest, following: asyncio.Task[Page]) -> bool:
        """Whether the page that follows is read by the time the one that was begun is scored."""
        begun, loop, scored = ingest.begun, asyncio.get_running_loop(), asyncio.Event()
        if begun is not None:
            begun.said.add_done_callback(lambda _: loop.call_soon_threadsafe(scored.set))
            waiting = asyncio.create_task(scored.wait())
            await asyncio.wait([following, waiting], return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
        return following.done()

    async def _fetch_after(self, page: Page) -> Page:
        """Ask for what follows, and read it, while the page at hand is being stored."""
        return await self._fetch(page.position, 0 if page.has_more else self.max_wait_s)

    async def _fetch(self, position: Position, wait_s: int) -> Page:
        body = await feed.fetch(self._client, position.cursor, self._limit, wait_s)
        return await asyncio.to_thread(feed.read, body, position)

    async def _take(self, ingest: Ingest, page: Page) -> None:
        """Begin a page, which ends the one before."""
        await self.aside(ingest.begin, page, ingest.clock())

    def _taken(self, ingested: Ingested) -> None:
        self._gaps = 0
        self.health.ok(instants.now(), ingested.changes)
        self._on_page(ingested)

    async def _start_anew(self, ingest: Ingest, *, forget: bool) -> None:
        """Fill a new mirror from the feed's beginning, or from snapshots where the core no longer holds that."""
        self._gaps, self._stale = 0, False
        meta = await self._client.meta()
        asked = instants.now()
        first = await rebuild.whole_feed(self._client, meta)
        if first is None:
            await self.know(ingest, meta, asked)
            await rebuild.from_snapshots(self._client, meta, ingest, self.run)
            return
        if forget:
            await self.run(ingest.clear)
        await self.know(ingest, meta, asked)
        await self._take(ingest, feed.read(first, None))
        await self.aside(self._settle)

    async def know(self, ingest: Ingest, meta: CoreMeta, asked: Instant) -> None:
        """Keep what the core said of itself, and when."""
        self.meta_health.ok(asked)
        await self.aside(ingest.know, encode(meta).decode(), self.meta_health)

    async def let_go(self, ingest: Ingest, error: BaseException) -> None:
        """After an error inside a page the memory may be ahead of the file: open both again next time.

        A file that is damaged is set aside, one that is gone is given up: the mirror is a copy, and is built anew.
        """
        if self._ingest is not ingest:
            return
        if not damaged(error):
            error = await self._unsettled() or error
        if self._ingest is not ingest or not (ingest.torn or damaged(error)):
            return
        self._ingest = None
        await self.aside(ingest.abandon)
        if damaged(error):
            await self.aside(set_aside, ingest.path)
            log.warning("%s: %s is built anew", error, ingest.path)

    async def _unsettled(self) -> Exception | None:
        """Have the page that was begun written; returns what went wrong."""
        try:
            await self.aside(self._settle)
        except Exception as error:  # noqa: BLE001 - whoever asks decides
            return error
        return None

    def stop_learning(self) -> None:
        """End a refit under way, also one that a page waits for: the page is given up."""
        if self._ingest is not None:
            self._ingest.line.stop()

    async def close(self) -> None:
        """Store the engine's state and close the mirror."""
        if self._ingest is not None:
            failed = await self._unsettled()
            if failed is not None and not isinstance(failed, Stopped):
                log.error("the last page is given up", exc_info=failed)
            ingest, self._ingest = self._ingest, None
            await self.aside(ingest.abandon if ingest.torn else ingest.close)


def _position(ingest: Ingest) -> Position | None:
    return ingest.position
