"""When a refit is due: by the stream's clock, by labels, by what the model missed, by drift."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.risk.columns import DAY, FACTS, HOUR, Fact, Judgement, blank
from console.risk.drift import LEVELS, levelled
from console.risk.model import Figures, Model
from console.risk.refits import Cadence, Schedule

CADENCE = Cadence(every_days=7, soonest_days=2, first_frauds=10, fewest_rows=50)
MATURITY = 3 * DAY
START = 20_000 * DAY
NAMES = ("amount",)


def model(version: str = "m1", missed: float = 0.2, probability: Any = 0.0005) -> Model:
    nothing = Figures(1, 1, 1, 1, 1, 1, None, None, None)
    drift = {"": levelled(np.full(100, probability), np.ones(100))}
    return Model(version, 0, 0, list(NAMES), b"", 1.0, 0.0, {}, drift, 0.5, missed, nothing, "")


class Stream:
    """Feeds a schedule day by day; `facts` are numbered from 1."""

    def __init__(self) -> None:
        self.schedule = Schedule(CADENCE)
        self.seq = 0
        self.model: Model | None = None
        self.maturity = MATURITY

    def take(self, facts: Any, probability: Any = 0.0) -> list[str]:
        """Give facts in order, looking wherever a day begins; the reasons of what is due."""
        reasons = []
        clocks = self.schedule.clocks(facts)
        for row in range(len(facts)):
            if clocks[row] // DAY > self.schedule.seen.clock // DAY and self.schedule.seen.clock:
                due = self.schedule.look(int(facts["seq"][row]), int(clocks[row]), self.model, self.maturity)
                if due is not None:
                    reasons.append(due.reason)
                    assert due.counts_at == clocks[row] // DAY * DAY + CADENCE.lead_hours * HOUR
                    self.schedule.settled()
            part = facts[row : row + 1]
            if self.model is not None and part["fact"][0] == Fact.TRANSACTION:
                matrix = np.zeros((1, 1), np.float32)
                self.schedule.watch(self.model, part["seq"], matrix, NAMES, np.full(1, probability))
            self.schedule.note(part, clocks[row : row + 1])
        return reasons

    def spends(self, day: int, count: int = 20, **values: Any) -> list[str]:
        return self.take(self.facts(day, count, Fact.TRANSACTION), **values)

    def frauds(self, day: int, judged: list[int], code: Judgement = Judgement.FRAUD) -> list[str]:
        facts = self.facts(day, len(judged), Fact.LABEL)
        facts["code"], facts["judged"] = code, judged
        return self.take(facts)

    def facts(self, day: int, count: int, fact: Fact) -> Any:
        facts = blank(count)
        facts["seq"] = np.arange(self.seq + 1, self.seq + count + 1)
        facts["fact"], facts["fresh"] = fact, fact == Fact.TRANSACTION
        facts["recorded_at"] = START + day * DAY + HOUR + np.arange(count)
        self.seq += count
        return facts


@pytest.fixture
def stream() -> Stream:
    assert FACTS.names
    return Stream()


def fitted(stream: Stream) -> Stream:
    """A stream whose first refit was due on day 5."""
    for day in range(5):
        assert stream.spends(day) == []
    stream.frauds(4, list(range(1, 11)))
    assert stream.spends(5) == ["first"]
    stream.model = model()
    return stream


def test_the_first_waits_for_labels_and_for_their_time_to_come(stream: Stream) -> None:
    stream.spends(0)
    stream.frauds(0, list(range(1, 11)))
    assert [stream.spends(day) for day in range(1, 5)] == [[], [], [], ["first"]]


def test_too_few_frauds_are_waited_for(stream: Stream) -> None:
    for day in range(20):
        assert stream.spends(day) == []
    stream.frauds(19, list(range(1, 10)))
    stream.frauds(19, [0, 0, 0])
    stream.frauds(19, [15], Judgement.LEGIT)
    assert stream.spends(20) == []
    stream.frauds(20, [16])
    assert stream.spends(21) == ["first"]


def test_then_every_week(stream: Stream) -> None:
    fitted(stream)
    found = {day: stream.spends(day) for day in range(6, 22)}
    assert {day: reasons for day, reasons in found.items() if reasons} == {12: ["weekly"], 19: ["weekly"]}


def test_many_new_frauds_bring_it_forward(stream: Stream) -> None:
    fitted(stream)
    stream.frauds(5, [20, 21, 22, 23, 24])
    assert (stream.spends(6), stream.spends(7)) == ([], ["news"])
    stream.frauds(7, [25, 26, 27])
    assert (stream.spends(8), stream.spends(9)) == ([], [])


def test_missed_frauds_bring_it_forward_and_caught_ones_do_not(stream: Stream) -> None:
    for chance, due in ((0.9, []), (0.1, ["missed"])):
        stream = fitted(Stream())
        stream.schedule.seen.frauds_then = 1_000
        first = stream.seq + 1
        stream.spends(5, 20, probability=chance)
        stream.frauds(6, list(range(first, first + 12)))
        assert stream.spends(7, probability=chance) == due


def test_a_few_missed_frauds_are_no_drift(stream: Stream) -> None:
    fitted(stream)
    first = stream.seq + 1
    stream.spends(5, 20, probability=0.1)
    stream.frauds(6, list(range(first, first + 4)))
    assert stream.spends(7) == []


def test_a_shifted_probability_brings_it_forward(stream: Stream) -> None:
    for chance, due in ((0.0006, []), (0.3, ["drift"])):
        stream = fitted(Stream())
        assert [reason for day in range(5, 9) for reason in stream.spends(day, 40, probability=chance)] == due
        assert (stream.schedule.seen.shifts[""] > CADENCE.shifted) == bool(due)


def test_little_says_nothing_of_drift(stream: Stream) -> None:
    fitted(stream)
    stream.spends(5, 4, probability=0.9)
    assert [stream.spends(day, 4, probability=0.9) for day in range(6, 9)] == [[], [], []]


def test_nothing_is_due_while_a_refit_is_under_way(stream: Stream) -> None:
    fitted(stream)
    stream.schedule.look(stream.seq + 1, START + 12 * DAY, stream.model, MATURITY)
    under_way = stream.schedule.seen.due
    assert under_way is not None
    assert stream.schedule.look(stream.seq + 1, START + 30 * DAY, stream.model, MATURITY) is None
    assert stream.schedule.seen.due == under_way


def test_only_fresh_transactions_move_the_clock(stream: Stream) -> None:
    facts = stream.facts(3, 4, Fact.TRANSACTION)
    facts["recorded_at"] = [START, START + 5, START + 99 * DAY, START + 3]
    facts["fresh"][2] = False
    assert stream.schedule.clocks(facts).tolist() == [START, START + 5, START + 5, START + 5]


def test_a_time_far_in_the_future_moves_the_clock_only_when_the_next_one_agrees(stream: Stream) -> None:
    facts = stream.facts(3, 7, Fact.TRANSACTION)
    far = START + 900 * DAY
    facts["recorded_at"] = [START, far, START + 5, far, START + 2 * DAY, START + 2 * DAY + 7, START + DAY]
    clocks = [START, START, START + 5, START + 5, START + 2 * DAY, START + 2 * DAY + 7, START + 2 * DAY + 7]
    assert stream.schedule.clocks(facts).tolist() == clocks
    assert stream.take(facts) == []
    assert stream.schedule.clocks(facts[1:2]).tolist() == clocks[-1:]


@given(st.lists(st.integers(0, 40 * DAY), min_size=1, max_size=30), st.integers(1, 29))
def test_where_pages_are_cut_does_not_move_the_clock(ats: list[int], cut: int) -> None:
    whole, parted = Stream(), Stream()
    facts = whole.facts(0, len(ats), Fact.TRANSACTION)
    facts["recorded_at"] = np.array(ats) + START
    clocks = whole.schedule.clocks(facts).tolist()
    told = []
    for part in (facts[:cut], facts[cut:]):
        if len(part):
            some = parted.schedule.clocks(part)
            parted.schedule.note(part, some)
            told += some.tolist()
    assert told == clocks
    assert max(clocks) <= max(ats) + START


def test_the_state_goes_round(stream: Stream) -> None:
    fitted(stream)
    stream.spends(6, probability=0.9)
    other = Schedule(CADENCE)
    other.thaw(stream.schedule.freeze())
    assert other.freeze() == stream.schedule.freeze()
    assert other.seen == stream.schedule.seen
    with pytest.raises(KeyError):
        other.thaw({})
    with pytest.raises(msgspec.MsgspecError):
        other.thaw({"seen": b"x"})


def test_levels_are_counted_where_operators_would_act() -> None:
    reference = levelled(np.array([0.0001, 0.3, 0.9, 0.9]), np.array([7.0, 1, 1, 1]))
    assert reference.edges == LEVELS
    assert reference.shares == [0.7, *[0.0] * 7, 0.1, 0.0, 0.2, 0.0]
