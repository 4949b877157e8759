"""Another alert threshold over the same rules."""

from __future__ import annotations

import pytest

from console.bench.alert_policy import alerting_at
from console.watch.watcher import packs


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


def test_rules_after_the_levels_are_not_lost_silently(tmp_path):
    (tmp_path / "own").mkdir()
    text = '[levels]\nlow = 0.2\nmedium = 0.5\nhigh = 0.7\ncritical = 0.9\nalert = "medium"\n[[rule]]\nid = "X-1"\n'
    (tmp_path / "own" / "all.toml").write_text(text)
    with pytest.raises(ValueError, match="last table"):
        alerting_at(tmp_path / "own", 0.07, tmp_path / "packs")
