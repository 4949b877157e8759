"""A refit as a process: what goes wrong is its answer, and it lives no longer than its watcher."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from console.risk.learner import Parameters
from console.risk.training import Moment, packed
from console.watch import refit
from console.watch.refit import Fitting, Job, Stopped
from store.mirror import Mirror
from store.training import Layout, TrainingPage

ROWS = 2_000
FOR_EVER = 1_000_000
"""Trees that nobody waits for."""


def job(folder: Path, trees: int = 5, frauds: int = 200) -> Job:
    """Rows handed over, none of them in the file yet."""
    Mirror(folder / "mirror.db").close()
    rng = np.random.default_rng(1)
    seqs = np.arange(1, ROWS + 1)
    columns = (seqs.astype("<i8").tobytes(), seqs.astype("<i8").tobytes(), b"")
    page = TrainingPage(ROWS, 1, ROWS, "a", *columns, packed(rng.random((ROWS, 2), np.float32)).tobytes())
    return Job(
        mirror=str(folder / "mirror.db"),
        version="m1",
        moment=Moment(ROWS + 500, ROWS + 500, 1),
        features=("amount", "hour"),
        weights={},
        parameters=Parameters(trees=trees, depth=2),
        champion=b"no model",
        filed_before=1,
        layouts={"a": Layout(("amount", "hour"), ())},
        pages=[page],
        judgements=[(ROWS + number, number, 1, 0) for number in range(1, frauds + 1)],
    )


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_the_answer_comes_from_another_process(tmp_path: Path) -> None:
    wanted = job(tmp_path)
    given = Fitting(wanted).answer()
    assert given.outcome == "promoted" and given.body is not None
    assert given.body == refit.carry_out(wanted).body


def test_too_few_frauds_are_refused(tmp_path: Path) -> None:
    given = refit.carry_out(job(tmp_path, frauds=3))
    assert (given.outcome, given.body) == ("refused", None)
    assert given.why == "too_few_frauds: 3 labelled frauds among 2000 rows"


def test_a_child_that_fails_is_a_failed_refit(tmp_path: Path) -> None:
    wanted = job(tmp_path)
    Path(wanted.mirror).unlink()
    given = Fitting(wanted).answer()
    assert (given.outcome, given.why) == ("failed", "ended with code 1")


def test_a_program_that_can_not_be_started_is_a_failed_refit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.watch.refit.sys.executable", str(tmp_path / "nothing"))
    given = Fitting(job(tmp_path)).answer()
    assert given.outcome == "failed" and "FileNotFoundError" in given.why


def test_a_stopped_refit_gives_no_answer(tmp_path: Path) -> None:
    fitting = Fitting(job(tmp_path, trees=FOR_EVER))
    fitting.stop()
    with pytest.raises(Stopped):
        fitting.answer()
    assert fitting.ready


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_a_refit_ends_with_a_watcher_that_was_killed(tmp_path: Path) -> None:
    (tmp_path / "job").write_bytes(msgspec.msgpack.encode(job(tmp_path, trees=FOR_EVER)))
    watcher = subprocess.Popen(
        [sys.executable, "-c", WATCHER, str(tmp_path / "job")], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    assert watcher.stdout is not None
    child = int(watcher.stdout.readline())
    assert alive(child)
    watcher.send_signal(signal.SIGKILL)
    watcher.wait()
    deadline = time.monotonic() + 20
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)


WATCHER = """
import sys, time, pathlib, msgspec
from console.watch.refit import Fitting, Job
fitting = Fitting(msgspec.msgpack.decode(pathlib.Path(sys.argv[1]).read_bytes(), type=Job))
while fitting._process is None:
    time.sleep(0.01)
print(fitting._process.pid, flush=True)
time.sleep(60)
"""
