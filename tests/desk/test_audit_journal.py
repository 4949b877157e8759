"""`riskdesk audit` and `riskdesk journal`, as typed."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from console.cli import main
from console.desk import checkpoints
from console.desk.checkpoints import Places
from console.exits import Exit
from console.paths import Home
from console.watch.lock import WatcherLock
from store.audit import Checkpoint, Row, verify
from store.journal import Intent, Journal
from store.life import State

T0 = 1_795_000_000_000_000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("RISKDESK_LANG", "en")
    monkeypatch.setenv("RISKDESK_HOME", str(tmp_path / "home"))
    place = Home(tmp_path / "home")
    place.make()
    return place


def write(home: Home, count: int) -> None:
    journal = Journal(home.journal)
    for number in range(count):
        journal.record("test.written", {"n": number, "text": "冻结\n"}, T0 + number)
    journal.close()


def tamper(home: Home, statement: str) -> None:
    with sqlite3.connect(home.journal) as connection:
        connection.execute(statement)
    connection.close()


def test_a_whole_chain_verifies_and_says_what_was_not_proved(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    write(home, 3)
    assert main(["audit", "verify"]) == Exit.OK
    said = capsys.readouterr().out
    assert "3 rows" in said
    assert "--checkpoint" in said


def test_a_home_without_journal_is_said_and_stays_without(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify"]) == main(["audit", "checkpoint"]) == main(["audit", "export"]) == Exit.FAILED
    assert str(home.journal) in capsys.readouterr().err
    assert not home.journal.exists()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE audit SET payload = '{}' WHERE seq = 2", "row 2 was changed"),
        ("DELETE FROM audit WHERE seq = 2", "row 2 was removed"),
        ("DELETE FROM audit WHERE seq > 3", "rows 4 to 5 were cut off"),
        ("DELETE FROM audit", "rows 1 to 5 were cut off"),
    ],
)
def test_what_was_done_to_the_chain_is_named(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], statement: str, named: str
) -> None:
    write(home, 5)
    points = tmp_path / "elsewhere.jsonl"
    assert main(["audit", "checkpoint", "--to", str(points)]) == Exit.OK
    assert main(["audit", "verify", "--checkpoint", str(points)]) == Exit.OK
    tamper(home, statement)
    assert main(["audit", "verify", "--checkpoint", str(points)]) == Exit.FAILED
    assert named in capsys.readouterr().out


def test_checkpoints_gather_in_a_private_file(home: Home, tmp_path: Path) -> None:
    points = tmp_path / "elsewhere.jsonl"
    for _ in range(2):
        write(home, 2)
        main(["audit", "checkpoint", "--to", str(points)])
    assert [point.seq for point in checkpoints.read(points)] == [2, 4]
    assert points.stat().st_mode & 0o777 == 0o600


def test_a_broken_chain_gets_no_checkpoint(home: Home, tmp_path: Path) -> None:
    write(home, 3)
    tamper(home, "UPDATE audit SET actor = 'somebody' WHERE seq = 1")
    assert main(["audit", "checkpoint", "--to", str(tmp_path / "elsewhere.jsonl")]) == Exit.FAILED
    assert not (tmp_path / "elsewhere.jsonl").exists()


@pytest.mark.parametrize("text", ["{", "[1]", '{"seq": -1, "hash": "", "at": ""}', '{"seq": 1, "hash": "x", "at": ""}'])
def test_a_line_that_is_no_checkpoint_is_named(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    write(home, 1)
    points = tmp_path / "elsewhere.jsonl"
    checkpoints.append(points, Checkpoint(1, "0" * 64, "2026-11-23T00:00:00.000000Z"))
    points.write_text(points.read_text() + text + "\n")
    assert main(["audit", "verify", "--checkpoint", str(points)]) == Exit.USAGE
    assert f"{points}:2" in capsys.readouterr().err


def test_an_export_can_be_verified_without_us(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(home, 4)
    assert main(["audit", "export", "--to", str(tmp_path / "chain.jsonl")]) == Exit.OK
    text = (tmp_path / "chain.jsonl").read_text()
    chain = [Row(**json.loads(line)) for line in text.splitlines()]
    assert verify(chain) is None
    assert [row.seq for row in chain] == [1, 2, 3, 4]
    assert main(["audit", "export"]) == Exit.OK
    assert capsys.readouterr().out == text


def test_places_are_what_the_environment_names() -> None:
    assert not Places.configured({})
    assert Places.configured({"RISKDESK_CHECKPOINT_FILE": "/a/b"}) == Places(Path("/a/b"), None)


# ---------------------------------------------------------------- backup and restore


def decide(home: Home, number: int) -> None:
    journal = Journal(home.journal)
    intent = Intent(
        command_id=f"id-{number}",
        type="account.freeze",
        target_type="account",
        target_id="a1",
        account_id="a1",
        body=b"{}",
        if_match=None,
        not_after=T0 + 120_000_000,
        created_by="maria.k",
    )
    journal.intend(intent, T0)
    journal.close()


def test_backup_and_restore(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    decide(home, 1)
    assert main(["journal", "backup", str(tmp_path / "copy.db")]) == Exit.OK
    decide(home, 2)
    assert main(["journal", "restore", str(tmp_path / "copy.db")]) == Exit.OK
    kept = next(home.folder.glob("journal.db.replaced-*"))
    assert str(kept) in capsys.readouterr().out
    assert Journal(kept).get("id-2") is not None
    journal = Journal(home.journal)
    assert journal.get("id-2") is None
    assert journal.latest("journal.restored") == {"file": "copy.db", "replaced": kept.name}
    assert journal.verify_audit() is None


def test_what_a_copy_says_was_not_sent_may_have_been_sent_since(home: Home, tmp_path: Path) -> None:
    decide(home, 1)
    main(["journal", "backup", str(tmp_path / "copy.db")])
    main(["journal", "restore", str(tmp_path / "copy.db")])
    entry = Journal(home.journal).get("id-1")
    assert entry is not None
    assert (entry.state, entry.doubtful) == (State.UNKNOWN, True)


def test_a_restore_is_refused_while_a_watcher_runs(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decide(home, 1)
    main(["journal", "backup", str(tmp_path / "copy.db")])
    before = home.journal.read_bytes()
    with WatcherLock(home.lock):
        assert main(["journal", "restore", str(tmp_path / "copy.db")]) == Exit.ALREADY_WATCHED
    assert "stop it first" in capsys.readouterr().err
    assert home.journal.read_bytes() == before


def test_a_backup_of_a_broken_chain_is_kept_and_said(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home, 3)
    tamper(home, "UPDATE audit SET actor = 'somebody' WHERE seq = 2")
    assert main(["journal", "backup", str(tmp_path / "copy.db")]) == Exit.FAILED
    assert "row 2 was changed" in capsys.readouterr().err
    assert main(["journal", "restore", str(tmp_path / "copy.db")]) == Exit.FAILED
    assert "row 2" in capsys.readouterr().err
