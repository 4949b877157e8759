"""Leaving: the console ends with its threads, also when its terminal is gone.

A closed terminal takes no more output, and Textual may then wait for ever to write its last lines. So a hang-up gives
it some seconds to leave as `q` does, then ends it where it stands.
"""

from __future__ import annotations

import asyncio
import signal
from types import FrameType
from typing import Any

from textual.app import App

LEAVES_WITHIN_S = 3.0


def run_until_left(app: App[Any]) -> None:
    """Run an app until it is left, told to end, or its terminal closes."""
    try:
        asyncio.run(_run(app))
    except _HungUp:
        app.exit(0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _stop_reading_keys(app)


class _HungUp(BaseException):
    """The terminal is gone and the app does not come to an end."""


async def _run(app: App[Any]) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, app.exit, 0)
    loop.add_signal_handler(signal.SIGHUP, _hang_up, app)
    await app.run_async()


def _hang_up(app: App[Any]) -> None:
    signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, LEAVES_WITHIN_S, 1.0)
    app.exit(0)


def _give_up(_number: int, _frame: FrameType | None) -> None:
    """Called in the main thread, wherever it waits."""
    raise _HungUp


def _stop_reading_keys(app: App[Any]) -> None:
    """The driver's thread for keys ends only when told so, and the process only with it."""
    ended = getattr(app._driver, "exit_event", None)
    if ended is not None:
        ended.set()
