"""The watcher's life: one process per home that follows the core, scores, and carries out commands."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from msgspec.structs import replace

from console import __version__
from console.core import instants
from console.core.client import CoreClient, is_loopback
from console.core.messages import CoreMeta
from console.core.problems import CoreProblem, CoreUnreachable
from console.desk import checklist
from console.desk.checkpoints import Places
from console.desk.credentials import Credentials
from console.desk.hotline import DeskServer
from console.desk.pack_files import pack_texts
from console.risk.packs import load_packs
from console.watch.bell import Bell
from console.watch.book import BookReview
from console.watch.chain import CheckpointExport, note_rules
from console.watch.dispatch import Dispatcher, Evidence
from console.watch.follow import Follower
from console.watch.health import Health, write_all
from console.watch.heartbeat import Beat
from console.watch.holds import HoldWatch
from console.watch.ingest import LANE, Ingest, Ingested
from console.watch.opening import opened
from console.watch.options import WatchOptions
from console.watch.plans import PlanRunner
from console.watch.policy import PolicyWatch
from console.watch.portfolio import PortfolioWatch
from console.watch.progress import Progress, in_mb
from console.watch.rehearsal import Rehearsal
from console.watch.rounds import Job, reported
from console.watch.service import Service
from console.watch.verify import DigestCheck
from store.files import StoreError
from store.journal import Journal
from store.search import catch_up
from store.upkeep import drop_events

log = logging.getLogger("riskdesk.watch")

ABOUT = "watcher"
"""The note in which the watcher says who it is."""
META_EVERY_S = 30
DIGEST_EVERY_S = 600
CHECKPOINT_EVERY_S = 300
"""Seconds between runs of jobs whose deadline or reader goes by them; `console.watch.schedule` has them all."""


class Watcher:
    """Everything that runs while a home is watched. `open` it, schedule its jobs, `close` it."""

    def __init__(self, options: WatchOptions, client: CoreClient, credentials: Credentials) -> None:
        self.progress = Progress()
        self.follower = Follower(
            client,
            lambda: opened(options, self._packs, self._pack),
            ThreadPoolExecutor(1, thread_name_prefix="mirror"),
            self._on_page,
            options.page_limit,
        )
        self.digest = DigestCheck(options.home.mirror, client)
        self._options = options
        self._client = client
        self._packs = pack_texts(options.packs)
        self._pack = load_packs(self._packs)
        self._digest_health = Health("digest")
        self._retention_health = Health("retention")
        self._commands_health = Health("commands")
        self._mirror_health = Health("mirror")
        self._meta: CoreMeta | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._credentials = credentials
        self._journal = Journal(options.home.journal)
        note_rules(self._journal, self._packs, instants.now())
        self.policy = PolicyWatch(options.home, options.packs, self._journal, self.follower, self._leave_note)
        self.book = BookReview(options.home, options.limit_review_days, lambda: self._meta)
        self.holds = HoldWatch(options.home.mirror, self._journal, client, self._leave_note)
        self.portfolio = PortfolioWatch(options.home.mirror, self._journal, self.follower.caught_up)
        self._checkpoint_health = Health("checkpoints")
        self._places = Places.configured()
        self._checkpoints = CheckpointExport(self._journal, self._places)
        self.bell = Bell(options.home, options.notify, self._journal, self.follower.health, self.follower.caught_up)
        self.beat = Beat(options.heartbeat, lambda: not self.bell.still())
        self._sender: CoreClient | None = None
        self.service = Service(self._journal, credentials, client, self._sending_client, acting=options.automatic)
        self.dispatcher = Dispatcher(self._journal, self._sending_client, lambda: client, sender=self.service.sender)
        self.automatic = self.service.runner(
            options.home.mirror, self._pack, lambda: self._meta, self.dispatcher.run_due
        )
        self.plans = PlanRunner(self._journal, self._sending_client, self.dispatcher.run_due)
        rehearsal = Rehearsal()
        self._desk = DeskServer(
            options.home.socket,
            nudged=self._nudged,
            credential=self._credential_arrived,
            status=self._status,
            rehearse=lambda body, if_match: rehearsal.ask(self._sending_client(), self._meta, body, if_match),
        )

    @property
    def healths(self) -> list[Health]:
        return [
            self.follower.health,
            self.follower.meta_health,
            self._commands_health,
            self.holds.health,
            self.portfolio.health,
            self.policy.health,
            self._digest_health,
            self._retention_health,
            self._mirror_health,
            *([self._checkpoint_health] if self._places else []),
            *([self.bell.health] if self.bell.wanted else []),
            *([self.beat.health] if self._options.heartbeat.url else []),
            *([self.automatic.health] if self.service.acting else []),
            *([self.book.health] if self.book.wanted else []),
        ]

    async def open(self) -> None:
        """Open the mirror and answer the consoles; raises StoreError when a file can't be used."""
        await self.announce("watching")
        await self._leave_note(checklist.NOTE, checklist.told(self._pack))
        await self.bell.learn()
        await self._desk.__aenter__()

    async def close(self) -> None:
        """Let what is in flight end, store the engine's state, and close the files."""
        self.follower.stop_learning()
        while self._running:  # the last page may begin one more
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
        await self._desk.__aexit__()
        await self.plans.close()
        await self.policy.close()
        await self.dispatcher.drain()
        if self._sender is not None:
            await self._sender.__aexit__(None, None, None)
        await self.service.close()
        self.bell.close()
        await self.announce("stopped")
        await self.follower.close()
        self._journal.close()

    async def costs(self) -> dict[str, float]:
        """What an event has cost so far, and the most memory the scorer held."""
        ingest = await self.follower.ingest()
        return {**ingest.stages.per(self.progress.events), "scorer_rss_mb": in_mb(ingest.scorer_peak)}

    def _on_page(self, page: Ingested) -> None:
        self.progress.note(page)
        self.digest.note(page.applied)
        evidence = [Evidence(command_id, type_, doc.encode()) for command_id, type_, doc in page.caused]
        if evidence:
            self.dispatcher.confirm_from_feed(evidence)
        if "indicator" in page.types:
            self.start(self.look_at_policy)

    # ------------------------------------------------------------ the consoles' line

    def _sending_client(self) -> CoreClient | None:
        """The client that carries the operator's own credential; None while there is none."""
        if self._sender is None and (self._credentials.sending() or is_loopback(self._options.core)):
            self._sender = CoreClient(self._options.core, self._credentials.sending, breaker=self._client.breaker)
        return self._sender

    def _nudged(self, command_id: str) -> None:
        self.start(self.send_commands)

    def _credential_arrived(self, token: str) -> None:
        self._credentials.receive(token)
        self.dispatcher.credential_arrived()
        self.start(self.send_commands)

    def _status(self) -> dict[str, Any]:
        troubles = {health.poller: health.last_error for health in self.healths if health.last_error}
        return {"core": self._options.core, "version": __version__, "troubles": troubles, **self.progress.report()}

    def start(self, job: Job) -> asyncio.Task[None]:
        """Run a job now; `close` cancels it and waits for it."""
        task = asyncio.get_running_loop().create_task(job())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def scheduled(self, job: Job) -> None:
        """Run a job for the scheduler, which never sees it cancelled: it ends when the job has ended."""
        task = self.start(job)
        await asyncio.wait([task])
        if not task.cancelled() and task.exception() is not None:
            log.error("%s: %s", job.__name__, task.exception())

    # ------------------------------------------------------------ jobs

    async def follow(self) -> None:
        """Drain the feed and wait for news."""
        await self._reported(self.follower.health, self.follower.drain)

    async def send_commands(self) -> None:
        """Send, resolve and confirm what is due; look for a new token when commands wait for one."""

        async def send() -> None:
            breaker = self._client.breaker
            if breaker.pausing or (breaker.open and not await self._client.answers()):
                raise CoreUnreachable(
                    f"{breaker.unanswered} requests without an answer: nothing is sent until one comes"
                )
            await self.dispatcher.run_due()
            self.plans.run_due()
            self._commands_health.ok(instants.now())

        await self._reported(self._commands_health, send)

    async def renew_credential(self) -> None:
        """Ask the token's source again while commands wait for a credential."""

        async def renew() -> None:
            await self.service.renew(refused=self.automatic.refused)
            waiting = any(entry.waits_for == "credential" for entry in self._journal.unresolved())
            if (waiting or self.plans.waits_for_credential) and await asyncio.to_thread(self._credentials.renew):
                self.dispatcher.credential_arrived()

        await self._reported(self._commands_health, renew)

    async def ask_meta(self) -> None:
        """Refresh what the core says of itself and of us; the console reads it from the mirror."""

        async def ask() -> None:
            async with asyncio.timeout(META_EVERY_S - 5):
                meta = await self._client.meta()
                asked = instants.now()
                meta = await self._told_of_us(meta)
            ingest = await self.follower.ingest()
            self.follower.max_wait_s = min(self.follower.max_wait_s, meta.limits.max_wait_s)
            await self.follower.know(ingest, meta, asked)
            self._meta = meta

        await self._reported(self.follower.meta_health, ask)

    async def _told_of_us(self, meta: CoreMeta) -> CoreMeta:
        """The core's /meta with who the operator is: the token to read with may be another subject's."""
        sender = self._sending_client()
        if sender is None or self._credentials.sending() == self._credentials.reading():
            return meta
        try:
            return replace(meta, you=(await sender.meta()).you)
        except CoreProblem as problem:
            log.warning("who we are can't be asked with the operator's token: %s", problem)
            return replace(meta, you=self._meta.you) if self._meta is not None else meta

    async def check_digest(self) -> None:
        """Compare the mirror with the core; a bucket that differs twice in a row means: build it anew."""

        async def check() -> None:
            if self._meta is None:
                return
            async with asyncio.timeout(DIGEST_EVERY_S - 60):
                differing = await self.digest.run(self._meta.types)
            if differing:
                self._digest_health.gap(instants.now(), f"the mirror differs from the core in {', '.join(differing)}")
                self.follower.start_anew()
            else:
                self._digest_health.ok(instants.now())

        await self._reported(self._digest_health, check)

    async def drop_old(self) -> None:
        """Drop raw events beyond their age, counted back from the feed's watermark."""

        async def drop() -> None:
            ingest = await self.follower.ingest()
            watermark = await self.follower.aside(_watermark, ingest)
            before = watermark - self._options.retention_days * instants.DAY
            dropped = 1 if watermark else 0
            while dropped:
                dropped = await self.follower.run(drop_events, ingest.mirror, before)
            await self.follower.run(ingest.drop_learned, watermark)
            self._retention_health.ok(instants.now())

        await self._reported(self._retention_health, drop)

    async def index_ids(self) -> None:
        """Let searches find by its beginning what was numbered since the last time."""
        ingest = await self.follower.ingest()
        await self.follower.run(catch_up, ingest.mirror)

    async def watch_holds(self) -> None:
        """Mark the holds that end by themselves while their case is open."""
        await self._reported(self.holds.health, self.holds.run)

    async def look_at_policy(self) -> None:
        """Move the policy's stance as the indicators ask, or propose to."""
        await self._reported(self.policy.health, self.policy.run)

    async def review_book(self) -> None:
        """Propose which limits of the whole book should move, when that is due and the feed is read to its end."""
        if self.follower.caught_up.is_set():
            await self._reported(self.book.health, self.book.run)

    async def leave_checkpoint(self) -> None:
        """Leave the audit chain's end where the settings say."""

        async def leave() -> None:
            await self._checkpoints.run()
            self._checkpoint_health.ok(instants.now())

        await self._reported(self._checkpoint_health, leave)

    async def ring(self) -> None:
        """Tell the channels what is new."""
        if self.bell.wanted:
            await self._reported(self.bell.health, self.bell.run)

    async def act_by_itself(self) -> None:
        """Answer what the policy lets a machine answer, once the feed is read to its end."""
        if self.service.acting and self.follower.caught_up.is_set():
            await self._reported(self.automatic.health, self.automatic.run)

    async def take_portfolio(self) -> None:
        """Sum up the book by segment."""
        await self._reported(self.portfolio.health, self.portfolio.run)

    async def say_well(self) -> None:
        """Call the heartbeat's address."""
        if self._options.heartbeat.url:
            await self._reported(self.beat.health, self.beat.run)

    async def write_health(self) -> None:
        """Show the console how every poller is doing."""

        async def write() -> None:
            ingest = await self.follower.ingest()
            now = instants.now()
            self._mirror_health.ok(now)
            for health in self.healths:
                health.measure(now)
            try:
                if await self.follower.aside(ingest.mirror.noted, ABOUT) is None:  # the mirror was begun anew
                    await self.announce("watching")
                learning = [ingest.learning_health] if ingest.school else []
                await self.follower.aside(write_all, [*self.healths, *learning], ingest.mirror)
            except (StoreError, sqlite3.Error) as error:
                await self.follower.let_go(ingest, error)
                raise

        await self._reported(self._mirror_health, write)

    async def _reported(self, health: Health, job: Job) -> None:
        await reported(health, job, self._options.home.folder)

    async def announce(self, state: str) -> None:
        """Leave a note for the console: which watcher, on which core, in which state."""
        about = {
            "pid": os.getpid(),
            "version": __version__,
            "core": self._options.core,
            "packs": str(self._options.packs.absolute()) if self._options.packs else None,
            "state": state,
            "started_at": instants.now(),
        }
        await self._leave_note(ABOUT, json.dumps(about))

    async def _leave_note(self, key: str, value: str) -> None:
        """Leave something in the mirror for the consoles to read."""
        await self.follower.aside(_note, await self.follower.ingest(), key, value)


def _note(ingest: Ingest, key: str, value: str) -> None:
    with ingest.mirror.transaction():
        ingest.mirror.note(key, value)


def _watermark(ingest: Ingest) -> int:
    return ingest.mirror.watermark(LANE)
