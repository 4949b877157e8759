"""A scorer that ends by itself costs a replay: nothing is lost, nothing waits for ever, and none is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from console.risk.packs import load_packs
from console.watch import ingest as one_page
from console.watch.follow import Follower
from console.watch.ingest import Ingest, Ingested
from console.watch.learning import School
from console.watch.scorer import Scorer, ScorerGone
from console.watch.scorer_process import ScorerApart
from tests.processes import wait_until
from tests.watch.test_scorer_process import TEXTS, alive, apart
from tests.watch.told import Core, account, purchase


class Watched:
    """A mirror with scorers of its own, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.core = folder, Core()
        self.lines: list[ScorerApart] = []

    def open(self) -> Ingest:
        journal = self.folder / "journal.db"
        return Ingest(self.folder / "mirror.db", load_packs(TEXTS), journal, School(), self._line)

    def _line(self) -> ScorerApart:
        self.lines.append(apart(self.folder))
        return self.lines[-1]

    def kill(self) -> None:
        os.kill(self.lines[-1].pid, signal.SIGKILL)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path)
    yield watched
    for line in watched.lines:
        line.abandon()


def test_a_state_that_can_not_be_asked_for_has_all_opened_anew(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest = watched.open()
    ingest.page(watched.core.page(account("acc.1")))
    watched.kill()
    monkeypatch.setattr(one_page, "CHECKPOINT_BYTES", 0)
    with pytest.raises(ScorerGone, match="code -9"):
        ingest.begin(watched.core.page(purchase("txn.1")))
    assert ingest.torn
    ingest.abandon()


def test_a_mirror_is_closed_without_its_scorer(watched: Watched) -> None:
    ingest = watched.open()
    ingest.page(watched.core.page(account("acc.1"), purchase("txn.1")))
    watched.kill()
    ingest.close()
    again = watched.open()
    assert again.position is not None and again.position.seq == 2
    again.page(watched.core.page(purchase("txn.2")))
    again.close()


def test_a_mirror_that_can_not_be_opened_leaves_no_scorer_behind(watched: Watched) -> None:
    ingest = watched.open()
    ingest.page(watched.core.page(account("acc.1")))
    ingest.abandon()
    with closing(sqlite3.connect(ingest.path)) as database, database:
        database.execute("UPDATE engine_page SET facts = x'00'")
    with pytest.raises(ValueError, match="buffer"):
        watched.open()
    wait_until(lambda: not alive(watched.lines[-1].pid), "the scorer has ended")


def test_a_question_that_it_can_not_read_ends_it(watched: Watched) -> None:
    class Unreadable:
        def __reduce__(self) -> tuple[Any, ...]:
            return int, ("no number",)

    line = apart(watched.folder)
    watched.lines.append(line)
    with pytest.raises(ScorerGone):
        line.ask(Scorer.warm, cast(Any, Unreadable()), None).result()


def test_what_a_page_brought_is_told_once_also_where_the_next_one_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    core, told = Core(), list[Ingested]()
    ingest = Ingest(tmp_path / "mirror.db", load_packs(TEXTS))
    ingest.on_written = told.append
    ingest.begin(core.page(account("acc.1")))
    assert told == []
    monkeypatch.setattr(one_page.Translation, "make_rows", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ingest.begin(core.page(purchase("txn.1")))
    assert [page.changes for page in told] == [1]
    assert ingest.torn
    ingest.abandon()


async def test_what_two_found_torn_is_let_go_of_once() -> None:
    abandoned: list[str] = []
    torn = SimpleNamespace(torn=True, begun=None, abandon=lambda: abandoned.append("torn"))
    with ThreadPoolExecutor(1) as worker:
        nobody = cast(Any, None)
        follower = Follower(nobody, lambda: cast(Ingest, torn), worker, nobody, 100)
        ingest, error = await follower.ingest(), RuntimeError("torn")
        await asyncio.gather(follower.let_go(ingest, error), follower.let_go(ingest, error))
    assert abandoned == ["torn"]
