"""The lying line does what its faults say: what reaches the core, and what the desk gets to hear."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from console.bench.faults import proxy as proxying
from console.bench.faults import wire
from console.bench.faults.plan import NONE, READ, SENT, Meddling, Moment, Plan, Reach, Says, Script
from console.bench.faults.proxy import FaultProxy, Line
from console.core import instants

KEY = "01a208b4-0000-7000-8000-000000000001"
TRUTH = b'{"id":"the core\'s own answer"}'
FAULTS = {fault.name: fault for fault, _ in SENT}


class CountingCore:
    """Answers every request with the same truth and remembers when each came."""

    def __init__(self) -> None:
        self.arrived: list[float] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> CountingCore:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.origin = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await wire.read(reader) is not None:
            self.arrived.append(time.monotonic())
            writer.write(wire.forged(200, TRUTH, "application/json"))
        writer.close()

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


class DeskOfTheLine:
    def __init__(self) -> None:
        self.killed: list[tuple[Moment, str]] = []
        self.meddled: list[str] = []

    def kill(self, moment: Moment, command_id: str) -> None:
        self.killed.append((moment, command_id))

    def meddle(self, command_id: str) -> None:
        self.meddled.append(command_id)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[CountingCore]:
    monkeypatch.setattr(proxying, "LATE_S", 0.05)
    monkeypatch.setattr(proxying, "PAST_S", 0.02)
    monkeypatch.setattr(proxying, "SLOWLY_S", 0.3)
    with CountingCore() as core:
        yield core


def post(line: Line, deadline_s: float = 0.2) -> httpx.Response | None:
    """One command over the line; None when the line broke."""
    body = {"not_after": instants.wire(instants.now() + int(deadline_s * instants.SECOND))}
    headers = {"Idempotency-Key": KEY}
    try:
        return httpx.post(f"http://127.0.0.1:{line.port}/core/v1/commands", json=body, headers=headers, timeout=5)
    except httpx.HTTPError:
        return None


def until_quiet(proxy: FaultProxy) -> None:
    while not proxy.quiet():
        time.sleep(0.01)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_does_what_it_says(counting: CountingCore, name: str) -> None:
    fault = FAULTS[name]
    line = Line(DeskOfTheLine(), Plan(1))
    with FaultProxy(counting.origin, line) as proxy:
        line.expect(KEY, "a1", Script((fault,)))
        answer = post(line)
        until_quiet(proxy)
    arrivals = {Reach.NEVER: 0, Reach.ONCE: 1, Reach.TWICE: 2, Reach.AGAIN: 3, Reach.LATE: 2, Reach.PAST: 1}
    assert len(counting.arrived) == arrivals[fault.reach]
    if fault.says in (Says.NOTHING, Says.PART):
        assert answer is None
    else:
        assert answer is not None
        assert (answer.content == TRUTH) == (fault.says in (Says.TRUTH, Says.SLOWLY))
    assert line.faults[name] == 1


def test_what_comes_past_the_deadline_comes_after_it(counting: CountingCore) -> None:
    line = Line(DeskOfTheLine(), Plan(1))
    began = time.monotonic()
    with FaultProxy(counting.origin, line) as proxy:
        line.expect(KEY, "a1", Script((FAULTS["delivered past deadline"],)))
        assert post(line, 0.3) is None
        assert counting.arrived == []
        until_quiet(proxy)
    assert [at - began > 0.3 for at in counting.arrived] == [True]


def test_after_its_scripted_faults_a_command_goes_through(counting: CountingCore) -> None:
    line = Line(DeskOfTheLine(), Plan(1))
    with FaultProxy(counting.origin, line):
        line.expect(KEY, "a1", Script((FAULTS["drop before"], FAULTS["drop after"])))
        assert [post(line), post(line)] == [None, None]
        answer = post(line)
    assert answer is not None
    assert answer.content == TRUTH
    assert len(counting.arrived) == 2


@pytest.mark.parametrize(("moment", "arrivals"), [(Moment.BEFORE, 0), (Moment.AFTER, 1)])
def test_the_watcher_is_killed_before_or_after_the_core_has_it(
    counting: CountingCore, moment: Moment, arrivals: int
) -> None:
    desk = DeskOfTheLine()
    line = Line(desk, None)
    with FaultProxy(counting.origin, line):
        fault = FAULTS["drop before"] if moment is Moment.BEFORE else NONE
        line.expect(KEY, "a1", Script((fault,), moment, Meddling.UNDER_WAY))
        assert post(line) is None
    assert desk.killed == [(moment, KEY)]
    assert desk.meddled == [KEY]
    assert len(counting.arrived) == arrivals


def test_a_watcher_to_be_killed_when_acked_is_killed_at_its_next_look(counting: CountingCore) -> None:
    desk = DeskOfTheLine()
    line = Line(desk, None)
    with FaultProxy(counting.origin, line), httpx.Client(base_url=f"http://127.0.0.1:{line.port}/core/v1") as http:
        line.expect(KEY, "a1", Script((), Moment.ACKED))
        assert http.get("/accounts/a1").content == TRUTH
        assert post(line) is not None
        with pytest.raises(httpx.HTTPError):
            http.get("/changes")
        with pytest.raises(httpx.HTTPError):
            http.get("/accounts/a1")
        assert http.get("/changes").content == TRUTH
    assert desk.killed == [(Moment.ACKED, KEY)]


def test_a_seed_names_its_misfortunes() -> None:
    def drawn(seed: str) -> list[Script]:
        plan = Plan(seed)
        return [plan.script() for _ in range(200)]

    assert drawn("7/0") == drawn("7/0")
    assert drawn("7/0") != drawn("8/0")


def test_every_fault_and_every_kill_comes_up() -> None:
    plan = Plan(1)
    scripts = [plan.script() for _ in range(5_000)]
    assert {fault for script in scripts for fault in script.attempts} == {fault for fault, _ in SENT} | {NONE}
    assert {script.kill for script in scripts} == {None, *Moment} - {Moment.AWAITING}
    assert any(script.killed_waiting for script in scripts)
    assert {plan.reading() for _ in range(5_000)} == {fault for fault, _ in READ} | {NONE}


def test_a_message_is_read_as_it_came() -> None:
    async def read() -> wire.Message | None:
        reader = asyncio.StreamReader()
        reader.feed_data(wire.problem(503, "overloaded", "unknown", Retry_After="1"))
        reader.feed_eof()
        message = await wire.read(reader)
        assert await wire.read(reader) is None
        return message

    message = asyncio.run(read())
    assert message is not None
    assert (message.status, message.headers["retry-after"]) == (503, "1")
    assert message.body.endswith(b"}")
