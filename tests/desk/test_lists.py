"""`riskdesk list`, `riskdesk snooze` and `riskdesk rules`, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.cli import main
from console.exits import Exit
from console.paths import Home
from store.journal import Journal
from store.overrides import Lists
from tests.ui.mirror_builder import NOW, build

DAY = 86_400_000_000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("RISKDESK_LANG", "en")
    monkeypatch.setenv("RISKDESK_HOME", str(tmp_path / "home"))
    place = Home(tmp_path / "home")
    place.make()
    return place


def entries(home: Home) -> list:
    journal = Journal(home.journal)
    told = Lists(journal).entries()
    journal.close()
    return told


def test_add_show_and_remove(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    build(home.mirror, 30)
    assert main(["list", "show"]) == Exit.OK
    assert "nothing is listed" in capsys.readouterr().out
    block = ["list", "add", "block", "ip", "2001:db8::1", "--reason", "scanner", "--until", "3d", "--level", "critical"]
    assert main(block) == Exit.OK
    assert "entry 1: block IP 2001:db8::1 (critical), until 2026-11-23T21:14 UTC" in capsys.readouterr().out
    assert main(["snooze", "acc_000003", "--until", "2026-11-21T00:00:00Z", "--reason", "called  them"]) == Exit.OK
    [first, second] = entries(home)
    assert (first.list, first.kind, first.level, first.reason, first.created_by) == (
        "block",
        "ip",
        4,
        "scanner",
        "maria.k",
    )
    assert abs((first.expires_at or 0) - NOW - 3 * DAY) < 2_000_000
    assert (second.list, second.subject, second.reason) == ("snooze", "acc_000003", "called them")
    assert main(["list", "remove", "1", "--reason", "ours"]) == Exit.OK
    capsys.readouterr()
    assert main(["list", "show", "--json"]) == Exit.OK
    assert [entry["number"] for entry in json.loads(capsys.readouterr().out)] == [2]
    assert main(["list", "show", "--all"]) == Exit.OK
    assert "taken back by" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["list", "add", "block", "ip", "300.1.1.1", "--reason", "x"], "can't be the id of: IP"),
        (["list", "add", "allow", "device", "a b", "--reason", "x"], "can't be the id of: device"),
        (["list", "add", "allow", "account", "x" * 73, "--reason", "x"], "can't be the id of: account"),
        (["list", "add", "allow", "device", "dev.1", "--reason", " "], "a reason of 1 to 500"),
        (["list", "add", "allow", "device", "dev.1", "--reason", "\x1b[2J"], "a reason of 1 to 500"),
        (["snooze", "acc.1", "--until", "soon", "--reason", "x"], "soon is neither a time"),
        (["snooze", "acc.1", "--until", "2001-01-01T00:00:00Z", "--reason", "x"], "must lie ahead"),
        (["snooze", "acc.1", "--until", "999999d", "--reason", "x"], None),
        (["list", "remove", "7", "--reason", "x"], "no entry 7"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_listed(home: Home, capsys, typed: list[str], says: str | None) -> None:
    if says is None:
        assert main(typed) == Exit.OK
        return
    assert main(typed) == Exit.USAGE
    assert says in capsys.readouterr().err
    assert entries(home) == []


def test_the_rules_records_as_a_table_and_as_json(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    build(home.mirror, 30)
    assert main(["rules", "--json"]) == Exit.OK
    told = json.loads(capsys.readouterr().out)
    assert {"id", "hits", "fraud", "legit", "precision", "minutes", "overlap"} <= told[0].keys()
    assert main(["rules"]) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(told) + 1
    quiet = [line for line, record in zip(lines[1:], told, strict=True) if not record["hits"]]
    assert quiet
    assert not any("%" in line for line in quiet)
