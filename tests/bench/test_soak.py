"""What the soak stands on: a screen read from what was painted, and drift told from a screen a moment behind."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.bench import drift
from console.bench.drift import Shown, Truth
from console.bench.screen import Screen
from console.bench.soak import Samples
from tests.ui.mirror_builder import build

PAINTED = "\x1b[2;3H\x1b[1;31m余额 12\x1b[0m\x1b[2;3H欠\r\nnext\x1b]0;title\x07\x1b[?2026l\x1b[1;1H-"


@given(cuts=st.lists(st.integers(0, len(PAINTED.encode())), max_size=6))
def test_a_screen_is_the_same_however_the_bytes_come(cuts: list[int]) -> None:
    screen, painted = Screen(20, 3), PAINTED.encode()
    places = [0, *sorted(cuts), len(painted)]
    for first, last in pairwise(places):
        screen.paint(painted[first:last])
    assert screen.rows() == ["-", "  欠额 12", "next"]


def test_text_beyond_the_edge_is_not_painted() -> None:
    screen = Screen(4, 1)
    screen.paint("abc余\x1b[9;1Hx".encode())
    assert screen.rows() == ["abc"]


def test_what_was_true_a_moment_ago_is_no_drift_and_what_never_was_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mirror.db"
    build(path, 30)
    truth = Truth(path, {"CNY": 2, "JPY": 0})
    truth.ask(["acc_000001"])
    before = " ".join(truth.told("acc_000001"))
    with closing(sqlite3.connect(path)) as writer, writer:
        writer.execute("UPDATE account SET balance_minor = 777 WHERE account = 1")
    truth.ask(["acc_000001"])
    assert truth.agrees(Shown("acc_000001", before))
    assert truth.agrees(Shown("acc_000001", before.replace(".", "_"))) is False
    monkeypatch.setattr(drift, "KEPT_S", 0.0)
    truth.ask(["acc_000001"])
    assert truth.agrees(Shown("acc_000001", before)) is False


def test_growth_is_told_after_the_warming_up() -> None:
    samples = Samples([float(at) for at in range(100)], [100.0 + at * (50 if at < 20 else 0) for at in range(100)])
    assert samples.growth(20.0) == 0.0
    samples = Samples([float(at) for at in range(100)], [100.0 + at for at in range(100)])
    assert samples.growth(0.0) == 3600.0
    assert samples.growth(98.0) is None
