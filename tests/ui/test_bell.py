"""The bell rings once for what is new, and not like an alarm clock."""

from __future__ import annotations

import sqlite3
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.core.instants import SECOND
from console.paths import Home
from console.settings import Console, Settings
from console.ui.app import RiskDesk
from console.ui.bell import EVERY, Bell
from tests.ui.conftest import Desk
from tests.ui.screens import ready, until

NOTHING = np.empty(0, np.int64)


@given(st.lists(st.tuples(st.integers(0, 5), st.sets(st.integers(0, 9))), max_size=40))
def test_rings_are_apart_and_only_for_what_is_new(steps: list[tuple[int, set[int]]]) -> None:
    now, rings, known, unheard = [0], list[int](), set[int](), False
    bell = Bell(lambda: rings.append(now[0]), lambda: now[0])
    bell.hear(NOTHING)
    for seconds, numbers in steps:
        now[0] += seconds * SECOND
        unheard = unheard or not numbers <= known
        known |= numbers
        bell.hear(np.array(sorted(numbers), np.int64))
        before = len(rings)
        bell.beat()
        if len(rings) > before:
            assert unheard
            unheard = False
    assert all(later - earlier >= EVERY for earlier, later in pairwise(rings))
    now[0] += EVERY
    bell.beat()
    bell.beat()
    assert len(rings) <= len(known)


def test_what_was_there_at_first_is_not_new_but_what_comes_back_is() -> None:
    rings: list[int] = []
    bell = Bell(lambda: rings.append(1), lambda: 0)
    bell.hear(np.array([1 << 20]))
    bell.beat()
    assert rings == []
    bell.hear(np.array([1 << 20 | 1]))
    bell.beat()
    assert rings == [1]


def test_the_alerts_of_another_mirror_are_not_new() -> None:
    rings: list[int] = []
    bell = Bell(lambda: rings.append(1), lambda: 0)
    bell.hear(np.array([1 << 20]), "one")
    bell.hear(np.array([2 << 20]), "another")
    bell.beat()
    assert rings == []
    bell.hear(np.array([2 << 20, 3 << 20]), "another")
    bell.beat()
    assert rings == [1]


@pytest.mark.parametrize(("wanted", "rings"), [(True, 1), (False, 0)])
async def test_the_console_rings_for_a_new_critical_alert(
    desk: Desk, home: Home, monkeypatch: pytest.MonkeyPatch, wanted: bool, rings: int
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(RiskDesk, "bell", lambda _: rung.append(1))
    app = desk(settings=Settings(console=Console(bell=wanted)))
    async with app.run_test(size=(100, 30)):
        await ready(app)
        before = app.sight.situation.alerts.get("critical", 0)
        with sqlite3.connect(home.mirror) as writer:
            writer.execute("UPDATE alert SET level = 4 WHERE alert_id IN (SELECT alert_id FROM alert"
                           " WHERE state = 'open' AND level < 4 AND muted_until = 0 LIMIT 1)")  # fmt: skip
        await until(lambda: app.sight.situation.alerts.get("critical", 0) == before + 1, "the count")
        app.look()
        app.look()
    assert len(rung) == rings
