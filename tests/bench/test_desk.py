"""The desk in the loop: how much it may judge, what it may know, and what its verdicts say."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from console.bench.desk import Allowance, Desk, Truth
from console.bench.stream import Stream, read_stream
from console.core.instants import DAY, HOUR
from console.sandbox.run import Sandbox, SandboxOptions
from store.queue import OpenAlert
from tests.sandbox.test_replay import stream as record


class Queue:
    """A queue with these alerts, riskiest first."""

    def __init__(self, *alerts: OpenAlert) -> None:
        self.alerts = list(alerts)

    def riskiest(self, most: int) -> list[OpenAlert]:
        return self.alerts[:most]


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """60 transactions, one every six hours, of 7 accounts; the third, fourth and 41st are frauds."""
    return record(tmp_path / "stream.parquet")


@pytest.fixture
def stream(recorded: Path) -> Stream:
    return read_stream(recorded)


def test_the_allowance_comes_with_the_day_and_is_not_carried_into_the_next():
    allowance = Allowance(96)
    midnight = 17_000 * DAY
    assert allowance.left(midnight + HOUR) == 4
    allowance.use(3)
    assert allowance.left(midnight + HOUR) == 1
    assert allowance.left(midnight + 12 * HOUR) == 45
    allowance.use(45)
    assert allowance.left(midnight + DAY - 1) == 48
    assert allowance.left(midnight + DAY) == 0


def test_only_what_has_happened_and_no_label_has_told_is_known(stream):
    truth = Truth(stream, label_delay_days=7)
    begin = int(stream.occurred_at[0])
    assert truth.frauds("acc.000002", begin) == []
    assert truth.frauds("acc.000002", begin + 12 * HOUR) == []
    assert truth.frauds("acc.000002", begin + 12 * HOUR + 1) == ["txn.0000000002"]
    assert truth.frauds("acc.000002", begin + 8 * DAY) == []


def test_a_verdict_names_the_frauds_or_else_the_alerts_own_transactions(recorded, stream):
    with Sandbox(SandboxOptions(replay=recorded, lockstep_minutes=24 * 60.0)) as sandbox:
        desk = Desk(sandbox.origin, Truth(stream, 7), a_day=100)
        step = desk.go_on()
        late = "txn.0000000003"  # a fraud of another step: whatever the alert holds, no fraud is called legit
        queue = Queue(OpenAlert("acc.000002", ["txn.0000000002"]), OpenAlert("acc.000001", ["txn.0000000001", late]))
        desk.decide(queue, step.reached + HOUR)
        queue.alerts.pop()
        desk.decide(queue, step.reached + 2 * HOUR)
        desk.close()
        changes = httpx.get(f"{sandbox.origin}/core/v1/changes").json()["changes"]
    labels = [change["data"] for change in changes if change["type"] == "label"]
    assert [(label["target"]["id"], label["verdict"], label["kind"]) for label in labels[:2]] == [
        ("txn.0000000002", "fraud", "operator"),
        ("txn.0000000001", "legit", "operator"),
    ]
    assert (labels[2]["target"], labels[2]["verdict"]) == ({"type": "account", "id": "acc.000002"}, "legit")
    assert desk.judged == {"fraud": 1, "legit": 2}
