"""A stopped watcher waits for the page at hand, and tells what went wrong in it, but not that it was stopped."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from console.watch.follow import Follower
from console.watch.refit import Stopped


@pytest.mark.parametrize(("error", "told"), [(None, 0), (Stopped(), 0), (OSError("disk full"), 1)])
async def test_what_a_cancelled_page_ends_with(
    error: Exception | None, told: int, caplog: pytest.LogCaptureFixture
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def page() -> None:
        begun.set()
        go_on.wait()
        if error is not None:
            raise error

    with ThreadPoolExecutor(1) as worker:
        nobody = cast(Any, None)
        follower = Follower(nobody, nobody, worker, nobody, 100)
        running = asyncio.create_task(follower.run(page))
        await asyncio.to_thread(begun.wait)
        running.cancel()
        await asyncio.sleep(0)
        assert not running.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert len(caplog.records) == told
