"""Plans in the journal: an item gets one command or one reason for none, whatever is interrupted, and all items end."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from store import audit
from store.journal import Blocked, Intent, Journal, JournalError, Move
from store.life import SETTLED, State
from store.plans import ENDED, NotRunning, Order, Plans, PlanState, Target, digest, touched

ORDER = Order("account.freeze", {"scope": "full"}, "account_takeover", "wave of takeovers")
TARGETS = [Target(f"a{number}", number + 1, 100 - number, "CNY") for number in range(5)]


def intent(command_id: str, account_id: str, type_: str = "account.freeze") -> Intent:
    return Intent(
        command_id=command_id,
        type=type_,
        target_type="account",
        target_id=account_id,
        account_id=account_id,
        body=b"{}",
        if_match=1,
        not_after=10_000,
        created_by="jonas.p",
    )


def send(journal: Journal, command_id: str, to: State) -> None:
    journal.begin_attempt(command_id, 30)
    journal.settle(command_id, Move(to=to), 31)


@pytest.fixture
def journal(tmp_path: Path):
    with closing(Journal(tmp_path / "journal.db")) as opened:
        yield opened


@pytest.fixture
def plans(journal: Journal) -> Plans:
    return Plans(journal)


def test_a_plan_keeps_its_order_and_its_accounts_in_the_order_given(plans: Plans) -> None:
    plan = plans.make(ORDER, TARGETS, 10, "jonas.p")
    assert (plan.number, plan.order, plan.state, plan.created_by) == (1, ORDER, PlanState.RUNNING, "jonas.p")
    items = plans.items(1)
    assert [item.target for item in items] == TARGETS
    assert {item.result for item in items} == {"WAITING"}
    assert plans.results(1)[1].accounts == 5
    with pytest.raises(JournalError, match="at least one"):
        plans.make(ORDER, [], 10, "jonas.p")
    with pytest.raises(JournalError, match="no plan 7"):
        plans.need(7)


def test_a_command_and_its_item_are_stored_together_or_not_at_all(plans: Plans, journal: Journal) -> None:
    plans.make(ORDER, TARGETS, 10, "jonas.p")
    first, second = plans.waiting(1, 2)
    plans.decide(first, intent("c1", "a0"), 20)
    with pytest.raises(NotRunning):
        plans.decide(first, intent("c2", "a0"), 21)
    with pytest.raises(NotRunning):
        plans.skip(first, "closed", 21)
    plans.stop(1, 22, "jonas.p")
    with pytest.raises(NotRunning):
        plans.decide(second, intent("c3", "a1"), 23)
    assert [entry.command_id for entry in journal.recent(9)] == ["c1"]
    assert [(item.command_id, item.result) for item in plans.items(1)[:2]] == [("c1", "QUEUED"), (None, "WAITING")]


def test_an_item_whose_account_is_blocked_stays_without_a_command(plans: Plans, journal: Journal) -> None:
    plans.make(Order("account.close", {}, "mule"), TARGETS[:1], 10, "jonas.p")
    journal.intend(intent("mine", "a0", "account.set_limit"), 11)
    (item,) = plans.waiting(1, 1)
    with pytest.raises(Blocked):
        plans.decide(item, intent("c1", "a0", "account.close"), 12)
    plans.skip(item, "blocked", 13)
    (item,) = plans.items(1)
    assert (item.result, item.why, item.command_id, item.ended_at) == ("SKIPPED", "blocked", None, 13)
    assert plans.finish(1, 14)


def test_results_are_those_of_the_commands(plans: Plans, journal: Journal) -> None:
    plans.make(ORDER, TARGETS, 10, "jonas.p")
    states = (State.CONFIRMED, State.AWAITING_APPROVAL, State.REVIEW, State.UNKNOWN)
    for place, (item, state) in enumerate(zip(plans.waiting(1, 4), states, strict=True)):
        plans.decide(item, intent(f"c{place}", item.target.account_id), 20)
        send(journal, f"c{place}", state)
    results = plans.results(1)[1]
    assert (results.ended, results.accounts) == (3, 5)
    assert not plans.finish(1, 40)
    assert plans.ended_since(1, 31) == 3
    assert plans.ended_since(1, 32) == 0
    plans.skip(plans.waiting(1, 1)[0], "closed", 33)
    send(journal, "c3", State.REJECTED)
    assert plans.finish(1, 41)
    assert plans.need(1).state is PlanState.DONE
    journal.settle("c1", Move(to=State.CONFIRMED), 50)
    assert plans.results(1)[1] == {"CONFIRMED": 2, "REVIEW": 1, "REJECTED": 1, "SKIPPED": 1}


def test_only_a_running_plan_stops_and_only_a_stopped_one_goes_on(plans: Plans) -> None:
    plans.make(ORDER, TARGETS, 10, "jonas.p")
    with pytest.raises(JournalError, match="RUNNING"):
        plans.resume(1, 11, "jonas.p")
    assert plans.stop(1, 12, "jonas.p").state is PlanState.STOPPED
    assert plans.running() == []
    with pytest.raises(JournalError, match="STOPPED"):
        plans.stop(1, 13, "jonas.p")
    resumed = plans.resume(1, 14, "jonas.p")
    assert (resumed.state, resumed.running_since, resumed.created_at) == (PlanState.RUNNING, 14, 10)


def test_freezes_come_before_other_plans(plans: Plans) -> None:
    plans.make(Order("account.close", {}, "mule"), TARGETS, 10, "jonas.p")
    plans.make(ORDER, TARGETS, 11, "jonas.p")
    assert [plan.number for plan in plans.running()] == [2, 1]
    assert [plan.number for plan in plans.recent(5)] == [2, 1]


def test_traffic_tells_plans_from_single_decisions(plans: Plans, journal: Journal) -> None:
    plans.make(ORDER, TARGETS, 10, "jonas.p")
    assert plans.traffic().planned == 0
    plans.decide(plans.waiting(1, 1)[0], intent("c1", "a0"), 20)
    assert (plans.traffic().planned, plans.traffic().put_off, plans.traffic().single) == (1, False, False)
    journal.begin_attempt("c1", 21)
    journal.settle("c1", Move(to=State.QUEUED, why="rate_limited"), 22)
    assert plans.traffic().put_off
    journal.intend(intent("mine", "b1"), 23)
    assert plans.traffic().single
    send(journal, "mine", State.AWAITING_APPROVAL)
    assert (plans.traffic().planned, plans.traffic().single) == (1, False)


def test_the_audit_tells_of_every_step_and_item(plans: Plans, journal: Journal, tmp_path: Path) -> None:
    plans.make(ORDER, TARGETS[:2], 10, "jonas.p")
    plans.decide(plans.waiting(1, 1)[0], intent("c1", "a0"), 20)
    plans.stop(1, 21, "jonas.p", "another_person")
    plans.resume(1, 22, "jonas.p")
    plans.skip(plans.waiting(1, 1)[0], "closed", 23)
    send(journal, "c1", State.CONFIRMED)
    plans.finish(1, 40)
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        told = [(row.event, row.payload) for row in audit.rows(connection) if row.event.startswith("plan.")]
    assert [event for event, _ in told] == [
        "plan.made", "plan.item", "plan.stopped", "plan.resumed", "plan.item", "plan.done",
    ]  # fmt: skip
    assert digest(TARGETS[:2]) in told[0][1]
    assert '"command_id":"c1"' in told[1][1]
    assert '"skipped":"closed"' in told[4][1]
    assert '"results":{"CONFIRMED":1,"SKIPPED":1}' in told[5][1]
    assert journal.verify_audit() is None


def test_the_views_tell_the_same(plans: Plans, journal: Journal) -> None:
    plans.make(ORDER, TARGETS[:3], 10, "jonas.p")
    plans.decide(plans.waiting(1, 1)[0], intent("c1", "a0"), 20)
    send(journal, "c1", State.CONFIRMED)
    plans.skip(plans.waiting(1, 1)[0], "closed", 23)
    counted = "SELECT plan, type, state, accounts, waiting, under_way, confirmed, skipped, review FROM v_plan"
    assert journal.rows(counted) == [(1, "account.freeze", "RUNNING", 3, 1, 0, 1, 1, 0)]
    told = journal.rows("SELECT position, account_id, result, why, ended_at FROM v_plan_item ORDER BY position")
    assert [row[:4] for row in told] == [
        (1, "a0", "CONFIRMED", None), (2, "a1", "SKIPPED", "closed"), (3, "a2", "WAITING", None),
    ]  # fmt: skip
    assert told[1][4] == "1970-01-01T00:00:00.000023Z"


def test_accounts_touched_are_those_that_may_be_at_the_core(journal: Journal) -> None:
    for place, state in enumerate((State.CONFIRMED, State.AWAITING_APPROVAL, State.UNKNOWN, State.REJECTED)):
        journal.intend(intent(f"c{place}", f"a{place}"), 20 + place)
        send(journal, f"c{place}", state)
    journal.intend(intent("c9", "a9"), 30)
    assert touched(journal, "jonas.p", 0) == {"a0", "a1", "a2", "a9"}
    assert touched(journal, "jonas.p", 20) == {"a1", "a2", "a9"}
    assert touched(journal, "maria.k", 0) == set()


class PlanLife(RuleBasedStateMachine):
    """Any interleaving of turns, outcomes, stops and crashes; a crash strikes before, within or after a transaction."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "journal.db"
        self.journal = Journal(self.path)
        self.plans = Plans(self.journal)
        self.plans.make(ORDER, TARGETS, 1, "jonas.p")
        self.now = 1
        self.given: dict[int, str] = {}

    def teardown(self) -> None:
        self.run_to_its_end()
        self.journal.close()
        self.folder.cleanup()

    def tick(self) -> int:
        self.now += 1
        return self.now

    @rule(lost=st.sampled_from(["nothing", "before the commit", "the answer"]))
    def take_a_turn(self, lost: str) -> None:
        for item in self.plans.waiting(1, 1):
            command_id = f"c{self.tick()}"
            try:
                if lost == "before the commit":
                    self.crash_within(item, command_id)
                    return
                self.plans.decide(item, intent(command_id, item.target.account_id), self.now)
            except NotRunning:
                assert self.plans.need(1).state is not PlanState.RUNNING
                return
            assert item.position not in self.given
            self.given[item.position] = command_id
            if lost == "the answer":
                self.crash()

    def crash_within(self, item, command_id: str) -> None:
        def die(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE plan_item SET command_id = ? WHERE plan = 1 AND position = ?", (command_id, item.position)
            )
            raise SystemExit

        with pytest.raises(SystemExit):
            self.journal.intend(intent(command_id, item.target.account_id), self.now, also=die)
        self.crash()

    @rule()
    def skip(self) -> None:
        for item in self.plans.waiting(1, 1):
            try:
                self.plans.skip(item, "closed", self.tick())
            except NotRunning:
                assert self.plans.need(1).state is not PlanState.RUNNING

    @rule(to=st.sampled_from(sorted(SETTLED | {State.UNKNOWN, State.AWAITING_APPROVAL})))
    def an_outcome_comes(self, to: State) -> None:
        for entry in self.journal.unresolved()[:1]:
            if entry.state in (State.QUEUED, State.UNKNOWN):
                send(self.journal, entry.command_id, to)

    @rule()
    def crash(self) -> None:
        self.journal.close()
        self.journal = Journal(self.path)
        self.plans = Plans(self.journal)

    @precondition(lambda self: self.plans.need(1).state is PlanState.RUNNING)
    @rule()
    def stop(self) -> None:
        self.plans.stop(1, self.tick(), "jonas.p")

    @precondition(lambda self: self.plans.need(1).state is PlanState.STOPPED)
    @rule()
    def resume(self) -> None:
        self.plans.resume(1, self.tick(), "jonas.p")

    @rule()
    def finish(self) -> None:
        results = self.plans.results(1)[1]
        running = self.plans.need(1).state is PlanState.RUNNING
        done = self.plans.finish(1, self.tick())
        assert done == (results.ended == results.accounts and (running or done))

    @invariant()
    def every_item_has_at_most_one_command_and_every_command_its_item(self) -> None:
        items = self.plans.items(1)
        tied = {item.position: item.command_id for item in items if item.command_id}
        assert tied == self.given
        assert {entry.command_id for entry in self.journal.recent(99)} == set(self.given.values())
        assert all(item.result != "SKIPPED" or item.command_id is None for item in items)
        assert [item.target for item in items] == TARGETS

    def run_to_its_end(self) -> None:
        if self.plans.need(1).state is PlanState.STOPPED:
            self.plans.resume(1, self.tick(), "jonas.p")
        while self.plans.waiting(1, 1):
            self.take_a_turn("nothing")
        for entry in self.journal.unresolved():
            if entry.state is not State.AWAITING_APPROVAL:
                send(self.journal, entry.command_id, State.CONFIRMED)
        assert self.plans.finish(1, self.tick())
        assert all(item.result in ENDED for item in self.plans.items(1))
        assert self.journal.verify_audit() is None


TestPlanLife = PlanLife.TestCase
TestPlanLife.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
