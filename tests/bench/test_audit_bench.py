"""What is done to the journal behind its back shows, and the harness that says so can also say the opposite."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from console.bench import audit, forgery, killed
from console.bench.killed import Survival
from console.exits import Exit
from store import audit as chained
from store.journal import Journal
from store.life import State


def test_random_edits_are_found_and_killed_writers_lose_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.run(600, 60, 3, as_json=True) == Exit.OK
    figures = json.loads(capsys.readouterr().out)
    assert (figures["edits"], figures["missed"]) == (600, 0)
    assert len(figures["kinds"]) == len(forgery.EDITS) * len(forgery.FORMS)
    assert figures["writes"] >= 60
    assert figures["kills"] >= 1
    assert (figures["missing"], figures["broken"]) == (0, 0)


def test_a_proof_that_forgets_the_checkpoint_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point, verify = audit.chain(tmp_path / "journal.db"), chained.verify
    monkeypatch.setattr(chained, "verify", lambda rows, _points: verify(rows))
    finds = forgery.forge(tmp_path / "journal.db", point, 100, 1)
    assert finds.missed > 0
    assert all(
        finds.found[kind, "recomputed"] == 0 for kind, form in finds.tried if form == "recomputed" and kind != "changed"
    )


def test_forging_leaves_the_chain_as_it_was(tmp_path: Path) -> None:
    point = audit.chain(tmp_path / "journal.db")
    forgery.forge(tmp_path / "journal.db", point, 50, 1)
    journal = Journal(tmp_path / "journal.db")
    assert journal.verify_audit() is None
    assert journal.knows(point)
    journal.close()


def test_every_edit_touches_a_row_before_the_checkpoint(tmp_path: Path) -> None:
    point = audit.chain(tmp_path / "journal.db")
    journal = Journal(tmp_path / "journal.db")
    rows = list(chained.rows(journal._connection))
    journal.close()
    assert point.seq == len(audit.LIFE) * audit.COMMANDS_BEFORE < len(rows)
    chance = random.Random(5)
    for edit in forgery.EDITS.values():
        for _ in range(200):
            edited = edit(rows, point.seq, chance)
            assert edited == rows or edited[: point.seq] != rows[: point.seq]


def test_a_write_that_was_said_and_is_missing_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(path)
    killed.step(journal, "there", State.QUEUED)
    journal.close()
    said = {"there": State.SENDING, "gone": State.QUEUED}
    assert killed._missing(path, said) == 2
    assert killed._missing(path, {"there": State.QUEUED}) == 0


def test_a_journal_that_lost_a_row_fails_the_benchmark(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(killed, "survive", lambda *_: Survival(writes=10, kills=2, missing=1))
    assert audit.run(20, 10, 1, as_json=False) == Exit.FAILED
    assert "missing" in capsys.readouterr().out
