"""The world's clock and calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from console.core.instants import DAY, EPOCH, HOUR, MICROSECOND, parse
from console.sandbox.world.bills import statement_after, statement_before
from console.sandbox.world.clock import LOCAL, Clock, Life, Rhythm, hour_of_day, midnight, weekday
from console.sandbox.world.habits import poisson

INSTANTS = st.integers(parse("2020-01-01T00:00:00Z"), parse("2035-01-01T00:00:00Z"))


def diary(clock: Clock, name: str, wishes: list[int], log: list[tuple[int, str]]) -> Life:
    for wish in wishes:
        yield wish
        log.append((clock.now, name))


@given(st.lists(st.lists(st.integers(0, 500), max_size=6), max_size=6), st.lists(st.integers(0, 600), max_size=5))
def test_lives_take_turns_in_time_order_however_the_run_is_cut(wishes: list[list[int]], cuts: list[int]) -> None:
    def lived(stops: list[int]) -> list[tuple[int, str]]:
        clock, log = Clock(0), list[tuple[int, str]]()
        for number, wished in enumerate(wishes):
            clock.begin(diary(clock, str(number), wished, log))
        for stop in stops:
            clock.run(stop, lambda: True)
        return log

    whole = lived([1000])
    assert [when for when, _ in whole] == sorted(when for when, _ in whole)
    assert len(whole) == sum(len(wished) for wished in wishes)
    assert lived([*sorted(cuts), 1000]) == whole


def test_a_wish_for_the_past_is_granted_now() -> None:
    clock, log = Clock(100), list[tuple[int, str]]()
    clock.begin(diary(clock, "late", [150, 20], log))
    clock.run(200, lambda: True)
    assert log == [(150, "late"), (150, "late")]


def test_a_run_that_must_stop_says_where_it_stands() -> None:
    clock, log = Clock(0), list[tuple[int, str]]()
    clock.begin(diary(clock, "a", [10, 20, 30], log))
    assert clock.run(100, lambda: len(log) < 2) == 20
    assert clock.run(100, lambda: True) == 100
    assert [when for when, _ in log] == [10, 20, 30]


@given(INSTANTS)
def test_local_hours_and_days_are_those_of_china(instant: int) -> None:
    local = EPOCH + (instant + LOCAL) * MICROSECOND
    assert (hour_of_day(instant), weekday(instant)) == (local.hour, local.weekday())
    assert 0 <= instant - midnight(instant) < DAY


@given(INSTANTS, st.integers(1, 28))
def test_statements_enclose_every_instant_by_a_month(instant: int, day: int) -> None:
    before, after = statement_before(instant, day), statement_after(instant, day)
    assert before <= instant < after
    assert 28 * DAY <= after - before <= 31 * DAY
    assert {(datetime.fromtimestamp(0, UTC) + (at + LOCAL) * MICROSECOND).day for at in (before, after)} == {day}


@given(st.floats(0.05, 1.0), st.integers(0, 2**32), st.integers(-3, 3))
def test_moments_lie_in_their_day_and_nights_are_quieter(night: float, seed: int, shift: int) -> None:
    rhythm, rng = Rhythm(night), Random(seed)
    day = parse("2026-10-01T16:00:00Z")
    moments = [rhythm.moment(day, shift, rng) for _ in range(400)]
    assert all(day <= moment < day + DAY for moment in moments)
    asleep = sum(2 * HOUR <= (moment - day - shift * HOUR) % DAY < 5 * HOUR for moment in moments)
    evening = sum(17 * HOUR <= (moment - day - shift * HOUR) % DAY < 20 * HOUR for moment in moments)
    assert asleep < evening


def test_poisson_has_its_mean() -> None:
    rng = Random(1)
    for mean in (0.1, 0.85, 3.0):
        drawn = [poisson(mean, rng) for _ in range(20_000)]
        assert abs(sum(drawn) / len(drawn) - mean) < 0.05 * max(1, mean)
