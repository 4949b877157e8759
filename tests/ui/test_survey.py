"""The order between two whole readings: what has risen stands in front, nothing is lost or doubled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.paths import Home
from console.ui.survey import Question, Survey, Surveyor, raised
from store.reader import Numbers, Reader
from tests.processes import wait_until


@given(order=st.permutations(range(30)), risen=st.lists(st.integers(0, 40), unique=True, max_size=12))
def test_the_foremost_come_first_and_the_rest_keeps_its_order(order: list[int], risen: list[int]) -> None:
    last = Survey((1, 0), Question(), np.array(order, np.int32), {"high": 3})
    survey = raised(last, np.array(risen, np.int32))
    assert survey.order.tolist() == [*risen, *(account for account in order if account not in risen)]
    assert survey == replace(last, order=survey.order)


def test_nothing_new_is_the_same_survey() -> None:
    last = Survey((1, 0), Question(), np.array([4, 2, 7], np.int32), {})
    assert raised(last, np.array([4, 2], np.int32)) is last
    assert raised(last, np.array([], np.int32)) is last


def test_a_statement_stopped_to_make_room_is_no_failure(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Survey | Exception] = []
    surveyor = Surveyor(home.mirror, told.append)
    order, stops = Reader.order, [True, True]

    def stopped(reader: Reader) -> Numbers:
        stop = stops.pop(0) if stops else False
        reader._connection.set_progress_handler(lambda: stop, 1)  # as an interruption that comes while it runs
        try:
            return order(reader)
        finally:
            reader._connection.set_progress_handler(None, 1)

    monkeypatch.setattr(Reader, "order", stopped)
    surveyor.start()
    surveyor.ask(Question())
    wait_until(lambda: told, "a survey")
    surveyor.stop()
    surveyor.join()
    assert [type(news) for news in told] == [Survey]
    assert stops == []
