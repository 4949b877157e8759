"""The figures of detection against their definitions, spelled out one pair, threshold and day at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.bench.protocol import Rows, auc, average_precision, card_precision, in_test_week, recall_at

ROW = st.tuples(st.integers(100, 131), st.integers(0, 6), st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9]))


def rows_of(drawn: list[tuple[int, int, bool, float]]) -> Rows:
    day, account, fraud, score = zip(*sorted(drawn), strict=True)
    return Rows(np.array(day), np.array(account), np.array(fraud), np.array(score))


@given(st.lists(ROW, min_size=1, max_size=60))
def test_auc_is_the_share_of_pairs_in_order(drawn):
    rows = rows_of(drawn)
    frauds, others = rows.score[rows.fraud], rows.score[~rows.fraud]
    found = auc(rows.fraud, rows.score)
    if not len(frauds) or not len(others):
        assert math.isnan(found)
        return
    pairs = [1.0 if f > o else 0.5 if f == o else 0.0 for f in frauds for o in others]
    assert found == pytest.approx(sum(pairs) / len(pairs))


@given(st.lists(ROW, min_size=1, max_size=60))
def test_average_precision_weighs_each_threshold_by_the_recall_it_adds(drawn):
    rows = rows_of(drawn)
    if not rows.fraud.any():
        assert math.isnan(average_precision(rows.fraud, rows.score))
        return
    total, recall = 0.0, 0.0
    for threshold in sorted(set(rows.score), reverse=True):
        alarmed = rows.score >= threshold
        reached = rows.fraud[alarmed].sum() / rows.fraud.sum()
        total += (reached - recall) * rows.fraud[alarmed].mean()
        recall = reached
    assert average_precision(rows.fraud, rows.score) == pytest.approx(total)


@given(st.lists(ROW, min_size=1, max_size=60), st.sampled_from([0.0, 0.01, 0.2, 1.0]))
def test_recall_is_that_of_the_lowest_threshold_with_few_enough_false_alarms(drawn, share):
    rows = rows_of(drawn)
    if rows.fraud.all() or not rows.fraud.any():
        assert math.isnan(recall_at(rows.fraud, rows.score, share))
        return
    best = 0.0
    for threshold in set(rows.score):
        alarmed = rows.score >= threshold
        if alarmed[~rows.fraud].mean() <= share:
            best = max(best, alarmed[rows.fraud].mean())
    assert recall_at(rows.fraud, rows.score, share) == pytest.approx(best)


@given(st.lists(ROW, min_size=1, max_size=80), st.integers(1, 4))
def test_card_precision_takes_the_riskiest_accounts_of_each_day_and_lets_the_caught_go(drawn, top):
    caught: set[int] = set()
    precision = []
    for day in sorted({row[0] for row in drawn}):
        cards: dict[int, tuple[float, bool]] = {}
        for _, account, fraud, score in (row for row in drawn if row[0] == day and row[1] not in caught):
            highest, defrauded = cards.get(account, (-1.0, False))
            cards[account] = (max(highest, score), defrauded or fraud)
        best = sorted(cards, key=lambda account: (-cards[account][0], account))[:top]
        hits = {account for account in best if cards[account][1]}
        precision.append(len(hits) / top)
        caught |= hits
    assert card_precision(rows_of(drawn), top) == pytest.approx(sum(precision) / len(precision))


@given(st.lists(ROW, min_size=1, max_size=80))
def test_a_test_week_leaves_out_accounts_that_were_known_when_the_day_began(drawn):
    rows, first = rows_of(drawn), 121
    frauds = {(day, account) for day, account, fraud, _ in drawn if fraud}
    expected = []
    for day, account in zip(rows.day.tolist(), rows.account.tolist(), strict=True):
        known = {who for when, who in frauds if first - 14 <= when < first - 7}
        known |= {who for when, who in frauds if first - 8 <= when <= day - 8}
        expected.append(first <= day < first + 7 and account not in known)
    assert in_test_week(rows, first).tolist() == expected
