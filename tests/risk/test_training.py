"""What a fit is told: rows of a window, labels below its seq, silence that has grown old."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from console.risk.columns import DAY, Judgement
from console.risk.training import YOUNG, Block, Moment, gather, judged, packed, unpacked

FLOATS = st.one_of(st.floats(-(2.0**100), 2.0**100, width=32), st.just(float("nan")))
NONE = judged([])


def block(seqs: list[int], at: int = 0, features: tuple[str, ...] = ("a", "b"), rules: tuple[str, ...] = ()) -> Block:
    matrix = np.array([[seq + place for place in range(len(features))] for seq in seqs], np.float32)
    fired = np.packbits(np.ones((len(seqs), len(rules)), bool), axis=1)
    return Block(features, rules, np.array(seqs), np.full(len(seqs), at), fired, packed(matrix))


@given(arrays(np.float32, st.tuples(st.integers(0, 5), st.integers(1, 4)), elements=FLOATS))
def test_packing_keeps_what_is_missing_and_nearly_every_digit(matrix: np.ndarray) -> None:
    kept = unpacked(packed(matrix))
    assert kept.shape == matrix.shape
    assert np.array_equal(np.isnan(kept), np.isnan(matrix))
    there = ~np.isnan(matrix)
    assert np.all(np.abs(kept - matrix)[there] <= np.abs(matrix[there]) / 256 + 2.0**-126)
    assert np.array_equal(unpacked(packed(kept)), kept, equal_nan=True)


def test_reasons_of_missing_values_survive_as_missing() -> None:
    from console.risk.missing import ERROR, MISSING_INPUT, NO_HISTORY, TOO_FEW

    reasons = np.array([[NO_HISTORY, TOO_FEW, MISSING_INPUT, ERROR, -np.nan, np.inf]], np.float64).astype(np.float32)
    assert np.isnan(unpacked(packed(reasons))).tolist() == [[True] * 5 + [False]]


def test_labels_count_from_their_seq_on_and_the_last_one_holds() -> None:
    moment = Moment(seq=100, at=50 * DAY, maturity=7 * DAY)
    young = block([1, 2, 3, 4, 5, 6], at=49 * DAY)
    labels = judged(
        [
            (10, 1, Judgement.FRAUD, 0),
            (11, 2, Judgement.FRAUD, 0),
            (12, 2, Judgement.WITHDRAWN, 0),
            (13, 2, Judgement.LEGIT, 0),
            (14, 3, Judgement.INCONCLUSIVE, 0),
            (15, 4, Judgement.FRAUD, 0),
            (16, 4, Judgement.WITHDRAWN, 0),
            (100, 5, Judgement.FRAUD, 0),
            (17, 77, Judgement.FRAUD, 0),
        ]
    )
    known = gather([young], labels, moment, 30 * DAY, 1_000, ("a", "b"))
    assert dict(zip(known.seq.tolist(), known.fraud.tolist(), strict=True)) == {1: True, 2: False}
    assert known.told.tolist() == [10, 13]
    later = gather([young], labels, Moment(101, 60 * DAY, 7 * DAY), 30 * DAY, 1_000, ("a", "b"))
    assert dict(zip(later.seq.tolist(), later.fraud.tolist(), strict=True)) == {
        1: True,
        2: False,
        4: False,
        5: True,
        6: False,
    }


def test_only_the_window_is_learned_from() -> None:
    moment = Moment(seq=100, at=50 * DAY, maturity=7 * DAY)
    blocks = [block([1, 2], at=10 * DAY), block([], at=30 * DAY), block([3, 4], at=30 * DAY), block([100], at=30 * DAY)]
    assert gather(blocks, NONE, moment, 30 * DAY, 1_000, ("a",)).seq.tolist() == [3, 4]
    assert len(gather([], NONE, moment, 30 * DAY, 1_000, ("a",)).seq) == 0


def test_thinned_rows_are_weighed_and_frauds_are_all_kept() -> None:
    moment = Moment(seq=100_000, at=50 * DAY, maturity=7 * DAY)
    labels = judged([(90_000 + seq, seq, Judgement.FRAUD, 0) for seq in range(1, 101)])
    blocks = [block(list(range(start, start + 1_000)), at=30 * DAY) for start in range(1, 20_001, 1_000)]
    whole = gather(blocks, labels, moment, 30 * DAY, 2_000, ("a",))
    assert whole.fraud.sum() == 100
    assert 1_700 < (~whole.fraud).sum() < 2_300
    assert abs(whole.weight.sum() - 20_000) < 2_500
    split = [block(list(range(start, start + 7)), at=30 * DAY) for start in range(1, 20_000, 7)]
    again = gather([*split, block([20_000], at=30 * DAY)], labels, moment, 30 * DAY, 2_000, ("a",))
    assert np.array_equal(again.seq, whole.seq)
    assert np.array_equal(again.matrix, whole.matrix)


def test_what_a_desk_judged_before_others_of_its_age_weighs_less() -> None:
    labels = judged(
        [
            (50, 1, Judgement.FRAUD, 1),
            (51, 2, Judgement.LEGIT, 1),
            (52, 3, Judgement.FRAUD, 0),
            (53, 4, Judgement.FRAUD, 1),
            (54, 4, Judgement.FRAUD, 0),
            (55, 5, Judgement.FRAUD, 1),
        ]
    )
    blocks = [block([1, 2, 3, 4], at=49 * DAY), block([5, 6], at=43 * DAY - 1)]
    young = gather(blocks, labels, Moment(100, 50 * DAY, 7 * DAY), 30 * DAY, 1_000, ("a",))
    found = dict(zip(young.seq.tolist(), young.weight.tolist(), strict=True))
    assert found == {1: pytest.approx(YOUNG), 2: pytest.approx(YOUNG), 3: 1.0, 4: 1.0, 5: 1.0, 6: 1.0}
    ripe = gather(blocks, labels, Moment(100, 57 * DAY, 7 * DAY), 30 * DAY, 1_000, ("a",))
    assert ripe.weight.tolist() == [1.0] * 6


def test_older_blocks_lack_newer_features_and_name_other_rules() -> None:
    moment = Moment(seq=100, at=50 * DAY, maturity=0)
    blocks = [
        block([1], at=30 * DAY, rules=("B-1",)),
        block([2], at=30 * DAY, features=("b", "c"), rules=("A-1", "C-1")),
    ]
    known = gather(blocks, NONE, moment, 30 * DAY, 1_000, ("b", "c"))
    assert np.array_equal(known.matrix, np.array([[2, np.nan], [2, 3]], np.float32), equal_nan=True)
    assert known.rules == ("A-1", "B-1", "C-1")
    assert known.fired.tolist() == [[False, True, False], [True, False, True]]
