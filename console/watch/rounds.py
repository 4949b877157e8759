"""A round of a job, and what becomes of its errors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from console.core import instants
from console.core.problems import CoreProblem, CoreUnreachable
from console.desk import ailments
from console.watch.health import Health
from console.watch.outside import OutsideError
from console.watch.scorer import ScorerGone

log = logging.getLogger("riskdesk.watch")

Job = Callable[[], Coroutine[Any, Any, None]]


async def reported(health: Health, job: Job, folder: Path) -> None:
    """Run a job's round; whatever goes wrong is told in the poller's health and the log, and the next round comes.

    What repeats is logged once, and its end too. `folder` is the home's.
    """
    before = health.last_error
    try:
        await job()
    except Exception as error:
        text = _words(error, folder)
        health.failed(instants.now(), text or f"{type(error).__name__}: {error}")
        if health.last_error == before:
            return
        if text is None:
            log.exception("%s", health.poller)
        else:
            log.warning("%s: %s", health.poller, text)
    else:
        if before is not None and health.last_error is None:
            log.info("%s goes on; it had stopped over: %s", health.poller, before)


def _words(error: Exception, folder: Path) -> str | None:
    """What a foreseen error says; None for one that nobody foresaw, which is logged in full."""
    if isinstance(error, CoreProblem | CoreUnreachable | OutsideError | ScorerGone | TimeoutError):
        return str(error) or type(error).__name__
    return ailments.words(error, folder)
