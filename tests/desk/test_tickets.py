"""Claims as reservations: whatever watchers do in whatever order, the budget holds and no account is answered twice."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from console.core import instants
from console.core.instants import HOUR, MINUTE, SECOND
from console.desk import tickets
from console.desk.tickets import LIVES
from console.risk.automatic import Budget, Cost, beyond, spent
from store.automatic import Want
from store.wanting import Ticket

START = instants.parse("2026-11-20T21:00:00.000000Z")
COUNT = 3


def want(account: str = "a1", exposure: int | None = 100, rules: tuple[str, ...] = ("ATO-1", "BLOCK")) -> Want:
    currency = None if exposure is None else "CNY"
    return Want(f"alr_{account}", 2, account, "freeze", 0.971, rules, currency, exposure, "3fa9/tight")


@given(st.one_of(st.none(), st.integers(0, 2**53)), st.lists(st.sampled_from(["ATO-1", "BLOCK", "CNP-6"]), unique=True))
def test_what_a_claim_takes_is_read_back_from_its_note(exposure: int | None, rules: list[str]) -> None:
    written = tickets.written(want(exposure=exposure, rules=tuple(rules)))
    assert tickets.cost(written) == Cost(None if exposure is None else "CNY", exposure, tuple(rules))


@given(st.text(max_size=80))
def test_a_note_that_is_none_of_ours_tells_no_cost(text: str) -> None:
    assert tickets.cost(text) is None or text.startswith(tickets.MARK)
    assert tickets.cost(tickets.MARK + "freeze | many CNY | - | 0.9 | v | a/0") is None
    assert tickets.cost(tickets.MARK + text.replace("|", "")) is None


@dataclass
class House:
    """A core that puts claims into an order, and what watchers made of them."""

    log: list[Ticket] = field(default_factory=list)
    done: list[tuple[int, Ticket]] = field(default_factory=list)
    judged: set[str] = field(default_factory=set)

    def claim(self, account: str, at: int) -> None:
        seq = len(self.log) + 1
        note = tickets.written(want(account))
        self.log.append(Ticket(f"c{seq}", seq, instants.wire(at), account, tickets.SUCCEEDED, note))

    def answer(self, mine: Ticket, sees_to: int, at: int) -> None:
        """What a watcher does that has read the log up to some place, its own claim included."""
        if mine.command_id in self.judged or at >= instants.parse(mine.created_at) + LIVES:
            return
        self.judged.add(mine.command_id)
        before = [one for one in self.log[:sees_to] if one.seq < mine.seq]
        start = instants.parse(mine.created_at) - HOUR - LIVES
        seen = [one for one in before if instants.parse(one.created_at) > at - HOUR - 3 * LIVES]
        costs = [tickets.cost(one.note) for one in tickets.counted(seen, start)]
        budget = Budget(COUNT, {"CNY": 10**9}, 10**9, 10**9)
        if not tickets.barred(mine, before) and beyond(budget, spent(costs), Cost("CNY", 100, ())) is None:
            self.done.append((at, mine))


steps = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 20 * SECOND), st.integers(0, 40 * MINUTE)),
        st.sampled_from(["a1", "a2", "a3", "a4", "a5", "a6"]),
        st.integers(0, 10**6),
        st.booleans(),
    ),
    max_size=60,
)


@given(steps)
def test_in_no_hour_more_is_done_than_the_budget_and_no_live_claim_has_a_rival(steps: list) -> None:
    house, now = House(), START
    for pause, account, pick, claims in steps:
        now += pause
        if claims or not house.log:
            house.claim(account, now)
        else:
            mine = house.log[-1 - pick % min(len(house.log), 8)]
            house.answer(mine, max(mine.seq, len(house.log) - pick % 3), now)
    for at, _ in house.done:
        assert sum(at - HOUR < other <= at for other, _ in house.done) <= COUNT
    for (_, one), (_, other) in itertools.combinations(house.done, 2):
        apart = abs(instants.parse(one.created_at) - instants.parse(other.created_at))
        assert one.account_id != other.account_id or apart >= LIVES


def test_a_claim_that_stands_back_takes_nothing_of_the_budget() -> None:
    house = House()
    for account in ("a1", "a1", "a2", "a3", "a4"):
        house.claim(account, START)
    for mine in house.log:
        house.answer(mine, len(house.log), START + SECOND)
    assert [mine.account_id for _, mine in house.done] == ["a1", "a2", "a3"]


def test_a_claim_whose_place_is_not_known_counts() -> None:
    placed = Ticket("c1", 1, instants.wire(START), "a1", tickets.SUCCEEDED, "")
    unplaced = Ticket("c2", 2, instants.wire(START), "a1", "accepted", "")
    assert tickets.counted([unplaced, placed], START - 1) == [placed, unplaced]
    assert tickets.counted([unplaced, placed], START) == []
