"""Judging a scored stream: which weeks, which days, and a stream that was not scored to its end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from console.bench import protocol, quality
from console.bench.stream import Stream, read_stream
from console.core.instants import DAY
from console.sandbox.recording import transaction_id

DAYS, A_DAY = 60, 40


@pytest.fixture
def stream(tmp_path: Path) -> Stream:
    """60 days of 40 transactions of 200 accounts, in the handbook's columns; every ninth is a fraud."""
    number = np.arange(DAYS * A_DAY)
    table = pa.table(
        {
            "transaction_id": number,
            "occurred_at": pa.array(np.datetime64("2018-04-01T03", "ms") + number * (86_400_000 // A_DAY)),
            "account_id": number * 7 % 200,
            "terminal_id": number % 11,
            "amount_minor": 100 + number,
            "fraud": (number % 9 == 0).astype(np.int8),
        }
    )
    pa.parquet.write_table(table, tmp_path / "stream.parquet")
    return read_stream(tmp_path / "stream.parquet")


def scores_of(stream: Stream, score: np.ndarray) -> dict[str, float]:
    return {transaction_id(n): value for n, value in zip(stream.number.tolist(), score.tolist(), strict=True)}


def test_a_stream_is_read_with_its_days_accounts_and_frauds(stream):
    assert stream.mapping.name == "handbook"
    assert (stream.occurred_at[1] - stream.occurred_at[0]) * A_DAY == DAY
    assert stream.day[0] == 0
    assert stream.day[-1] == DAYS
    assert stream.date(0) == "2018-04-01"
    assert stream.account_ids[stream.account[3]] == "acc.000021"
    assert np.flatnonzero(stream.fraud).tolist() == list(range(0, DAYS * A_DAY, 9))


def test_the_last_four_weeks_are_the_test_and_the_four_before_are_apart(stream):
    score = np.random.default_rng(1).random(len(stream.number)) / 2 + stream.fraud * 0.3
    rows = stream.scored(scores_of(stream, score))
    found = quality.judged(stream, rows)
    assert [week["set"] for week in found["weeks"]] == ["tuning"] * 4 + ["test"] * 4
    first = DAYS + 1 - 28
    assert found["weeks"][4]["week"] == stream.date(first)
    mean = np.mean([protocol.week(rows, first + 7 * number) for number in range(4)], axis=0)
    assert (found["auc"], found["ap"], found["cp100"]) == pytest.approx(tuple(mean))
    assert found["tuning"]["ap"] != found["ap"]


def test_a_perfect_score_is_perfect(stream):
    found = quality.judged(stream, stream.scored(scores_of(stream, stream.fraud * 1.0)))
    assert (found["auc"], found["ap"]) == (1.0, 1.0)


def test_a_transaction_without_a_score_is_told(stream):
    scores = scores_of(stream, stream.fraud * 1.0)
    del scores[transaction_id(5)]
    with pytest.raises(ValueError, match="1 transactions"):
        stream.scored(scores)


def test_a_stream_too_short_for_the_protocol_is_told(stream):
    early = stream.day < 50
    short = Stream(
        stream.mapping,
        stream.number[early],
        stream.occurred_at[early],
        stream.account[early],
        stream.fraud[early],
        stream.account_ids,
    )
    with pytest.raises(ValueError, match="50 days"):
        quality.judged(short, short.scored(scores_of(short, short.fraud * 1.0)))


def test_no_stream_is_skipped(tmp_path, capsys):
    assert quality.run(quality.Run(tmp_path / "none.parquet"), as_json=True) == 0
    assert str(tmp_path / "none.parquet") in capsys.readouterr().err
