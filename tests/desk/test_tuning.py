"""`riskdesk policy tune` on a mirror: what it prints and drafts, and what it says when there is nothing to tune."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from console.cli import main
from console.desk import tuning
from console.paths import home as home_of
from console.risk.columns import DAY, FACTS, HOUR, Fact, Judgement, blank
from console.risk.policy_text import read_policy
from store.batch import Batch
from store.mirror import Mirror

START = 1_700_000_000_000_000
ACCOUNTS, DAYS = 60, 30
PACK = """
[levels]
low = 0.2
medium = 0.5
high = 0.7
critical = 0.88
alert = "medium"

[[rule]]
id = "UN-9"
typology = "unusual"
state = "live"
weight = 1.0
on = ["spend"]
when = "amount > 0"
strength = "amount / 10000"
action = "watch"
[rule.text]
en = "Large"
zh = "大额"
[rule.runbook]
en = "Look"
zh = "查看"
"""


@pytest.fixture(autouse=True)
def _not_nicer(monkeypatch):
    monkeypatch.setattr(os, "nice", lambda by: by)


def facts(frauds):
    """A purchase an account and day, small for the honest; twenty accounts are robbed one after another."""
    random = np.random.default_rng(4)
    account, day = np.divmod(np.arange(ACCOUNTS * DAYS), DAYS)
    at = START + day * DAY + account * HOUR // 4
    amount = random.uniform(100, 6_000, len(account))
    robbed = (account < 20) & (day == 1 + account * 28 // 20)
    amount[robbed] = random.uniform(4_000, 9_900, robbed.sum())
    spent = np.stack((account, at, amount), axis=1)
    spent = np.concatenate((spent, spent[robbed] + [0, 2 * HOUR, 0]))
    stolen = np.concatenate((robbed, np.ones(robbed.sum(), bool)))
    order = np.argsort(spent[:, 1], kind="stable")
    spent, stolen = spent[order], stolen[order]
    labels = spent[stolen] if frauds else spent[:0]
    told = blank(len(spent) + len(labels))
    told["seq"] = np.arange(1, len(told) + 1)
    told["fact"] = np.where(np.arange(len(told)) < len(spent), Fact.TRANSACTION, Fact.LABEL)
    told["code"] = np.where(told["fact"] == Fact.TRANSACTION, 1, Judgement.FRAUD)
    told["fresh"] = told["fact"] == Fact.TRANSACTION
    both = np.concatenate((spent, labels))
    told["account"], told["amount"] = both[:, 0], both[:, 2]
    told["occurred_at"] = both[:, 1]
    told["recorded_at"] = np.maximum.accumulate(both[:, 1])
    told["opened_at"][len(spent) :] = labels[:, 1]
    return told


def make(folder, frauds=True):
    folder.mkdir(mode=0o700)
    (folder / "packs").mkdir()
    (folder / "packs" / "pack.toml").write_text(PACK, encoding="utf-8")
    told = facts(frauds)
    mirror = Mirror(folder / "mirror.db")
    with mirror.transaction():
        for number in range(ACCOUNTS):
            mirror.accounts[f"acc_{number}"]  # numbers it
        mirror.write(Batch())
        mirror.log_page(len(told), int(told["recorded_at"].max()), told.astype(FACTS).tobytes())
    mirror.close()
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make(tmp_path_factory.mktemp("tuning") / "home")


def asked(folder, **more):
    return tuning.Asked(home_of(str(folder)), folder / "packs", **{"trials": 150, **more})


def test_the_front_is_judged_on_days_that_were_not_searched(folder, capsys):
    assert tuning.run(asked(folder), as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["events"] == ACCOUNTS * DAYS + 20 + 40
    assert told["searched_days"] == pytest.approx(2.33 * told["held_days"], rel=0.05)
    assert sum(told["episodes"]) == 20
    assert told["default"]["alert"] == 0.5
    assert 3 <= len(told["front"]) <= 20
    assert told["dominated"] < len(told["front"]) / 2
    assert any(one["held"]["coverage"] == 1 for one in told["front"])


def test_the_picked_point_becomes_a_draft_that_can_be_read(folder, tmp_path, capsys):
    draft = tmp_path / "draft.toml"
    assert tuning.run(asked(folder, stance="guarded", pick=2, to=draft), as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    policy = read_policy("draft.toml", draft.read_text(encoding="utf-8"))
    levels = policy.stances["guarded"].levels
    assert levels.thresholds[levels.alert_level - 1] == told["front"][1]["alert"]
    assert policy.stances["guarded"].automatic.freeze == (told["front"][1]["freeze"] is not None)


def test_a_file_that_is_there_is_refused_before_the_search(folder, tmp_path):
    draft = tmp_path / "draft.toml"
    draft.write_text("edited by hand", encoding="utf-8")
    with pytest.raises(ValueError, match=r"draft\.toml is there already"):
        tuning.run(asked(folder, to=draft), as_json=True, progress=True)
    assert draft.read_text(encoding="utf-8") == "edited by hand"


def test_for_people_it_is_a_plot_and_a_table_of_eighty_cells(folder, capsys):
    assert tuning.run(asked(folder), as_json=False) == 0
    shown = capsys.readouterr().out.splitlines()
    assert any("front" in line and "in force" in line for line in shown)
    table = [line for line in shown if line.strip().startswith("now")]
    assert len(table) == 1
    assert "0.500" in table[0]
    assert all(len(line) <= 84 for line in shown)


def test_a_point_or_a_stance_that_is_not_there_is_refused(folder):
    with pytest.raises(ValueError, match="there is no stance lose"):
        tuning.run(asked(folder, stance="lose"), as_json=True)
    with pytest.raises(ValueError, match="there is no point 99"):
        tuning.run(asked(folder, pick=99), as_json=True)


def test_without_a_mirror_it_says_so(tmp_path, capsys):
    assert main(["policy", "tune", "--home", str(tmp_path)]) == 1
    assert "mirror.db" in capsys.readouterr().err


def test_a_history_without_a_fraud_is_nothing_to_tune(tmp_path):
    with pytest.raises(ValueError, match="0 labelled frauds"):
        tuning.run(asked(make(tmp_path / "quiet", frauds=False)), as_json=True)
