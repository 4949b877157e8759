"""The audit chain and its checkpoints, over real processes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from console.sandbox.run import Sandbox
from tests.processes import Riskdesk, wait_until


def test_a_watcher_leaves_checkpoints_by_which_a_cut_off_tail_is_found(
    desk: Callable[[str], Riskdesk], world: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = tmp_path / "elsewhere.jsonl"
    monkeypatch.setenv("RISKDESK_CHECKPOINT_FILE", str(points))
    one = desk(world.origin)
    one.start("watch")
    wait_until(points.exists, "a checkpoint")
    one.stop()
    whole = one.run("audit", "verify", "--checkpoint", str(points))
    assert whole.returncode == 0, whole.stdout
    with sqlite3.connect(one.home.journal) as journal:
        journal.execute("DELETE FROM audit")
    journal.close()
    assert one.run("audit", "verify").returncode == 0
    cut = one.run("audit", "verify", "--checkpoint", str(points))
    assert (cut.returncode, "cut off at the end" in cut.stdout) == (1, True)
    one.start("watch")
    wait_until(lambda: "knows row" in feed_error(one), "the watcher tells of the chain that was cut")


def feed_error(one: Riskdesk) -> str:
    with sqlite3.connect(f"{one.home.mirror.as_uri()}?mode=ro", uri=True, timeout=5) as mirror:
        told = mirror.execute("SELECT last_error FROM health WHERE poller = 'checkpoints'").fetchone()
    mirror.close()
    return str(told[0]) if told else ""
