"""A clock that jumps by an hour, ours or the core's: commands are confirmed, the feed goes on, and it is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from console.exits import Exit
from console.sandbox.run import Sandbox
from tests.processes import Riskdesk, rows, wait_until

HOUR_S = 3600


def accounts(one: Riskdesk) -> list[str]:
    query = "SELECT account_id FROM v_account WHERE status = 'active' ORDER BY 1 LIMIT 2"
    wait_until(lambda: len(rows(one, query)) == 2, "accounts")
    return [account for (account,) in rows(one, query)]


def freezes(one: Riskdesk, account: str) -> None:
    done = one.run("act", "freeze", account, "--reason", "account_takeover", "--wait")
    assert done.returncode == Exit.OK, done.stdout + done.stderr


def read_to(one: Riskdesk) -> int:
    """The place in the feed up to which the mirror has read, 0 before the first page."""
    return max((seq for (seq,) in rows(one, "SELECT scanned_to_seq FROM v_feed")), default=0)


def goes_on(one: Riskdesk) -> None:
    before = read_to(one)
    wait_until(lambda: read_to(one) > before, "the feed going on")


@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S])
def test_our_clock_jumps(jump_s: int, world: Sandbox, tmp_path: Path, desk: Callable[..., Riskdesk]) -> None:
    off = tmp_path / "off"
    off.write_text("0")
    one = desk(world.origin)
    one.program = ("tests.clockwork", str(off))
    watcher = one.start("watch")
    first, second = accounts(one)
    freezes(one, first)
    off.write_text(str(jump_s))
    freezes(one, second)
    goes_on(one)
    done = one.run("doctor")
    assert (done.returncode, "clock" in done.stdout) == (Exit.FAILED, True)
    one.stop()
    assert b"clock was set by" in watcher.stderr.read()


@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S])
def test_the_cores_clock_jumps(jump_s: int, tmp_path: Path, desk: Callable[..., Riskdesk]) -> None:
    """A core set back stands still for an hour but for what is decided there."""
    off = tmp_path / "off"
    off.write_text("0")
    core = desk("", "core")
    core.program = ("tests.clockwork", str(off))
    sandbox = core.start("sandbox", "--world", "demo", "--population", "60", "--speed", "60", "--port", "0")
    one = desk(sandbox.stdout.readline().decode().strip())
    one.start("watch")
    first, second = accounts(one)
    freezes(one, first)
    off.write_text(str(jump_s))
    before = read_to(one)
    freezes(one, second)
    wait_until(lambda: read_to(one) > before, "the feed telling of the second freeze")
