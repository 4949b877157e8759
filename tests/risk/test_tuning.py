"""Thresholds over scores of the past: the four rates by hand, the front's promises, and the draft of a policy."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.paths import fixtures
from console.risk.backtest import HITS, LABELS
from console.risk.columns import DAY, HOUR
from console.risk.front import Point, front, knee, search, spread
from console.risk.packs import Pack
from console.risk.policy import PolicyError
from console.risk.policy_draft import drafted, setting_of
from console.risk.policy_text import read_policy
from console.risk.tuning import NothingToTune, Past, Rates, Setting, dominates

START = 1_700_000_000_000_000
PACK = Pack((), (0.2, 0.5, 0.7, 0.88), 2)
TEXT = (fixtures() / "policies" / "standard.toml").read_text(encoding="utf-8")
POLICY = read_policy("standard.toml", TEXT)
SCORE = st.integers(1, 99).map(lambda each: each / 100)


def past(hits, labels, accounts=10, days=10, currency=None):
    """Hits are (account, hours, score), labels (account, hours, fraud, amount)."""
    table = np.zeros(len(hits), HITS)
    for row, (account, hours, score) in zip(table, hits, strict=True):
        row["account"], row["at"], row["live_score"] = account, START + hours * HOUR, score
    known = np.array(
        [(account, START + hours * HOUR, fraud, amount) for account, hours, fraud, amount in labels], LABELS
    )
    trail = SimpleNamespace(hits=table, labels=known)
    return Past.cut(trail, START, START + days * DAY, np.ones(accounts, bool), currency or {})


HITS_OF = [(0, 10, 0.6), (0, 11, 0.9), (1, 10, 0.6), (2, 50, 0.95), (3, 60, 0.3)]
FRAUDS = [(0, 10, True, 100.0), (0, 11, True, 300.0), (0, 12, True, 400.0), (4, 100, True, 200.0)]


def test_the_four_rates_by_hand():
    rates = past(HITS_OF, FRAUDS).rates(Setting(0.5, None))
    assert rates.coverage == 0.5  # of accounts 0 and 4
    assert rates.loss == pytest.approx(0.3)  # the first purchase and all of 4; the desk acts before the second
    assert rates.disturbance == pytest.approx(2 / 5 / 8)  # one in five looks at 1 and 2, of eight honest ones
    assert rates.minutes == pytest.approx(3 * 6 / 10)


def test_a_freeze_saves_at_once_and_disturbs_whole():
    rates = past(HITS_OF, FRAUDS).rates(Setting(0.95, 0.95))
    assert (rates.coverage, rates.loss) == (0, 1)
    assert rates.disturbance == pytest.approx(1 / 8)
    late = past([(0, 10, 0.9)], [(0, 10, True, 1.0), (0, 10.1, True, 1.0)])
    assert late.rates(Setting(0.5, None)).loss == 1
    assert late.rates(Setting(0.5, 0.9)).loss == 0.5


def test_an_alert_of_another_week_covers_nothing():
    rates = past([(0, 10, 0.9)], [(0, 60, True, 1.0)]).rates(Setting(0.5, None))
    assert (rates.coverage, rates.loss) == (0, 1)


def test_frauds_far_apart_are_episodes_of_their_own():
    two = past([(0, 10, 0.9)], [(0, 10, True, 1.0), (0, 220, True, 1.0)])
    assert two.episodes == 2
    assert two.rates(Setting(0.5, None)).coverage == 0.5


def test_money_of_different_currencies_is_not_added():
    labels = [(0, 10, True, 1.0), (1, 10, True, 1_000_000.0)]
    rates = past([(0, 9, 0.9)], labels, currency={0: "EUR", 1: "JPY"}).rates(Setting(0.5, None))
    assert rates.loss == pytest.approx(0.5)


def test_without_fraud_or_honest_customers_there_is_nothing_to_tune():
    with pytest.raises(NothingToTune, match="0 labelled frauds"):
        past(HITS_OF, [])
    with pytest.raises(NothingToTune, match="0 honest"):
        past([], [(0, 1, True, 1.0)], accounts=1)


EVENTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 239), SCORE), max_size=60)
LOSSES = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 239), st.just(True), st.floats(0, 1e6)), min_size=1, max_size=20
)


@given(EVENTS, LOSSES, SCORE, SCORE, SCORE)
def test_lower_thresholds_never_cover_less_lose_more_or_disturb_fewer(hits, labels, alert, freeze, lower):
    stretch = past(hits, labels)
    strict = stretch.rates(Setting(alert, max(alert, freeze)))
    loose = stretch.rates(Setting(min(alert, lower), max(alert, freeze)))
    tight = stretch.rates(Setting(alert, None))
    assert loose.coverage >= strict.coverage
    assert loose.loss <= strict.loss + 1e-9
    assert loose.disturbance >= strict.disturbance - 1e-12
    assert strict.loss <= tight.loss + 1e-9
    assert all(0 <= each <= 1 + 1e-9 for each in strict[:3])


@settings(max_examples=20, deadline=None)
@given(EVENTS, LOSSES, st.integers(0, 5))
def test_the_front_holds_no_point_that_another_or_the_start_beats(hits, labels, seed):
    stretch, start = past(hits, labels), Setting(0.5, 0.9)
    found = search(stretch, start, 30, seed=seed)
    assert found
    assert not any(dominates(other.rates, one.rates) for one in found for other in found)
    assert not any(dominates(stretch.rates(start), one.rates) for one in found)
    assert all(one.setting.freeze is None or one.setting.freeze >= one.setting.alert for one in found)
    assert found == search(stretch, start, 30, seed=seed)


RATES = st.builds(Rates, *[st.integers(0, 4).map(float) for _ in range(4)])


@given(st.lists(RATES, min_size=1, max_size=60))
def test_what_is_shown_of_a_front_is_part_of_it_and_not_too_much(rates):
    whole = front([Point(Setting(0.5, None), each) for each in rates])
    shown = spread(whole, 8)
    assert len(shown) == min(8, len(whole))
    assert set(shown) <= set(whole)
    assert 0 <= knee(shown) < len(shown)


# ---------------------------------------------------------------- the draft


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(POLICY.stances)), SCORE, st.none() | SCORE)
def test_a_draft_has_the_picked_thresholds_and_keeps_everything_else(stance, alert, freeze):
    setting = Setting(alert, None if freeze is None else round(alert + freeze * (0.99 - alert), 3))
    text = drafted(POLICY, stance, setting, PACK)
    read = read_policy("draft", text)
    there = setting_of(read.stances[stance], PACK)
    assert there.alert == pytest.approx(alert)
    assert (there.freeze is None) == (setting.freeze is None)
    assert setting.freeze is None or there.freeze == pytest.approx(setting.freeze, abs=0.004)
    assert read.drive == POLICY.drive
    for name, other in POLICY.stances.items():
        before, after = (replace(one, levels=None, automatic=other.automatic) for one in (other, read.stances[name]))
        assert (before == after) if name == stance else (read.stances[name] == other)
    assert [line for line in TEXT.splitlines() if line.startswith("#")] == [
        line for line in text.splitlines() if line.startswith("#")
    ]


def test_the_setting_of_a_stance_freezes_no_lower_than_critical():
    assert setting_of(POLICY.stances["normal"], PACK) == Setting(0.5, 0.97)
    assert setting_of(POLICY.stances["tight"], PACK) == Setting(0.4, 0.95)


def test_a_stance_written_over_many_lines_is_left_to_a_person():
    text = TEXT.replace('levels = { low = 0.16, medium = 0.40, high = 0.62, critical = 0.82, alert = "medium" }\n', "")
    text += '\n[stances.tight.levels]\nlow = 0.16\nmedium = 0.4\nhigh = 0.62\ncritical = 0.82\nalert = "medium"\n'
    with pytest.raises(PolicyError):
        drafted(read_policy("p", text), "tight", Setting(0.3, None), PACK)
