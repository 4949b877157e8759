"""A round of a job, and what becomes of its errors."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from console.core import instants
from console.core.problems import CoreProblem, CoreUnreachable
from console.watch.health import Health
from console.watch.outside import OutsideError

log = logging.getLogger("riskdesk.watch")


async def reported(health: Health, job: Callable[[], Awaitable[None]]) -> None:
    """Run a job's round; whatever goes wrong is told in the poller's health and the log, and the next round comes."""
    try:
        await job()
    except (CoreProblem, CoreUnreachable, OutsideError, TimeoutError) as error:
        health.failed(instants.now(), str(error) or type(error).__name__)
        log.warning("%s: %s", health.poller, error or type(error).__name__)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        if text != health.last_error:
            log.exception("%s", health.poller)
        health.failed(instants.now(), text)
