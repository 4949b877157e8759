"""`riskdesk model`: what it tells, and going back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from console.cli import main
from console.exits import Exit
from console.risk.learner import Parameters, refit
from console.risk.training import Moment, Training, packed
from store import training
from store.batch import STATEMENTS
from store.journal import Journal
from store.mirror import Mirror
from store.models import Models, Refitted
from store.training import TrainingPage

FEATURES = ("amount", "hour")

DAY = 86_400_000_000
TOLD = {
    "epoch": "e1",
    "in_force": "m2",
    "frauds": 70,
    "needed": 50,
    "ripe_at": 9 * DAY,
    "next_due_at": 27 * DAY,
    "under_way": None,
    "counts_at": None,
    "shifts": {"probability": 0.31},
    "problem": None,
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two promoted models and a refused one, and what the watcher noted."""
    tmp_path.chmod(0o700)
    models = Models(Journal(tmp_path / "journal.db"))
    for number, outcome in ((1, "promoted"), (2, "promoted"), (3, "refused")):
        figures = {"rows": 900, "frauds": 70, "ap_challenger": 0.5, "ap_champion": None, "calibration_error": 0.01}
        models.add(
            Refitted(
                epoch="e1",
                version=f"m{number}",
                due_seq=number * 100,
                due_at=number * 7 * DAY,
                reason="weekly",
                outcome=outcome,
                why="" if outcome == "promoted" else "worse_than_champion",
                figures=json.dumps(figures),
                fitted_at=number,
                seconds=2.0,
                body=b"bytes",
            )
        )
        models.settle("e1", number * 100 + 5, number * 7 * DAY + 5, f"m{number}", number)
    tell(tmp_path, **TOLD)
    return tmp_path


def tell(home: Path, **told: object) -> None:
    mirror = Mirror(home / "mirror.db")
    with mirror.transaction():
        mirror.note("model", json.dumps(told))
    mirror.close()


def run(home: Path, *arguments: str) -> int:
    return main(["model", *arguments, "--home", str(home)])


def test_the_refits_are_told_newest_first(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "in force: m2"
    assert "due 1970-01-28" in lines[1]
    assert "probability 0.31" in lines[2]
    assert [line.split()[0] for line in lines[4:]] == ["m3", "m2", "m1"]
    assert "refused" in lines[4] and "worse_than_champion" in lines[4]
    assert "in force" in lines[5] and "0.500" in lines[5]


def test_the_same_as_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "--json") == Exit.OK
    told = json.loads(capsys.readouterr().out)
    assert told["learning"]["shifts"] == {"probability": 0.31}
    assert [(one["version"], one["standing"]) for one in told["versions"]] == [
        ("m3", "refused"),
        ("m2", "champion"),
        ("m1", "retired"),
    ]
    assert told["versions"][0]["figures"]["frauds"] == 70


def test_going_back_needs_a_reason_and_is_audited(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(home, "rollback")
    assert run(home, "rollback", "--reason", "  ") == Exit.USAGE
    assert run(home, "rollback", "--reason", "cries wolf") == Exit.OK
    assert "m1 counts again" in capsys.readouterr().out
    journal = Journal(home / "journal.db")
    assert Models(journal).in_force("e1") == "m1"
    assert journal.latest("model.rolled_back") == {"epoch": "e1", "from": "m2", "reason": "cries wolf", "to": "m1"}
    assert run(home, "rollback", "m3", "--reason", "x") == Exit.USAGE
    assert run(home, "rollback", "rules", "--reason", "x") == Exit.OK


def test_without_labels_it_says_what_it_waits_for(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell(home, **(TOLD | {"in_force": "rules", "frauds": 12, "next_due_at": None, "shifts": {}}))
    assert run(home) == Exit.OK
    assert "12 of 50 labelled frauds known; a first one not before 1970-01-10" in capsys.readouterr().out


def test_an_empty_home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path) == Exit.OK
    assert "No watcher has learned here yet." in capsys.readouterr().out
    assert run(tmp_path, "rollback", "--reason", "x") == Exit.USAGE
    assert not (tmp_path / "journal.db").exists()


def scored(home: Path, transaction: str, seq: int, version: str | None) -> None:
    """A mirrored transaction; the engine read of it what `rows` say."""
    mirror = Mirror(home / "mirror.db")
    row = (seq, transaction, 1, 0, 0, 0, 0, 5_000, "CNY", "mer.1", "purchase", "posted", "{}", 0.75, 3, version, None)
    rows = packed(np.array([[5_000 * seq, np.nan]], np.float32))
    seqs = np.array([seq], "<i8").tobytes()
    with mirror.transaction():
        mirror.database.conn.execute(STATEMENTS["new_transactions"], row)
        training.define(mirror, "a", FEATURES, [])
        training.keep(mirror, [TrainingPage(seq, seq, 0, "a", seqs, seqs, b"", rows.tobytes())], [])
    mirror.close()


def fitted() -> bytes:
    """A model for which large amounts are frauds."""
    rng = np.random.default_rng(1)
    amount = rng.integers(100, 10_000, 3_000)
    fraud = (amount > 8_000) & (rng.random(3_000) < 0.8)
    known = Training(
        moment=Moment(3_001, 3_001, 1),
        features=FEATURES,
        rules=(),
        seq=np.arange(1, 3_001),
        at=np.arange(3_000),
        matrix=np.stack((amount, rng.random(3_000)), axis=1).astype(np.float32),
        fired=np.zeros((3_000, 0), bool),
        fraud=fraud,
        told=np.where(fraud, 1, 0),
        weight=np.ones(3_000, np.float32),
    )
    return refit(known, None, {}, Parameters(trees=10, depth=2), "m2").model.to_bytes()


def test_a_score_is_explained_in_words(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal(home / "journal.db")
    with journal.transaction() as connection:
        connection.execute("UPDATE model SET body = ? WHERE version = 'm2'", (fitted(),))
    scored(home, "txn.1", 1, "m2")
    scored(home, "txn.2", 2, "m2")
    scored(home, "txn.3", 3, "rules")
    assert run(home, "explain", "txn.2") == Exit.OK
    first, *causes = capsys.readouterr().out.splitlines()
    assert first == "score 0.750, by model m2; what moved its odds of fraud most:"
    assert causes[0].startswith("  amount 9,984 ") and "×" in causes[0]
    assert run(home, "explain", "txn.1") == Exit.OK
    assert "÷" in capsys.readouterr().out


def test_what_can_not_be_explained_is_said(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scored(home, "txn.1", 1, "m9")
    scored(home, "txn.2", 2, "m1")
    scored(home, "txn.3", 3, "rules")
    for transaction, words in (
        ("txn.9", "not in the mirror"),
        ("txn.1", "not kept"),
        ("txn.2", "can't be read"),
        ("txn.3", "by rules alone"),
    ):
        assert run(home, "explain", transaction) == Exit.USAGE
        assert words in capsys.readouterr().err
