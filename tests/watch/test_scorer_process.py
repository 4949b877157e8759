"""A scorer in a process of its own: it says what one here says, and its end is told to whoever waits for it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.desk.pack_files import pack_texts
from console.risk.packs import load_packs
from console.watch.ingest import Ingest
from console.watch.learning import School
from console.watch.scorer import Scorer
from console.watch.scorer_process import ScorerApart, ScorerGone
from store.compare import differences
from store.journal import Journal
from tests.processes import wait_until
from tests.watch.told import Core, account, label, purchase

TEXTS = pack_texts(None)


def apart(folder: Path) -> ScorerApart:
    Journal(folder / "journal.db").close()
    return ScorerApart(folder / "mirror.db", TEXTS, folder / "journal.db", School())


@pytest.fixture
def line(tmp_path: Path) -> Iterator[ScorerApart]:
    line = apart(tmp_path)
    yield line
    line.abandon()


def test_it_says_what_a_scorer_here_says(tmp_path: Path) -> None:
    told = [
        [account("acc.1")],
        [purchase(f"txn.{n}") for n in range(30)],
        [label("lab.1", "txn.3")],
        [purchase("txn.x")],
    ]
    for name in ("here", "apart"):
        folder, core = tmp_path / name, Core()
        folder.mkdir()
        begin = (lambda folder=folder: apart(folder)) if name == "apart" else None
        ingest = Ingest(folder / "mirror.db", load_packs(TEXTS), folder / "journal.db", School(), begin)
        for changes in told:
            ingest.begin(core.page(*changes))
        ingest.close()
    assert differences(tmp_path / "here" / "mirror.db", tmp_path / "apart" / "mirror.db") == []


def test_what_was_kept_is_taken_back_by_the_next_one(tmp_path: Path) -> None:
    core, pack, journal = Core(), load_packs(TEXTS), tmp_path / "journal.db"
    first = Ingest(tmp_path / "mirror.db", pack, journal, School(), lambda: apart(tmp_path))
    first.page(core.page(account("acc.1"), *(purchase(f"txn.{n}") for n in range(5))))
    first.close()
    second = Ingest(tmp_path / "mirror.db", pack, journal, School(), lambda: apart(tmp_path))
    assert second.line.ask(Scorer.restore, second.mirror.identity, second.mirror.logged_to()).result()[0] == 6
    second.close()


def test_an_error_comes_to_whoever_asked_with_where_it_happened(line: ScorerApart) -> None:
    with pytest.raises(TypeError) as caught:
        line.ask(Scorer.warm, None, None).result()  # type: ignore[arg-type]
    assert "in warm" in "".join(caught.value.__notes__)
    assert line.ask(Scorer.restore, "nobody", None).result() == (None, 0)


def test_what_it_logs_is_logged_here(tmp_path: Path, line: ScorerApart, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "mirror.engine").write_text("no state")
    with caplog.at_level(logging.WARNING):
        assert line.ask(Scorer.restore, "nobody", 7).result() == (None, 0)
    assert [record.name for record in caplog.records] == ["riskdesk.watch"]
    assert caplog.records[0].getMessage().endswith("the facts log is replayed")


def test_whoever_waits_is_told_that_it_is_gone(line: ScorerApart) -> None:
    os.kill(line.pid, signal.SIGKILL)
    with pytest.raises(ScorerGone, match="code -9"):
        line.ask(Scorer.forget).result()
    with pytest.raises(ScorerGone):
        line.ask(Scorer.forget).result()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_end_is_left_to_the_watcher(line: ScorerApart, number: signal.Signals) -> None:
    os.kill(line.pid, number)  # it has hardly begun
    assert line.ask(Scorer.restore, "nobody", None).result() == (None, 0)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell")
def test_refits_inherit_that_signals_to_end_are_blocked(line: ScorerApart) -> None:
    """One that ended before its watcher would count as failed."""
    told = Path(f"/proc/{line.pid}/status").read_text()
    blocked = int(told.partition("SigBlk:")[2].split()[0], 16)
    assert all(blocked >> (number - 1) & 1 for number in (signal.SIGTERM, signal.SIGINT))


@pytest.mark.parametrize("started", [False, True])
def test_it_ends_with_its_watcher_however_that_ends(tmp_path: Path, started: bool) -> None:
    asked = "line.ask(Scorer.forget).result()" if started else ""
    watcher = f"""
import os
from pathlib import Path
from tests.watch.test_scorer_process import Scorer, apart
line = apart(Path({str(tmp_path)!r}))
{asked}
print(line.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    ended = subprocess.run([sys.executable, "-c", watcher], check=False, stdout=subprocess.PIPE)
    assert ended.returncode == -signal.SIGKILL
    wait_until(lambda: not alive(int(ended.stdout)), "the scorer has ended")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
