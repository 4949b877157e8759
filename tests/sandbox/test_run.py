"""Running a core: start, stop, keep, crash; and a life that must not keep readers waiting."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from console.core import instants
from console.core.instants import DAY, SECOND, Instant
from console.core.messages import Account, Device, Limits
from console.sandbox import life as lives
from console.sandbox.run import Sandbox, SandboxOptions, opened, truth

RUN = """
import sys
from pathlib import Path
from console.sandbox.run import SandboxOptions, run
data = Path(sys.argv[1]) if sys.argv[1] else None
sys.exit(run(SandboxOptions(data=data), lambda origin: print(origin, flush=True)))
"""


def start(data: Path | str = "") -> tuple[subprocess.Popen, str]:
    """A core in a process of its own, and its origin."""
    process = subprocess.Popen([sys.executable, "-c", RUN, str(data)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_even_while_somebody_waits(number, tmp_path):
    process, origin = start()
    waiting = HTTPConnection(origin.removeprefix("http://"), timeout=40)
    waiting.request("GET", "/core/v1/changes?wait_s=30")
    assert httpx.get(f"{origin}/core/v1/meta").status_code == 200
    process.send_signal(number)
    assert process.wait(10) == 0
    assert json.loads(waiting.getresponse().read())["changes"] == []
    waiting.close()


def test_what_was_answered_survives_a_kill(tmp_path):
    """Notes that were confirmed are there after SIGKILL, with their keys and seqs and nothing half done."""
    now = instants.now()
    with opened(SandboxOptions(data=tmp_path)) as core:
        core.bank.put("account", open_account(now), now)
    process, origin = start(tmp_path)
    commands = [add_note(origin) for _ in range(5)]
    before = httpx.get(f"{origin}/core/v1/changes").json()
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    process, origin = start(tmp_path)
    try:
        after = httpx.get(f"{origin}/core/v1/changes").json()
        assert (after["epoch"], after["changes"]) == (before["epoch"], before["changes"])
        for command in commands:
            assert httpx.get(f"{origin}/core/v1/commands/{command['id']}").json() == command
        assert add_note(origin)["resulting_version"] == 6
    finally:
        process.terminate()
        assert process.wait(10) == 0


def add_note(origin: str) -> dict:
    body = {
        "type": "case.note",
        "target": {"type": "account", "id": "acc"},
        "params": {"text": "x"},
        "not_after": instants.wire(instants.now() + 60 * SECOND),
    }
    answer = httpx.post(f"{origin}/core/v1/commands", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert answer.status_code == 200
    return answer.json()


def test_a_kept_bank_is_whole_when_opened_again(tmp_path):
    options = SandboxOptions(data=tmp_path)
    now = instants.now()
    with opened(options) as core:
        core.bank.put("device", device("d1", now), now)
        core.bank.remember_truth("ep", "ato", "acc", now, None, 500, benign=False)
        core.bank.new_epoch("after-a-restore")
    with opened(options) as core:
        assert (core.bank.log.head, core.bank.log.epoch) == (1, "after-a-restore")
        core.bank.put("device", device("d1", now), now)
        assert core.bank.log.version("device", "d1") == 2
    (episode,) = truth(tmp_path)
    assert (episode.typology, episode.loss_minor) == ("ato", 500)


def test_truth_needs_kept_data(tmp_path):
    with pytest.raises(FileNotFoundError):
        truth(tmp_path)


def test_temporary_data_is_gone_afterwards():
    with opened(SandboxOptions()) as core:
        (_, _, path) = core.bank.database.connection.execute("PRAGMA database_list").fetchone()
        assert Path(path).is_file()
    assert not Path(path).parent.exists()


def device(id_: str, now: Instant) -> Device:
    return Device(id=id_, version=1, kind="mobile", first_seen_at=now, last_seen_at=now)


def open_account(now: Instant) -> Account:
    return Account(
        id="acc",
        version=1,
        customer_id="cus",
        status="active",
        credit_state="current",
        limits=Limits(currency="CNY", credit_limit_minor=1, available_minor=1, balance_minor=0, pending_minor=0),
        holds=[],
        opened_at=now,
        updated_at=now,
    )


class Clockwork:
    """A stand-in world: one device is seen every hour of stream time."""

    def __init__(self, bank, start: int) -> None:
        self.bank = bank
        self.next = start
        self.budgets: list[int] = []

    def advance(self, until: int, budget: int) -> int:
        self.budgets.append(budget)
        for _ in range(budget):
            if self.next > until:
                return until
            self.bank.put("device", device(f"d{self.next}", Instant(self.next)), self.next)
            self.next += 3600 * SECOND
        return min(until, self.next)


@pytest.fixture
def living(monkeypatch):
    """A core in whose world only a clockwork lives, at 36,000 times wall time: ten devices a second."""
    monkeypatch.setattr(
        "console.sandbox.run.worlds.World", lambda bank, name, seed, start, population: Clockwork(bank, start)
    )
    with (
        Sandbox(SandboxOptions(world="calm", speed=36_000.0)) as sandbox,
        httpx.Client(base_url=sandbox.origin) as http,
    ):
        yield sandbox, http


def test_a_world_brings_thirty_days_and_then_lives(living):
    http = living[1]
    seen, after = [], None
    while len(seen) < 725:
        query = {"wait_s": 10} | ({"after": after} if after else {})
        page = http.get("/core/v1/changes", params=query).json()
        seen += page["changes"]
        after = page["next_cursor"]
    times = [instants.parse(change["recorded_at"]) for change in seen]
    assert times == sorted(times)
    assert times[0] + lives.HISTORY - instants.now() < 60 * SECOND
    assert times[-1] - times[0] > 30 * DAY
    assert instants.parse(page["watermark"]) >= times[-1]


def test_commands_are_recorded_in_stream_time_and_fenced_in_wall_time(living):
    sandbox, http = living
    deadline = time.monotonic() + 20
    while sandbox.bank.log.head < 740 and time.monotonic() < deadline:
        time.sleep(0.05)
    now = sandbox.bank.clock()
    account = sandbox.bank.put("account", open_account(now), sandbox.bank.log.present())
    body = {
        "type": "account.freeze",
        "target": {"type": "account", "id": account.id},
        "params": {"scope": "full"},
        "not_after": instants.wire(now + 60 * SECOND),
        "reason_code": "mule",
    }
    command = http.post("/core/v1/commands", json=body, headers={"Idempotency-Key": str(uuid.uuid4())}).json()
    effect, report = sandbox.bank.log.page(command["effect_seq"] - 1, 2, ["account", "command"]).bodies
    assert instants.parse(command["completed_at"]) < now + 60 * SECOND
    for change in (effect, report):
        assert instants.parse(json.loads(change)["recorded_at"]) > now + 60 * SECOND


def test_a_played_world_is_whole_the_same_and_then_stands_still():
    feeds = []
    for limit in (300, 5000):
        with Sandbox(SandboxOptions(world="trial", population=20, days=3)) as sandbox:
            found, after, more = [], None, True
            while more:
                query = {"limit": limit} | ({"after": after} if after else {})
                page = httpx.get(f"{sandbox.origin}/core/v1/changes", params=query).json()
                found, after, more = found + page["changes"], page["next_cursor"], page["has_more"]
            assert page["watermark"] == instants.wire(lives.PLAYED_FROM + 3 * DAY)
            assert httpx.get(f"{sandbox.origin}/core/v1/changes", params={"after": after}).json()["changes"] == []
            meta = httpx.get(f"{sandbox.origin}/core/v1/meta").json()
            assert meta["labels"]["maturity_s"] == 14 * 86_400
            feeds.append(found)
    assert feeds[0] == feeds[1]
    assert len(feeds[0]) > 200
