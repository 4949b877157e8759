"""When the watcher's jobs run."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from console.core.clocks import Clock
from console.core.instants import SECOND
from console.watch import automatic, portfolio
from console.watch.watcher import CHECKPOINT_EVERY_S, DIGEST_EVERY_S, META_EVERY_S, Watcher

log = logging.getLogger("riskdesk.watch")

CLOCK_EVERY_S = 1
"""How often this machine's clock is looked at."""


def _told(event: JobEvent) -> None:
    log.error(
        "job %s did not run as planned: %s", event.job_id, getattr(event, "exception", None) or f"code {event.code}"
    )


def schedule(watcher: Watcher) -> AsyncIOScheduler:
    """The watcher's jobs. Late runs are made up once, never dropped; one instance each; the first at once."""
    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    scheduler.add_listener(_told, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
    for job, seconds in (
        (watcher.follow, 1),
        (watcher.send_commands, 1),
        (watcher.renew_credential, 15),
        (watcher.ask_meta, META_EVERY_S),
        (watcher.watch_holds, 15),
        (watcher.look_at_policy, 60),
        (watcher.index_ids, 5),
        (watcher.write_health, 1),
        (watcher.leave_checkpoint, CHECKPOINT_EVERY_S),
        (watcher.ring, 5),
        (watcher.say_well, watcher.beat.every_s),
        (watcher.act_by_itself, automatic.EVERY_S),
        (watcher.take_portfolio, portfolio.EVERY_S),
        (watcher.drop_old, 3600),
        (watcher.review_book, 3600),
        (watcher.check_digest, DIGEST_EVERY_S),
    ):
        first = {} if seconds > CHECKPOINT_EVERY_S else {"next_run_time": datetime.now(UTC)}
        scheduler.add_job(watcher.scheduled, "interval", args=[job], seconds=seconds, id=job.__name__, **first)
    return scheduler


async def keep_time(scheduler: AsyncIOScheduler) -> None:
    """Run every job now whenever this machine's clock was set: the times they were planned for mean nothing then."""
    clock = Clock()
    while True:
        await asyncio.sleep(CLOCK_EVERY_S)
        if jumped := clock.jumped_us():
            log.warning("this machine's clock was set by %+d s: every job runs now", round(jumped / SECOND))
            clock = Clock()
            for job in scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(UTC))
