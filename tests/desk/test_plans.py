"""`riskdesk plan`: the same by hand, from a script; files of ids are read with care."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from console import cli
from console.core import instants
from console.core.instants import HOUR
from console.desk import plans as command
from console.paths import Home
from console.sandbox.run import Sandbox
from store.journal import Journal
from store.plans import Order, Plans, Target


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in ("RISKDESK_TOKEN", "RISKDESK_READ_TOKEN", "RISKDESK_LANG", "RISKDESK_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(command, "wake", lambda *about: None)
    made = Home(tmp_path / "home")
    made.make()
    return made


def run(place: Home, *arguments: str) -> int:
    return cli.main(["plan", *arguments, "--home", str(place.folder)])


def kept(place: Home, count: int = 3) -> None:
    with closing(Journal(place.journal)) as journal:
        order = Order("account.freeze", {"scope": "full"}, "account_takeover")
        Plans(journal).make(order, [Target(f"a{n}") for n in range(count)], instants.now(), "jonas.p")


def test_a_file_of_ids_is_read_line_by_line() -> None:
    assert command.read_ids("a1\n\n  a2  # the twin\n# none\nA.b:c_d-9\n") == ["a1", "a2", "A.b:c_d-9"]
    for text in ("a1\nb 2", "x" * 73, "a1,a2", "\x1b[31m", "ä"):
        with pytest.raises(ValueError, match="line"):
            command.read_ids(text)


def test_a_plan_is_made_from_a_file_shown_stopped_and_resumed(
    place: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = tmp_path / "ids"
    ids.write_text("a1\na2\na1\n")
    with Sandbox() as sandbox:
        core = ("--core", sandbox.origin)
        asked = ("freeze", "--from", str(ids), "--reason", "account_takeover", "--scope", "debit_only",
                 "--expires-at", "8h", *core)  # fmt: skip
        assert run(place, *asked) == 0
        told = capsys.readouterr()
        assert "plan 1 is stored: account.freeze on 2 accounts" in told.out
        assert "2 of the accounts are not in the mirror" in told.err
        assert run(place, "freeze", "--from", str(ids), "--reason", "no_such", *core) == 2
        assert run(place, "set-limit", "--from", str(ids), "--reason", "credit_risk", "--value-minor", "5",
                   "--currency", "CNY", *core) == 0  # fmt: skip
    capsys.readouterr()
    assert run(place, "show", "1", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["state"], shown["accounts"], shown["params"]["scope"]) == ("RUNNING", 2, "debit_only")
    assert 7 * HOUR < shown["params"]["expires_at"] - instants.now() <= 8 * HOUR
    assert [item["account_id"] for item in shown["items"]] == ["a1", "a2"]
    assert run(place, "stop", "1") == 0
    assert run(place, "stop", "1") == 1
    assert "plan 1 is STOPPED" in capsys.readouterr().err
    assert run(place, "resume", "1") == 0
    assert run(place, "show") == 0
    assert capsys.readouterr().out.count("running") == 3


def test_a_beyond_quota_plan_says_how_many_will_wait(
    place: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = tmp_path / "ids"
    ids.write_text("\n".join(f"a{number}" for number in range(25)))
    with Sandbox() as sandbox:
        asked = ("freeze", "--from", str(ids), "--reason", "account_takeover", "--core", sandbox.origin)
        assert run(place, *asked) == 0
    assert "20 accounts are left of your quota: 5 will wait" in capsys.readouterr().err


def test_what_is_not_there_is_said(place: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(place, "show") == 0
    assert run(place, "stop", "1") == 1
    kept(place)
    assert run(place, "show", "9") == 1
    assert run(place, "resume", "1") == 1
    assert "there is no plan 9" in capsys.readouterr().err


def test_waiting_ends_with_what_became_of_it(place: Home, capsys: pytest.CaptureFixture[str]) -> None:
    kept(place, 1)
    with closing(Journal(place.journal)) as journal:
        plans = Plans(journal)
        assert command._wait(plans, 1, 0.0) == 4
        plans.skip(plans.waiting(1, 1)[0], "closed", instants.now())
        plans.finish(1, instants.now())
        assert command._wait(plans, 1, 5.0) == 3
    assert "skipped 1" in capsys.readouterr().out
