"""The heartbeat is called while all is well, and its failures are told without its address."""

from __future__ import annotations

import pytest

from console.settings import Heartbeat
from console.watch.heartbeat import Beat
from console.watch.outside import OutsideError
from tests.watch.receiver import receiving

pytestmark = pytest.mark.usefixtures("outside")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_heartbeat_is_called_only_while_all_is_well(method: str) -> None:
    well = [True]
    async with receiving() as hook:
        beat = Beat(Heartbeat(url=hook.url, method=method), lambda: well[0])
        await beat.run()
        well[0] = False
        await beat.run()
        assert [(asked[0], asked[1]) for asked in hook.asked] == [(method, "/hook")]
        assert "held back" in beat.health.state
        well[0], hook.status = True, 500
        with pytest.raises(OutsideError, match=r"127\.0\.0\.1 answered 500"):
            await beat.run()
    assert beat.health.state == "1 sent, 1 failed"


@pytest.mark.parametrize("url", ["http://beat.example/s3cret", "http://127.0.0.1:9/s3cret"])
async def test_a_heartbeat_that_fails_is_told_without_its_address(url: str) -> None:
    with pytest.raises(OutsideError) as told:
        await Beat(Heartbeat(url=url), lambda: True).run()
    assert "s3cret" not in str(told.value)
