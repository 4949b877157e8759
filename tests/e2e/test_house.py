"""What can happen to a home's files and its disk: it is said, nothing decided is lost, and work goes on by itself."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from console.bench.faults.operator import TOKENS
from console.desk import hotline
from console.exits import Exit
from console.paths import Home
from console.sandbox.run import Sandbox, SandboxOptions
from tests.processes import Riskdesk, rows, wait_until

DISK_MB = 48


@pytest.fixture
def busy() -> Iterator[Sandbox]:
    """A core whose events never end."""
    with Sandbox(SandboxOptions(world="demo", population=30, speed=600)) as sandbox:
        yield sandbox


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, small enough to fill; needs the right to mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(place)], check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Take all the room there is."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                file.write(b"\0" * 65536)
                file.flush()
        except OSError:
            return filler


def freeze(one: Riskdesk, account: str) -> subprocess.CompletedProcess[str]:
    return one.run("act", "freeze", account, "--reason", "account_takeover", "--wait")


def accounts(one: Riskdesk) -> list[str]:
    query = "SELECT account_id FROM v_account WHERE status = 'active' ORDER BY 1 LIMIT 4"
    wait_until(lambda: len(rows(one, query)) == 4, "accounts")
    return [account for (account,) in rows(one, query)]


def troubles(one: Riskdesk) -> str:
    """What the watcher says is wrong."""
    return " ".join(hotline.status(one.home.socket)["troubles"].values())


def goes_on(one: Riskdesk) -> None:
    """The feed moves and nothing is wrong any more."""
    before = rows(one, "SELECT scanned_to_seq FROM v_feed")
    wait_until(lambda: rows(one, "SELECT scanned_to_seq FROM v_feed") not in ([], before), "the feed going on")
    wait_until(lambda: troubles(one) == "", "no trouble")


def test_a_disk_that_is_full_or_read_only_is_told_and_nothing_is_lost(
    busy: Sandbox, disk: Path, desk: Callable[..., Riskdesk]
) -> None:
    one = desk(busy.origin)
    one.home = Home(disk / "home")
    watcher = one.start("watch")
    first, second, third, fourth = accounts(one)
    assert freeze(one, first).returncode == Exit.OK

    filler = fill(disk)
    wait_until(lambda: "is full" in troubles(one), "the watcher's word on the full disk")
    refused = freeze(one, second)
    assert (refused.returncode, refused.stdout) == (Exit.FAILED, "")
    assert "Make room" in refused.stderr
    filler.unlink()
    goes_on(one)
    assert freeze(one, second).returncode == Exit.OK

    one.stop()
    remount(disk, "ro")
    refused = freeze(one, third)
    assert refused.returncode == Exit.FAILED
    assert "can't be written" in refused.stderr
    remount(disk, "rw")
    one.watch_again()
    assert freeze(one, fourth).returncode == Exit.OK
    assert one.run("audit", "verify").returncode == Exit.OK
    assert watcher.returncode == 0
    known = {account for (account,) in journal(one, "SELECT target_id FROM v_command WHERE state = 'CONFIRMED'")}
    assert known == {first, second, fourth}


def journal(one: Riskdesk, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"{one.home.journal.as_uri()}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def test_a_mirror_that_another_program_locks_is_told_and_holds_up_no_decision(
    busy: Sandbox, desk: Callable[..., Riskdesk]
) -> None:
    one = desk(busy.origin)
    one.start("watch")
    account = accounts(one)[0]
    with closing(sqlite3.connect(one.home.mirror, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert freeze(one, account).returncode == Exit.OK
        wait_until(lambda: "locked" in troubles(one), "the watcher's word on the lock")
        other.execute("ROLLBACK")
    goes_on(one)


@pytest.mark.parametrize("harm", ["deleted", "emptied", "overwritten"])
def test_a_mirror_that_is_harmed_under_a_running_watcher_is_built_anew(
    harm: str, busy: Sandbox, desk: Callable[..., Riskdesk]
) -> None:
    one = desk(busy.origin)
    watcher = one.start("watch")
    account = accounts(one)[0]
    held = one.home.mirror.open("rb")  # while it is open no other file gets its inode
    before = {os.fstat(held.fileno()).st_ino}
    if harm == "deleted":
        one.home.mirror.unlink()
    elif harm == "emptied":
        os.truncate(one.home.mirror, 0)
    else:
        spoilt = one.home.folder / "spoilt"
        spoilt.write_bytes(b"no database" * 1000)
        spoilt.chmod(0o600)
        before.add(spoilt.stat().st_ino)
        spoilt.replace(one.home.mirror)
    wait_until(lambda: one.home.mirror.exists() and one.home.mirror.stat().st_ino not in before, "another mirror")
    held.close()
    goes_on(one)
    wait_until(lambda: rows(one, "SELECT 1 FROM note WHERE key = 'watcher'"), "the watcher's word in the new mirror")
    assert freeze(one, account).returncode == Exit.OK
    assert watcher.poll() is None


def test_a_damaged_journal_is_told_and_put_back_from_its_backup(
    world: Sandbox, tmp_path: Path, desk: Callable[..., Riskdesk]
) -> None:
    one = desk(world.origin)
    one.start("watch")
    first, second, *_ = accounts(one)
    assert freeze(one, first).returncode == Exit.OK
    one.stop()
    copy = tmp_path / "copy.db"
    assert one.run("journal", "backup", str(copy)).returncode == Exit.OK
    with one.home.journal.open("r+b") as file:
        file.write(b"\xff" * 4096)
    for command in (["watch"], ["act", "freeze", second, "--reason", "account_takeover"]):
        done = one.run(*command)
        assert done.returncode == Exit.FAILED
        assert "riskdesk journal restore" in done.stderr
    assert one.run("doctor").returncode == Exit.FAILED
    assert one.run("journal", "restore", str(copy)).returncode == Exit.OK
    assert list(one.home.folder.glob("journal.db.replaced-*"))
    one.watch_again()
    assert freeze(one, second).returncode == Exit.OK
    assert one.run("audit", "verify").returncode == Exit.OK


def test_a_token_stays_in_memory(
    world: Sandbox, desk: Callable[..., Riskdesk], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    token = TOKENS[0]
    monkeypatch.setenv("RISKDESK_TOKEN", token)
    one = desk(world.origin)
    watcher = one.start("watch")
    done = freeze(one, accounts(one)[0])
    assert done.returncode == Exit.OK
    doctor, exported = one.run("doctor"), one.run("audit", "export")
    assert "RISKDESK_TOKEN" in doctor.stdout
    told = json.dumps(hotline.status(one.home.socket))
    one.stop()
    said = "".join([*(run.stdout + run.stderr for run in (done, doctor, exported)), told])
    assert token not in said
    assert token.encode() not in watcher.stderr.read() + watcher.stdout.read()
    files = [path for path in one.home.folder.rglob("*") if path.is_file()]
    assert one.home.journal in files
    assert one.home.mirror in files
    assert [path.name for path in files if token.encode() in path.read_bytes()] == []
