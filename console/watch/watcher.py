"""The watcher's life: one process per home that follows the core, scores, and carries out commands."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from console import __version__
from console.core import instants
from console.core.client import CoreClient
from console.core.messages import CoreMeta, encode
from console.core.problems import CoreProblem, CoreUnreachable
from console.paths import Home, fixtures
from console.risk.packs import Pack, load_packs
from console.watch.follow import Follower
from console.watch.health import Health
from console.watch.ingest import LANE, Ingest, Ingested
from console.watch.verify import DigestCheck
from store.files import StoreError
from store.upkeep import drop_events

log = logging.getLogger("riskdesk.watch")

META_EVERY_S = 30
DIGEST_EVERY_S = 600
RETENTION_EVERY_S = 3600
HEALTH_EVERY_S = 1
"""Seconds between runs of the watcher's jobs."""


@dataclass(frozen=True)
class WatchOptions:
    """What `riskdesk watch` was asked for. `retention_days` counts stream days of raw events; accounts are kept."""

    home: Home
    core: str
    until_caught_up: bool = False
    page_limit: int = 1000
    retention_days: int = 180
    packs: Path | None = None


@dataclass
class Progress:
    """What the watcher has done since it started."""

    events: int = 0
    alerts: int = 0
    started: float = field(default_factory=time.monotonic)

    def report(self) -> dict[str, float | int]:
        """Figures for people and machines: events, seconds, events a second, alerts, peak memory in MB."""
        seconds = time.monotonic() - self.started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {
            "events": self.events,
            "seconds": round(seconds, 3),
            "events_per_s": round(self.events / seconds) if seconds else 0,
            "alerts": self.alerts,
            "rss_mb": round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024)),
        }


def packs(folder: Path | None) -> Pack:
    """The rule packs of a folder, the shipped ones without one. Raises ValueError naming the file and the mistake."""
    chosen = folder or fixtures() / "packs"
    return load_packs((path.name, path.read_text(encoding="utf-8")) for path in sorted(chosen.glob("*.toml")))


class Watcher:
    """Everything that runs while a home is watched."""

    def __init__(self, options: WatchOptions, client: CoreClient) -> None:
        self.progress = Progress()
        self.follower = Follower(
            client,
            self._open,
            ThreadPoolExecutor(1, thread_name_prefix="mirror"),
            self._on_page,
            options.page_limit,
        )
        self._options = options
        self._client = client
        self._pack = packs(options.packs)
        self._meta_health = Health("meta")
        self._digest_health = Health("digest")
        self._retention_health = Health("retention")
        self._digest = DigestCheck(options.home.mirror, client)
        self._meta: CoreMeta | None = None

    @property
    def healths(self) -> list[Health]:
        return [self.follower.health, self._meta_health, self._digest_health, self._retention_health]

    def _open(self) -> Ingest:
        return Ingest(self._options.home.mirror, self._pack)

    def _on_page(self, page: Ingested) -> None:
        self.progress.events += page.changes
        self.progress.alerts += len(page.opened)

    # ------------------------------------------------------------ jobs

    async def follow(self) -> None:
        """Drain the feed and wait for news."""
        await reported(self.follower.health, self.follower.drain)

    async def ask_meta(self) -> None:
        """Refresh what the core says of itself and of us; the console reads it from the mirror."""

        async def ask() -> None:
            async with asyncio.timeout(META_EVERY_S - 5):
                meta = await self._client.meta()
            ingest = await self.follower.ingest()
            self.follower.max_wait_s = min(self.follower.max_wait_s, meta.limits.max_wait_s)
            await self.follower.run(_note, ingest, "meta", encode(meta).decode())
            self._meta = meta
            self._meta_health.ok(instants.now())

        await reported(self._meta_health, ask)

    async def check_digest(self) -> None:
        """Compare the mirror with the core; a bucket that differs twice in a row means: build it anew."""

        async def check() -> None:
            if self._meta is None:
                return
            async with asyncio.timeout(DIGEST_EVERY_S - 60):
                differing = await self._digest.run(self._meta.types)
            if differing:
                self._digest_health.gap(instants.now(), f"the mirror differs from the core in {', '.join(differing)}")
            else:
                self._digest_health.ok(instants.now())

        await reported(self._digest_health, check)

    async def drop_old(self) -> None:
        """Drop raw events beyond their age, counted back from the feed's watermark."""

        async def drop() -> None:
            ingest = await self.follower.ingest()
            watermark = await self.follower.run(_watermark, ingest)
            before = watermark - self._options.retention_days * instants.DAY
            while watermark and await self.follower.run(drop_events, ingest.mirror, before):
                await asyncio.sleep(0)
            self._retention_health.ok(instants.now())

        await reported(self._retention_health, drop)

    async def write_health(self) -> None:
        """Show the console how every poller is doing."""
        ingest = await self.follower.ingest()
        now = instants.now()
        for health in self.healths:
            health.measure(now)
        await self.follower.run(_write_health, ingest, self.healths)

    async def announce(self, state: str) -> None:
        """Leave a note for the console: which watcher this is, on which core, and in which state."""
        ingest = await self.follower.ingest()
        about = {
            "pid": os.getpid(),
            "version": __version__,
            "core": self._options.core,
            "state": state,
            "started_at": instants.now(),
        }
        await self.follower.run(_note, ingest, "watcher", json.dumps(about))


def _note(ingest: Ingest, key: str, value: str) -> None:
    with ingest.mirror.transaction():
        ingest.mirror.note(key, value)


def _write_health(ingest: Ingest, healths: list[Health]) -> None:
    with ingest.mirror.transaction():
        for health in healths:
            health.write(ingest.mirror)


def _watermark(ingest: Ingest) -> int:
    return ingest.mirror.watermark(LANE)


async def reported(health: Health, job: Callable[[], Awaitable[None]]) -> None:
    """Run a job's round; whatever goes wrong is told in the poller's health and the log, and the next round comes."""
    try:
        await job()
    except (CoreProblem, CoreUnreachable, TimeoutError) as error:
        health.failed(instants.now(), str(error) or type(error).__name__)
        log.warning("%s: %s", health.poller, error or type(error).__name__)
    except StoreError as error:
        health.failed(instants.now(), str(error))
        log.error("%s: %s", health.poller, error)
    except Exception as error:  # noqa: BLE001 - shown to the operator in the poller's health, and logged
        health.failed(instants.now(), f"{type(error).__name__}: {error}")
        log.error("%s: %s: %s", health.poller, type(error).__name__, error, exc_info=True)


def _told(event: JobEvent) -> None:
    log.error("job %s did not run as planned: %s", event.job_id, getattr(event, "exception", None) or f"code {event.code}")


def schedule(watcher: Watcher) -> AsyncIOScheduler:
    """The watcher's jobs. Late runs are made up once, never dropped; one instance each; the first at once."""
    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    scheduler.add_listener(_told, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
    for job, seconds in (
        (watcher.ask_meta, META_EVERY_S),
        (watcher.write_health, HEALTH_EVERY_S),
        (watcher.drop_old, RETENTION_EVERY_S),
        (watcher.check_digest, DIGEST_EVERY_S),
    ):
        scheduler.add_job(job, "interval", seconds=seconds, id=job.__name__)
    return scheduler
