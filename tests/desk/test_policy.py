"""`riskdesk policy`: a draft is checked, compared, proposed, applied and taken back; what it would do is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.cli import main
from console.desk import policy as desk
from console.desk.pack_files import packs
from console.desk.policy_commands import effect_lines
from console.desk.policy_effect import cut, decided
from console.risk.policy import Cutoffs, Limits, PolicyError
from console.watch.policy import put_in_force
from store.credit_book import Late
from store.journal import Journal
from store.policies import Policies, in_force


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.db")
    put_in_force(journal, 1)
    yield journal
    journal.close()


def riskdesk(home: Path, *words: str) -> int:
    return main(["policy", *words, "--home", str(home)])


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "draft.toml"
    path.write_text(desk.shipped().text.replace('name = "standard"', 'name = "mine"'), encoding="utf-8")
    return path


def test_a_draft_goes_in_force_and_back(tmp_path, journal, draft, capsys):
    shipped = in_force(journal)
    assert shipped is not None
    assert shipped.kind == "shipped"
    assert riskdesk(tmp_path, "check", str(draft)) == 0
    assert riskdesk(tmp_path, "diff", str(draft)) == 0
    assert '+name = "mine"' in capsys.readouterr().out
    assert riskdesk(tmp_path, "apply", str(draft), "--reason", "spring review") == 0
    found = in_force(journal)
    assert found is not None
    assert (found.name, found.stance, found.reason) == ("mine", "normal", "spring review")
    assert riskdesk(tmp_path, "apply", "tight", "--reason", "a bad month") == 0
    assert (in_force(journal) or found).stamp == f"{found.version}/tight"
    assert riskdesk(tmp_path, "rollback", "--reason", "it was not") == 0
    assert (in_force(journal) or found).stamp == found.stamp
    assert riskdesk(tmp_path, "rollback", shipped.version[:6], "--reason", "nor that") == 0
    assert (in_force(journal) or found).stamp == shipped.stamp
    capsys.readouterr()
    assert riskdesk(tmp_path, "history", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [move["kind"] for move in told] == ["rolled_back", "rolled_back", "applied", "applied", "shipped"]
    assert journal.verify_audit() is None


def test_what_is_meant_is_told(tmp_path, journal, draft, capsys):
    assert riskdesk(tmp_path, "apply", "gaurded", "--reason", "x") == 2
    assert "did you mean guarded?" in capsys.readouterr().err
    assert riskdesk(tmp_path, "apply", "tight", "--reason", " \n ") == 2
    draft.write_text(draft.read_text().replace("raise_factor = 1.2", "raise_factr = 1.2"))
    assert riskdesk(tmp_path, "check", str(draft)) == 2
    assert "did you mean raise_factor?" in capsys.readouterr().err
    draft.write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyError):
        desk.read_file(draft)
    assert riskdesk(tmp_path / "nowhere", "show") == 2
    assert (in_force(journal) or desk).stance == "normal"


def test_a_proposal_is_shown_with_its_reason_and_settled_by_applying_it(tmp_path, journal, capsys):
    assert riskdesk(tmp_path, "propose", "tight", "--reason", "three bad months") == 0
    assert riskdesk(tmp_path, "show") == 0
    assert "tight, because three bad months" in capsys.readouterr().out
    assert riskdesk(tmp_path, "show", "--json") == 0
    assert json.loads(capsys.readouterr().out)["proposal"]["stance"] == "tight"
    assert riskdesk(tmp_path, "apply", "tight", "--reason", "agreed") == 0
    assert [one.state for one in Policies(journal).proposals()] == ["applied"]


def test_the_text_in_force_can_be_taken_out_and_is_never_written_over(tmp_path, journal):
    to = tmp_path / "mine.toml"
    assert riskdesk(tmp_path, "draft", "--to", str(to)) == 0
    assert to.read_text(encoding="utf-8") == desk.shipped().text
    assert riskdesk(tmp_path, "draft", "--to", str(to)) == 2
    assert to.stat().st_mode & 0o077 == 0


def test_cut_offs_and_limits_are_counted_on_what_there_was():
    assert decided(Cutoffs(600, 560), [600, 599, 560, 559, 700]) == {"approve": 2, "refer": 2, "decline": 1}
    late = [(1, "CNY", 100), (5, "CNY", 50), (9, "USD", 7)]
    overdue = [Late("a", 1, days, currency, 900, left) for days, currency, left in late]
    assert cut(Limits(cut_after_days=5), overdue) == {"accounts": 2, "minor": {"CNY": 50, "USD": 7}}
    assert cut(Limits(cut_after_days=0), overdue) == {"accounts": 0, "minor": {}}


def test_an_effect_is_told_in_lines_and_a_reason_in_one():
    side = {"alerts_per_day": 2.0, "minutes_per_day": 12.0, "precision": None}
    counts = {"approve": 3, "refer": 2, "decline": 1}
    told = {
        "from": "a/normal", "to": "a/tight", "days": 30.0, "alerts": {"live": side, "draft": side},
        "applications": {"live": counts, "draft": counts},
        "limits": {"live": {"accounts": 0}, "draft": {"accounts": 4}},
    }  # fmt: skip
    lines = effect_lines(told)
    assert "a/tight" in lines[0]
    assert lines[-1].split()[-1] == "4"
    rule = {"indicator": "default_rate", "value": 2.3, "threshold": 2.2, "rising": True, "at": 1}
    assert (
        desk.because(json.dumps([rule, {**rule, "rising": False}])) == "default_rate 2.3 ≥ 2.2; default_rate 2.3 ≤ 2.2"
    )


def test_a_backtest_is_held_against_the_levels_in_force(tmp_path, journal):
    pack = packs(None)
    assert desk.in_stance(pack, tmp_path / "journal.db").thresholds == pack.thresholds
    assert riskdesk(tmp_path, "apply", "tight", "--reason", "a bad month") == 0
    levels = desk.shipped().stances["tight"].levels
    assert levels is not None
    tight = desk.in_stance(pack, tmp_path / "journal.db")
    assert (tight.thresholds, tight.alert_level) == (levels.thresholds, levels.alert_level)
    assert desk.in_stance(pack, tmp_path / "nowhere.db") is pack
