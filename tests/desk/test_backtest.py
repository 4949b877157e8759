"""`riskdesk backtest`, as it is typed: what it prints, what it leaves, and what it says to a draft it can't use."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from console.cli import main
from console.desk.pack_files import pack_texts, packs
from console.risk.columns import DAY, FACTS, Fact, Judgement, blank
from console.risk.drafts import drafted
from console.risk.packs import PackError, load_packs
from console.watch.chain import note_rules
from store.batch import Batch
from store.journal import Journal
from store.mirror import Mirror
from store.models import Models, Refitted

START = 1_700_000_000_000_000
PART = """
[[rule]]
id = "UN-9"
typology = "unusual"
state = "live"
weight = 0.6
on = ["spend"]
when = "amount >= above"
action = "watch"
[rule.params]
above = 5000
[rule.text]
en = "Large"
zh = "大额"
[rule.runbook]
en = "Look"
zh = "查看"
"""
WHOLE = '[levels]\nlow = 0.2\nmedium = 0.4\nhigh = 0.7\ncritical = 0.9\nalert = "medium"\n' + PART


@pytest.fixture(autouse=True)
def _not_nicer(monkeypatch):
    monkeypatch.setattr(os, "nice", lambda by: by)


@pytest.fixture
def home(tmp_path):
    """A home whose mirror logged three accounts' purchases over ten days, one of them fraudulent."""
    facts = blank(4)
    facts["seq"] = np.arange(1, 5)
    facts["fact"] = [Fact.TRANSACTION, Fact.TRANSACTION, Fact.TRANSACTION, Fact.LABEL]
    facts["code"] = [1, 1, 1, Judgement.FRAUD]
    facts["fresh"] = facts["fact"] == Fact.TRANSACTION
    facts["recorded_at"] = START + np.array([0, 8, 9, 10]) * DAY
    facts["occurred_at"] = facts["recorded_at"]
    facts["account"], facts["amount"] = [0, 1, 2, 1], [9_000, 9_000, 3_000, 9_000]
    facts["opened_at"][3] = facts["occurred_at"][1]
    mirror = Mirror(tmp_path / "mirror.db")
    with mirror.transaction():
        for number in range(3):
            mirror.accounts[f"acc_{number}"]  # numbers it
        mirror.write(Batch())
        for seq in range(4):
            mirror.log_page(seq + 1, int(facts["recorded_at"][seq]), facts[seq : seq + 1].astype(FACTS).tobytes())
    mirror.close()
    tmp_path.chmod(0o700)
    return tmp_path


def backtest(home, draft, *more):
    (home / "draft.toml").write_text(draft, encoding="utf-8")
    return main(["backtest", "--home", str(home), "--pack", str(home / "draft.toml"), *more])


def test_it_prints_one_object_and_leaves_the_accounts_behind_each_number(home, capsys):
    assert backtest(home, PART, "--json", "--accounts", str(home / "behind.jsonl")) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["events"], report["new"], report["lost"], report["warm_up_days"]) == (4, 2, 0, 0)
    assert report["precision"] == 1.0
    assert report["draft"]["fraud_minor"] == {"?": 9_000}
    lines = [json.loads(line) for line in (home / "behind.jsonl").read_text().splitlines()]
    assert [(line["account_id"], line["known"]) for line in lines if line.get("alert") == "new"] == [
        ("acc_0", "unknown"),
        ("acc_1", "fraud"),
    ]
    assert {"rule": "UN-9", "account_id": "acc_1", "hits": 1} in lines
    assert (home / "behind.jsonl").stat().st_mode & 0o077 == 0


def test_the_last_days_count_and_the_rest_warms_up(home, capsys):
    assert backtest(home, WHOLE, "--json", "--days", "3") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["new"], report["warm_up_days"], report["days"]) == (1, 7, 3)


def test_progress_comes_as_lines_before_the_result(home, capsys):
    assert backtest(home, PART, "--json", "--progress") == 0
    *steps, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert steps
    assert all(0 < step["done"] <= 1 for step in steps)
    assert last["events"] == 4


def test_for_people_it_is_a_table(home, capsys):
    assert backtest(home, PART) == 0
    shown = capsys.readouterr().out
    assert "2 new, 0 lost, 0 kept" in shown
    assert "UN-9" in shown


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (PART.replace("amount >= above", "amuont >= above"), "did you mean amount"),
        (PART.replace("weight = 0.6", "weight ="), "line 6, column 9"),
        ("\x00", "draft.toml"),
    ],
)
def test_a_draft_that_cant_be_used_is_told_and_nothing_runs(home, capsys, draft, said):
    assert backtest(home, draft, "--json") == 2
    told = capsys.readouterr()
    assert said in told.err
    assert not told.out


def test_a_missing_draft_or_mirror_is_told(home, tmp_path, capsys):
    assert main(["backtest", "--home", str(home), "--pack", str(home / "none.toml")]) == 2
    (home / "mirror.db").unlink()
    assert backtest(home, PART) == 1
    assert "mirror.db" in capsys.readouterr().err


def test_other_rules_than_the_watchers_are_told(home, capsys):
    journal = Journal(home / "journal.db")
    note_rules(journal, pack_texts(None), START)
    assert backtest(home, PART, "--json") == 0
    assert not capsys.readouterr().err
    note_rules(journal, [("mine.toml", WHOLE)], START)
    journal.close()
    assert backtest(home, PART, "--json") == 0
    assert "--packs" in capsys.readouterr().err


def test_a_model_that_cant_be_used_is_left_out_and_told(home, capsys):
    journal = Journal(home / "journal.db")
    models = Models(journal)
    refit = Refitted(epoch="e", version="m-1", due_seq=1, due_at=START, reason="first", outcome="promoted", why="",
                     figures=None, fitted_at=START, seconds=1.0, body=b"no model")  # fmt: skip
    models.add(refit)
    models.settle("e", 1, START, "m-1", START)
    journal.close()
    mirror = Mirror(home / "mirror.db")
    with mirror.transaction():
        mirror.advance("changes", ("e", 4, ""), 4, START)
    mirror.close()
    assert backtest(home, PART, "--json") == 0
    told = capsys.readouterr()
    assert "m-1 is left out" in told.err
    assert json.loads(told.out)["new"] == 2


def test_facts_of_another_version_are_not_replayed(home, capsys):
    mirror = Mirror(home / "mirror.db")
    with mirror.transaction():
        mirror.log_page(9, START, b"odd")
    mirror.close()
    assert backtest(home, PART) == 1
    assert "another version" in capsys.readouterr().err


def test_a_part_replaces_rules_of_its_ids_and_a_whole_pack_stands_for_itself():
    live = packs(None)
    mine = PART.replace("UN-9", "UN-1")
    merged = drafted(live, "part", mine)
    assert {rule.id for rule in merged.rules} == {rule.id for rule in live.rules}
    assert next(rule for rule in merged.rules if rule.id == "UN-1").when.text == "amount >= above"
    assert (merged.thresholds, merged.alert_level) == (live.thresholds, live.alert_level)
    left_out = drafted(live, "part", mine.replace('"live"', '"off"'))
    assert "UN-1" not in {rule.id for rule in left_out.live}
    assert [rule.id for rule in drafted(live, "whole", WHOLE).rules] == ["UN-9"]
    assert load_packs([("whole", WHOLE)]).thresholds == drafted(live, "whole", WHOLE).thresholds
    with pytest.raises(PackError):
        drafted(live, "part", "[[rule]]\n")
