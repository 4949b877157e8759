"""The bench of a policy that moves: its two policies differ in that only, and its figures are made of the books."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.bench.policy import Arm, begins_on, compared, fixed, moving, summary, table
from console.desk.policy import shipped
from console.risk.policy_text import read_policy
from console.sandbox.world import load

STAYED = Arm([], None, 1000, 400, 10, 9000, {"a", "b", "c", "d", "e"}, {"a", "b", "c", "d"}, {"d", "x"}, {})
MOVED = replace(STAYED, moves=[(80.0, "guarded"), (112.5, "tight")], due_day=79.0, loss_minor=600, approved={"a", "b"})


def test_one_policy_moves_by_itself_and_nothing_moves_the_other():
    text = shipped().text
    moves, stays = read_policy("moving", moving(text)), read_policy("fixed", fixed(text))
    assert moves.drive.apply == "automatic"
    assert moves.drive.rule == shipped().drive.rule
    assert stays.drive.rule == ()
    assert stays.stances == moves.stances == shipped().stances


def test_the_day_is_the_worlds_own():
    downturn = load("downturn").downturn
    assert downturn is not None
    low, high = downturn.begins_on_day
    assert low <= begins_on(2) <= high
    assert begins_on(2) != begins_on(3)


def test_a_seed_is_told_by_what_both_policies_came_to():
    row = compared(4, 60.0, MOVED, STAYED)
    assert (row["tightened_day"], row["after_days"]) == (80.0, 20.0)
    assert row["loss_cut"] == pytest.approx(0.4)
    assert (row["good"], row["good_lost"], row["bad"], row["bad_avoided"]) == (3, 1, 1, 1)
    never = compared(4, 60.0, STAYED, replace(STAYED, loss_minor=0))
    assert never["after_days"] is None
    assert never["loss_cut"] is None
    told = summary([row, {**row, "after_days": 30.0}, never])
    assert told["after_days"]["mean"] == 25.0
    assert told["after_days"]["deviation"] == pytest.approx(7.0711, abs=1e-4)
    words = table(
        {"policy": "p", "days": 240, "tuned_on": 1, "dwell_days": 30, "rows": [row, never], **told, "seconds": 1.0,
         "machine": "m"}
    )  # fmt: skip
    assert "day 80 guarded, day 112 tight" in words
    assert "never" in words
