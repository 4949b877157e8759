"""The journal as a file: copied while it is written, put back, kept before a migration, and whole after a kill."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from store import files, journal_files
from store.files import StoreError
from store.journal import Journal

T0 = 1_795_000_000_000_000


def filled(path: Path, count: int) -> Journal:
    journal = Journal(path)
    for number in range(count):
        journal.record("test.written", {"n": number}, T0 + number)
    return journal


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_backup_is_one_private_file_that_verifies(tmp_path: Path) -> None:
    journal = filled(tmp_path / "journal.db", 5)
    proof = journal_files.back_up(tmp_path / "journal.db", tmp_path / "copy.db")
    assert (proof.seq, proof.fault) == (5, None)
    assert proof.hash == journal.checkpoint(T0).hash
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("copy")) == ["copy.db"]
    assert mode(tmp_path / "copy.db") == 0o600
    journal.close()


def test_a_backup_overwrites_nothing(tmp_path: Path) -> None:
    filled(tmp_path / "journal.db", 1).close()
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(StoreError, match="exists already"):
        journal_files.back_up(tmp_path / "journal.db", tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"


def test_a_backup_that_can_not_be_written_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    filled(tmp_path / "journal.db", 1).close()
    with pytest.raises(StoreError, match=r"nowhere/copy\.db can't be written"):
        journal_files.back_up(tmp_path / "journal.db", tmp_path / "nowhere" / "copy.db")
    closed = sqlite3.connect(tmp_path / "journal.db")
    closed.close()
    with pytest.raises(StoreError, match=r"copy\.db can't be written"):
        files.copy(closed, tmp_path / "copy.db")
    assert [file.name for file in tmp_path.iterdir() if "copy" in file.name] == []


def test_a_backup_taken_while_another_writes_is_whole(tmp_path: Path) -> None:
    filled(tmp_path / "journal.db", 1).close()
    stop = threading.Event()

    def write() -> None:
        journal = Journal(tmp_path / "journal.db")
        while not stop.is_set():
            journal.record("test.written", {"text": "x" * 500}, T0)
        journal.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        proofs = [journal_files.back_up(tmp_path / "journal.db", tmp_path / f"copy{n}.db") for n in range(12)]
    finally:
        stop.set()
        writer.join()
    assert [proof.fault for proof in proofs] == [None] * 12
    assert [proof.seq for proof in proofs] == sorted(proof.seq for proof in proofs)
    assert journal_files.prove(tmp_path / "journal.db").seq >= proofs[-1].seq


def test_a_restore_puts_the_copy_in_place_and_keeps_what_it_replaced(tmp_path: Path) -> None:
    path, kept = tmp_path / "journal.db", tmp_path / "journal.db.replaced"
    filled(path, 3).close()
    journal_files.back_up(path, tmp_path / "copy.db")
    filled(path, 4).close()
    assert journal_files.restore(tmp_path / "copy.db", path, kept).seq == 3
    assert journal_files.prove(path).seq == 3
    assert journal_files.prove(kept).seq == 7
    assert mode(path) == mode(kept) == 0o600
    filled(path, 1).close()
    assert (journal_files.prove(path).seq, journal_files.prove(kept).seq) == (4, 7)


def test_a_restore_works_where_no_journal_is_and_where_it_is_damaged(tmp_path: Path) -> None:
    path, kept = tmp_path / "journal.db", tmp_path / "journal.db.replaced"
    filled(path, 3).close()
    journal_files.back_up(path, tmp_path / "copy.db")
    path.unlink()
    assert journal_files.restore(tmp_path / "copy.db", path, kept).seq == 3
    assert not kept.exists()
    path.write_bytes(b"not a database" * 1000)
    assert journal_files.restore(tmp_path / "copy.db", path, kept).seq == 3
    assert kept.read_bytes().startswith(b"not a database")
    assert journal_files.prove(path).seq == 3


def test_a_restore_is_refused_while_somebody_has_the_journal_open(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = filled(path, 3)
    journal_files.back_up(path, tmp_path / "copy.db")
    with pytest.raises(StoreError, match="in use"):
        journal_files.restore(tmp_path / "copy.db", path, tmp_path / "kept")
    journal.record("test.written", {}, T0)
    journal.close()
    assert journal_files.prove(path).seq == 4
    assert not (tmp_path / "kept").exists()


def test_what_must_be_in_the_copy_is_in_it_before_anybody_can_use_it(tmp_path: Path) -> None:
    path, copy, kept = (tmp_path / name for name in ("journal.db", "copy.db", "kept"))
    filled(path, 3).close()
    journal_files.back_up(path, copy)

    def interrupted(arriving: Path) -> None:
        filled(arriving, 2).close()
        raise OSError("power cut")

    with pytest.raises(StoreError, match="power cut"):
        journal_files.restore(copy, path, kept, interrupted)
    assert (journal_files.prove(path).seq, kept.exists()) == (3, False)
    journal_files.restore(copy, path, kept, lambda arriving: filled(arriving, 2).close())
    assert journal_files.prove(path).seq == 5
    assert [file.name for file in tmp_path.iterdir() if "arriving" in file.name] == []


@pytest.mark.parametrize("harm", ["broken chain", "no database", "no journal", "newer"])
def test_a_copy_that_can_not_be_trusted_is_refused(tmp_path: Path, harm: str) -> None:
    path, copy = tmp_path / "journal.db", tmp_path / "copy.db"
    filled(path, 3).close()
    if harm == "no database":
        copy.write_bytes(b"x" * 5000)
    elif harm == "no journal":
        sqlite3.connect(copy).execute("CREATE TABLE t (x)")
    else:
        journal_files.back_up(path, copy)
        with sqlite3.connect(copy) as connection:
            if harm == "newer":
                connection.execute(
                    "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('journal', '999_x', '')"
                )
            else:
                connection.execute("UPDATE audit SET payload = '{}' WHERE seq = 2")
        connection.close()
    with pytest.raises(StoreError):
        journal_files.restore(copy, path, tmp_path / "kept")
    assert journal_files.prove(path).seq == 3
    assert [file.name for file in tmp_path.iterdir() if "arriving" in file.name or file.name == "kept"] == []


# ---------------------------------------------------------------- migrations


def steps(count: int) -> Migrations:
    migrations = Migrations("test")
    for number in range(count):

        @migrations(name=f"{number:03}_step")
        def step(database: Database, number: int = number) -> None:
            database.execute(f"CREATE TABLE t{number} (x)")

    return migrations


def names(path: Path) -> list[str]:
    return sorted(
        name for (name,) in sqlite3.connect(path).execute("SELECT name FROM sqlite_master WHERE name LIKE 't_'")
    )


def test_a_file_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    database = files.writer(path, steps(1), "FULL", keep_before=True)
    database.execute("INSERT INTO t0 VALUES (7)")
    database.conn.commit()
    database.close()
    assert [file.name for file in tmp_path.iterdir()] == ["journal.db"]
    files.writer(path, steps(3), "FULL", keep_before=True).close()
    before = tmp_path / "journal.db.before-001_step"
    assert names(path) == ["t0", "t1", "t2"]
    assert names(before) == ["t0"]
    assert sqlite3.connect(before).execute("SELECT x FROM t0").fetchall() == [(7,)]
    assert mode(before) == 0o600
    before.unlink()
    files.writer(path, steps(3), "FULL", keep_before=True).close()
    assert not before.exists()


def test_a_file_that_can_not_be_copied_is_not_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.db"
    files.writer(path, steps(1), "FULL", keep_before=True).close()

    def full(_connection: sqlite3.Connection, _to: Path) -> None:
        raise StoreError("no space left")

    monkeypatch.setattr(files, "copy", full)
    with pytest.raises(StoreError, match="no space left"):
        files.writer(path, steps(2), "FULL", keep_before=True)
    assert names(path) == ["t0"]


# ---------------------------------------------------------------- kill -9

WRITER = """
import sys
from pathlib import Path
from store.journal import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(1000):
    journal.record("test.written", {"n": number, "text": "冻结" * 50}, 1_795_000_000_000_000 + number)
    print(number, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 137, 600])
def test_a_kill_during_a_thousand_writes_loses_nothing_that_was_acknowledged(tmp_path: Path, acknowledged: int) -> None:
    path = tmp_path / "journal.db"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert process.stdout is not None
    said = [int(process.stdout.readline()) for _ in range(acknowledged)]
    os.kill(process.pid, signal.SIGKILL)
    said += [int(line) for line in process.stdout.read().split(b"\n") if line]
    process.wait()
    process.stdout.close()
    assert len(said) < 1000, "the writer was done before the kill"
    proof = journal_files.prove(path)
    assert proof.fault is None
    assert proof.seq in (len(said), len(said) + 1)
    filled(path, 1).close()
    assert journal_files.prove(path).fault is None
