"""The house is safe: an open home is refused, a crash shows no values, and the doctor names what is wrong."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from console import cli, entries
from console.core.client import CoreClient
from console.core.trust import VARIABLE
from console.desk import checkpoints, doctor
from console.desk.credentials import Credentials
from console.desk.doctor import Finding
from console.exits import Exit
from console.paths import Home, HomeOpen
from store.audit import Checkpoint
from store.journal import Journal

META = (Path(__file__).parents[2] / "fixtures/contract/examples/meta.json").read_bytes()
NOBODY = "http://127.0.0.1:9"
TOKEN = "s3cret-t0ken"


def core_with(clock_off: timedelta, institution: str = "Bank") -> Callable[[httpx.Request], httpx.Response]:
    def answer(_request: httpx.Request) -> httpx.Response:
        date = format_datetime(datetime.now(UTC) + clock_off, usegmt=True)
        body = META.replace(b'"institution":', f'"institution": "{institution}", "was":'.encode())
        return httpx.Response(200, content=body, headers={"Content-Type": "application/json", "Date": date})

    return answer


def answering(monkeypatch: pytest.MonkeyPatch, core: Callable[[httpx.Request], httpx.Response]) -> None:
    monkeypatch.setattr(
        doctor, "CoreClient", lambda origin, token: CoreClient(origin, token, httpx.MockTransport(core))
    )


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in list(os.environ):
        if name.startswith("RISKDESK"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("RISKDESK_LANG", "en")
    monkeypatch.setenv("RISKDESK_HOME", str(tmp_path / "home"))
    place = Home(tmp_path / "home")
    answering(monkeypatch, core_with(timedelta()))
    place.make()
    return place


# ---------------------------------------------------------------- the home


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701, 0o770])
def test_a_folder_that_others_can_enter_is_refused(home: Home, mode: int) -> None:
    home.folder.chmod(mode)
    with pytest.raises(HomeOpen, match=f"chmod 700 {home.folder}"):
        home.make()


@pytest.mark.parametrize("name", ["journal.db", "token", "watcher.log", "mine.txt"])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_file_that_others_can_open_is_refused(home: Home, name: str, mode: int) -> None:
    file = home.folder / name
    file.write_text("x")
    file.chmod(mode)
    with pytest.raises(HomeOpen, match=f"chmod 600 {file}"):
        home.make()
    file.chmod(0o600)
    home.make()


def test_a_link_counts_as_what_it_leads_to(home: Home, tmp_path: Path) -> None:
    there = tmp_path / "token"
    there.write_text("x")
    there.chmod(0o600)
    home.token.symlink_to(there)
    (home.folder / "nowhere").symlink_to(tmp_path / "missing")
    home.make()
    there.chmod(0o644)
    with pytest.raises(HomeOpen):
        home.make()


@pytest.mark.parametrize(
    "command", [["watch"], ["act", "freeze", "a1", "--reason", "other"], [], ["journal", "restore", "f"]]
)
def test_whatever_would_write_there_refuses_an_open_home(
    home: Home, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    home.folder.chmod(0o755)
    assert cli.main(command) == Exit.USAGE
    assert "chmod 700" in capsys.readouterr().err
    assert list(home.folder.iterdir()) == []


# ---------------------------------------------------------------- a crash


def test_a_crash_is_one_line_and_its_report_shows_no_values(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RISKDESK_TOKEN", TOKEN)

    def broken(_options: object) -> int:
        balance = "a-balance-of-4711"
        token = Credentials(home).sending()
        raise RuntimeError(f"no way with {token}" if balance else "")

    monkeypatch.setattr(entries, "paths", broken)
    assert cli.main(["paths"]) == Exit.FAILED
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"riskdesk: RuntimeError: this should not have happened; the report is in {home.log}\n"
    report = home.log.read_text()
    assert "RuntimeError: no way with ***" in report
    assert "in broken" in report
    assert TOKEN not in report
    assert "= 'a-balance-of-4711'" not in report
    assert home.log.stat().st_mode & 0o777 == 0o600


def test_a_crash_without_a_home_is_still_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_options: object) -> int:
        raise RuntimeError(TOKEN)

    monkeypatch.setattr(entries, "paths", broken)
    assert cli.main(["paths", "--home", str(tmp_path / "none")]) == Exit.FAILED
    said = capsys.readouterr().err
    assert "RuntimeError" in said
    assert TOKEN not in said
    assert len(said.splitlines()) == 1


# ---------------------------------------------------------------- the doctor


def findings(home: Home, core: str = NOBODY) -> dict[str, Finding]:
    return {finding.name: finding for check in doctor.CHECKS for finding in check(home, core)}


def bad(home: Home) -> set[str]:
    return {name for name, finding in findings(home).items() if not finding.good}


def grown(home: Home) -> None:
    journal = Journal(home.journal)
    journal.record("test.written", {}, 1_795_000_000_000_000)
    journal.close()


def test_a_well_kept_home_has_no_finding(home: Home) -> None:
    grown(home)
    assert bad(home) == set()


def test_an_open_home_is_named(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.folder.chmod(0o755)
    assert bad(home) == {"home"}
    assert doctor.run(home, NOBODY) == Exit.FAILED
    assert f"chmod 700 {home.folder}" in capsys.readouterr().out


def test_an_open_socket_is_named(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    place = Path("watcher.sock")
    monkeypatch.setattr(doctor, "socket_path", lambda _wanted: place)
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(str(place))
        place.chmod(0o600)
        assert findings(home)["socket"].good
        place.chmod(0o666)
        assert not findings(home)["socket"].good


def test_a_broken_chain_and_rows_that_were_cut_off_are_named(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "points.jsonl"
    monkeypatch.setenv("RISKDESK_CHECKPOINT_FILE", str(file))
    grown(home)
    checkpoints.append(file, Checkpoint(3, "a" * 64, "2026-11-23T00:00:00.000000Z"))
    found = findings(home)
    assert not found["journal.db"].good
    assert "2 to 3 were cut off" in found["journal.db"].text


@pytest.mark.parametrize(("at", "rows", "good"), [("2026", 1, True), ("2026", 2, False), ("now", 2, True)])
def test_rows_that_no_checkpoint_covers_are_a_finding_when_they_are_old(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, rows: int, good: bool
) -> None:
    file = tmp_path / "points.jsonl"
    monkeypatch.setenv("RISKDESK_CHECKPOINT_FILE", str(file))
    grown(home)
    journal = Journal(home.journal)
    point = journal.checkpoint(doctor.instants.now() if at == "now" else 1_767_225_600_000_000)
    journal.close()
    checkpoints.append(file, point)
    for _ in range(rows - 1):
        grown(home)
    assert findings(home)["checkpoints"].good is good


def test_a_file_of_checkpoints_that_can_not_be_read_is_named(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "points.jsonl"
    file.write_text("garbage\n")
    monkeypatch.setenv("RISKDESK_CHECKPOINT_FILE", str(file))
    grown(home)
    assert bad(home) == {"checkpoints"}


def test_authorities_that_can_not_be_read_are_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/nowhere/ca.pem")
    assert bad(home) == {"TLS", NOBODY}


def test_the_tokens_source_is_named_and_never_the_token(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RISKDESK_TOKEN", TOKEN)
    doctor.run(home, NOBODY)
    said = capsys.readouterr().out
    assert "token: $RISKDESK_TOKEN" in said
    assert TOKEN not in said
    monkeypatch.setenv("RISKDESK_TOKEN", "two words")
    assert bad(home) == {"token"}


@pytest.mark.parametrize(("hours", "good"), [(0, True), (1, False), (-1, False)])
def test_a_clock_that_is_off_is_named(home: Home, monkeypatch: pytest.MonkeyPatch, hours: int, good: bool) -> None:
    answering(monkeypatch, core_with(timedelta(hours=hours)))
    found = findings(home)
    assert found[NOBODY].good
    assert found["clock"].good is good


def test_what_the_core_says_can_not_steer_the_terminal(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(monkeypatch, core_with(timedelta(), "\\u001b]0;owned\\u0007\\u202e" + "x" * 80))
    doctor.run(home, NOBODY)
    said = capsys.readouterr().out
    assert "owned" in said
    assert "\x1b" not in said
    assert "\u202e" not in said
