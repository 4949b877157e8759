"""`riskdesk watch`: one watcher from its lock to its last checkpoint."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys

from console.core.client import CoreClient
from console.desk import ailments
from console.desk.credentials import Credentials, without_tokens
from console.exits import Exit
from console.language import tr
from console.watch import service
from console.watch.garbage import collect_seldom
from console.watch.lock import AlreadyWatched, WatcherLock
from console.watch.logbook import Logbook
from console.watch.options import WatchOptions
from console.watch.schedule import keep_time, schedule
from console.watch.scorer import ScorerGone
from console.watch.watcher import Watcher
from store.files import StoreError

NICENESS = 10
"""The watcher steps back behind the console, so that a flood of events never slows a key."""

THREADS = "1"
"""Of OpenMP: a page's predictions are too few to be shared out, and its pool of threads costs more than it gives."""

SWITCH_S = 0.001
"""How long the mirror's thread may hold the interpreter while an answer of the core or a nudge waits."""


class Discreet(logging.Formatter):
    """Writes no token into the log, whatever an error's text or traceback holds."""

    def format(self, record: logging.LogRecord) -> str:
        return without_tokens(super().format(record))


def run(options: WatchOptions, *, as_json: bool) -> int:
    """Watch until stopped (SIGTERM, SIGINT) or, if asked so, until caught up. Returns an exit code."""
    handler = Logbook(options.home.log)
    handler.setFormatter(Discreet("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for chatty in ("apscheduler", "httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    sys.setswitchinterval(SWITCH_S)
    collect_seldom()
    os.environ.setdefault("OMP_NUM_THREADS", THREADS)
    os.nice(NICENESS - os.nice(0) if os.nice(0) < NICENESS else 0)
    options.home.make()
    try:
        with WatcherLock(options.home.lock):
            report = asyncio.run(_watch(options))
    except AlreadyWatched as running:
        print(tr("watch.already", pid=running.pid or "?"), file=sys.stderr)
        return Exit.ALREADY_WATCHED
    except (StoreError, ScorerGone) as error:
        print(tr("cli.error", error=ailments.words(error, options.home.folder) or error), file=sys.stderr)
        return Exit.FAILED
    if as_json:
        print(json.dumps(report))
    elif "digest_equal" in report:  # it was not stopped before the feed's end
        print(tr("watch.caught_up", **report))
    return Exit.OK


async def _watch(options: WatchOptions) -> dict[str, float | int | bool]:
    credentials = Credentials(options.home)
    if options.automatic:
        await service.check(options.core, credentials)
    async with CoreClient(options.core, credentials.reading) as client:
        watcher = Watcher(options, client, credentials)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        scheduler = schedule(watcher)
        await watcher.open()
        scheduler.start()
        clocks = asyncio.create_task(keep_time(scheduler))
        try:
            await _until(stop, watcher.follower.caught_up if options.until_caught_up else None)
            report = watcher.progress.report() | await watcher.costs()
            if options.until_caught_up and not stop.is_set():
                report["digest_equal"] = await watcher.digest.equal()
        finally:
            clocks.cancel()
            scheduler.remove_all_jobs()
            await watcher.close()
            scheduler.shutdown(wait=False)
        return report


async def _until(*events: asyncio.Event | None) -> None:
    """Wait for the first of the events."""
    waits = [asyncio.create_task(event.wait()) for event in events if event is not None]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
