"""Another alert threshold over the same rules."""

from __future__ import annotations

import pytest

from console.bench.alert_policy import alerting_at
from console.desk.pack_files import packs


def test_alerts_open_at_the_score_and_nothing_else_changes(tmp_path):
    shipped, changed = packs(None), packs(alerting_at(None, 0.07, tmp_path / "packs"))
    assert changed.alert_level == 1
    assert changed.thresholds == (0.07, *shipped.thresholds[1:])
    assert [(rule.id, rule.weight, rule.params) for rule in changed.rules] == [
        (rule.id, rule.weight, rule.params) for rule in shipped.rules
    ]


def test_a_score_above_the_other_levels_is_refused(tmp_path):
    with pytest.raises(ValueError, match="rise"):
        alerting_at(None, 0.95, tmp_path / "packs")


def own(tmp_path, text):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "all.toml").write_text(text)
    return alerting_at(tmp_path / "own", 0.07, tmp_path / "packs")


LEVELS = '[levels]\nlow = 0.2\nmedium = 0.5\nhigh = 0.7\ncritical = 0.9\nalert = "medium"\n'
RULE = """[[rule]]
id = "UNU-1"
typology = "unusual"
state = "live"
weight = 0.6
on = ["spend"]
when = "amount > low"
action = "watch"
params = { low = 0.3 }
text = { en = "Large", zh = "大额" }
runbook = { en = "Look", zh = "查看" }
"""


def test_rules_before_and_after_the_levels_stay(tmp_path):
    changed = packs(own(tmp_path, RULE + LEVELS + "# more\n" + RULE.replace("UNU-1", "UNU-2")))
    assert changed.thresholds == (0.07, 0.5, 0.7, 0.9)
    assert [(rule.id, rule.params) for rule in changed.rules] == [("UNU-1", {"low": 0.3}), ("UNU-2", {"low": 0.3})]


def test_levels_that_are_no_table_of_their_own_are_refused(tmp_path):
    inline = 'levels = { low = 0.2, medium = 0.5, high = 0.7, critical = 0.9, alert = "medium" }\n'
    with pytest.raises(ValueError, match="table of its own"):
        own(tmp_path, inline)
