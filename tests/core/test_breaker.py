"""The breaker: pauses after silence, grows, probes, and closes at the first answer."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from console.core import client as core_client
from console.core.breaker import FAILURES, FIRST_PAUSE_S, LONGEST_PAUSE_S, Breaker
from console.core.client import CoreClient
from console.core.problems import CoreProblem, CoreUnreachable


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def silent(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.silent()


def test_it_opens_only_after_so_many_silences_in_a_row() -> None:
    breaker = Breaker(Clock())
    silent(breaker, FAILURES - 1)
    breaker.answered()
    silent(breaker, FAILURES - 1)
    assert not breaker.open
    breaker.silent()
    assert breaker.open
    assert breaker.pausing


def test_each_failed_probe_doubles_the_pause_up_to_its_longest() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    silent(breaker, FAILURES)
    pauses = []
    for _ in range(8):
        start = clock.now
        while breaker.pausing:
            breaker.silent()
            clock.now += 0.125
        pauses.append(clock.now - start)
        breaker.silent()
    assert pauses == [min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**n) for n in range(8)]


def test_any_answer_closes_it_and_the_next_outage_begins_with_a_short_pause() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    silent(breaker, FAILURES)
    clock.now += 60
    breaker.silent()
    breaker.answered()
    assert not breaker.open
    clock.now += 60
    silent(breaker, FAILURES)
    clock.now += FIRST_PAUSE_S
    assert breaker.open
    assert not breaker.pausing


async def test_a_client_tells_it_of_silence_and_of_every_answer() -> None:
    there = False

    def core(_request: httpx.Request) -> httpx.Response:
        if not there:
            raise httpx.ConnectError("nobody")
        return httpx.Response(500, json={})

    breaker = Breaker()
    async with CoreClient("http://127.0.0.1:1", lambda: None, httpx.MockTransport(core), breaker) as one:
        for _ in range(FAILURES):
            with pytest.raises(CoreUnreachable):
                await one.send("/commands", b"{}")
        assert breaker.open
        assert not await one.answers()
        there = True
        assert await one.answers()
        assert not breaker.open
        with pytest.raises(CoreProblem):
            await one.send("/commands", b"{}")
    assert breaker.unanswered == 0


async def test_a_probe_does_not_wait_for_a_host_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    async def core(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        return httpx.Response(200, json={})

    monkeypatch.setattr(core_client, "PROBE_S", 0.05)
    async with CoreClient("http://127.0.0.1:1", lambda: None, httpx.MockTransport(core)) as one:
        assert not await one.answers()
        assert one.breaker.unanswered == 1
