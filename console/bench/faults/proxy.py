"""The line between a desk's watcher and the core, which loses, delays, repeats, cuts and lies as its plan says.

It is also the witness of what was on the wire: when each command's first request came, what the core really answered.
"""

from __future__ import annotations

import asyncio
import email.utils
import functools
import json
import threading
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from console.bench.faults import wire
from console.bench.faults.plan import NONE, Fault, Meddling, Moment, Plan, Reach, Says, Script
from console.bench.faults.wire import Message, Upstream
from console.core import instants
from console.core.instants import SECOND

LATE_S = 1.5
"""A late request arrives so long after it was sent."""
PAST_S = 0.3
"""So long after its deadline, what comes past it comes."""
SLOWLY_S = 11.0
"""An answer this late is past the deadline and past the client's patience."""
COMMANDS, ACCOUNTS, CHANGES = "/core/v1/commands", "/core/v1/accounts/", "/core/v1/changes"


class Desk(Protocol):
    """Whose line it is."""

    def kill(self, moment: Moment, command_id: str) -> None:
        """Kill the desk's watcher at once."""

    def meddle(self, command_id: str) -> None:
        """Have somebody else decide something on the command's account; returns once the core has it."""


@dataclass
class Course:
    """One command on the wire."""

    script: Script
    target_id: str
    attempts: int = 0
    first_at: int | None = None
    acked: bool = False
    killed: bool = False
    meddled: bool = False
    refusals: set[str] = field(default_factory=set)
    """Codes with which the core itself refused it."""


class Line:
    """One desk's line: it listens on a port of its own."""

    def __init__(self, desk: Desk, plan: Plan | None) -> None:
        self.desk = desk
        self.courses: dict[str, Course] = {}
        self.faults: Counter[str] = Counter()
        self.port = 0
        self.calm = plan is None
        self._plan = plan
        self.marked: set[str] = set()
        """Commands whose watcher is to be killed when it looks for what became of them."""
        self.feed_shut: set[str] = set()
        """Commands that must not be confirmed by the feed, because their watcher is to be killed while ACKED."""

    def expect(self, command_id: str, target_id: str, script: Script) -> None:
        """Tell the line of a command before its watcher hears of it."""
        self.courses[command_id] = Course(script, target_id)
        if script.kill in (Moment.UNKNOWN, Moment.ACKED):
            self.marked.add(command_id)

    def reading(self) -> Fault:
        fault = NONE if self.calm or self._plan is None else self._plan.reading()
        if fault is not NONE:
            self.faults[fault.name] += 1
        return fault

    def kill(self, moment: Moment, command_id: str) -> None:
        self.courses[command_id].killed = True
        self.marked.discard(command_id)
        self.feed_shut.discard(command_id)
        self.desk.kill(moment, command_id)


class FaultProxy:
    """All lines to one core, served by a thread of their own for the time of a `with`."""

    def __init__(self, core: str, *lines: Line) -> None:
        parts = urlsplit(core)
        self._core = (parts.hostname or "", parts.port or 80)
        self._lines = lines
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="faults", daemon=True)
        self._under_way: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_error: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def quiet(self) -> bool:
        """Whether no late request is under way any more."""
        return not self._under_way

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self) -> None:
        for line in self._lines:
            serve = functools.partial(self._serve, line)
            server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=wire.LARGEST_HEAD)
            line.port = server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, line: Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        exchange = _Exchange(line, Upstream(*self._core), self._later)
        try:
            while (request := await wire.read(reader)) is not None:
                answer = await exchange.answer(request)
                writer.write(answer)
                await writer.drain()
                if not exchange.whole:
                    return
        except (EOFError, OSError, asyncio.CancelledError):
            return  # a line that breaks is what it is here for
        finally:
            exchange.upstream.close()
            writer.close()

    def _later(self, seconds: float, request: bytes) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(seconds, request))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _deliver(self, seconds: float, request: bytes) -> None:
        """Hand a request over later, on a connection of its own; nobody hears the answer."""
        await asyncio.sleep(seconds)
        upstream = Upstream(*self._core)
        try:
            await upstream.ask(request)
        finally:
            upstream.close()


class Later(Protocol):
    def __call__(self, seconds: float, request: bytes) -> None:
        """Deliver a request after so many seconds."""


class _Exchange:
    """The requests of one connection. `whole` is False when the line broke with the last answer."""

    def __init__(self, line: Line, upstream: Upstream, later: Later) -> None:
        self.upstream = upstream
        self.whole = True
        self._line = line
        self._later = later

    async def answer(self, request: Message) -> bytes:
        """What the desk gets to read; nothing when the line breaks."""
        if request.method == "POST" and request.path == COMMANDS:
            return await self._command(request)
        line = self._line
        for command_id in tuple(line.marked):
            course = line.courses[command_id]
            if _shows_time_to_kill(request, command_id, course):
                line.kill(course.script.kill or Moment.ACKED, command_id)
                return self._broken()
        told = await self._told(request, line.reading(), None)
        return self._broken() if request.path == CHANGES and line.feed_shut else told

    def _broken(self) -> bytes:
        self.whole = False
        return b""

    async def _command(self, request: Message) -> bytes:
        line, command_id = self._line, request.headers.get("idempotency-key", "")
        course = line.courses.get(command_id)
        if course is None and line.calm:
            course = line.courses[command_id] = Course(Script(), "")
        if course is None:
            return (await self.upstream.ask(request.raw)).raw
        course.first_at = course.first_at or time.time_ns() // 1000
        fault = course.script.attempt(course.attempts)
        course.attempts += 1
        if fault is not NONE:
            line.faults[fault.name] += 1
        moment = None if course.killed else course.script.kill
        if moment is Moment.BEFORE:
            line.kill(moment, command_id)
            await self._meddle(command_id, course)
            if fault.reach is not Reach.NEVER:
                self._later(LATE_S, request.raw)
            return self._broken()
        if moment is Moment.ACKED:
            line.feed_shut.add(command_id)
        told = await self._told(request, fault, course)
        await self._meddle(command_id, course)
        if moment is Moment.AFTER and fault.reach in (Reach.ONCE, Reach.TWICE, Reach.AGAIN):
            line.kill(moment, command_id)
            return self._broken()
        if moment is Moment.ACKED and not course.acked:
            line.feed_shut.discard(command_id)
        return told

    async def _meddle(self, command_id: str, course: Course) -> None:
        """Somebody else decides after the first attempt, if the script says so."""
        if course.script.meddling is Meddling.UNDER_WAY and not course.meddled:
            course.meddled = True
            await asyncio.to_thread(self._line.desk.meddle, command_id)

    async def _told(self, request: Message, fault: Fault, course: Course | None) -> bytes:
        """Let the request reach the core as the fault says, and tell the desk what the fault says."""
        answer = await self._reach(request, fault)
        if answer is not None and course is not None:
            _witness(course, answer)
        if fault.says is Says.SLOWLY:
            await asyncio.sleep(SLOWLY_S)
        told, self.whole = _said(fault.says, answer)
        return told

    async def _reach(self, request: Message, fault: Fault) -> Message | None:
        match fault.reach:
            case Reach.NEVER:
                return None
            case Reach.LATE:
                self._later(LATE_S, request.raw)
                self._later(_until_past(request), request.raw)
                return None
            case Reach.PAST if fault.says is Says.NOTHING:
                self._later(_until_past(request), request.raw)
                return None
            case Reach.PAST:
                await asyncio.sleep(_until_past(request))
            case Reach.TWICE:
                await self.upstream.ask(request.raw)
            case Reach.AGAIN:
                self._later(LATE_S, request.raw)
                self._later(_until_past(request), request.raw)
        return await self.upstream.ask(request.raw)


def _shows_time_to_kill(request: Message, command_id: str, course: Course) -> bool:
    """Whether this read shows that a command has reached the state in which its watcher is to be killed."""
    if course.script.kill is Moment.UNKNOWN:
        return request.path == f"{COMMANDS}/{command_id}"
    return course.acked and request.path in (f"{COMMANDS}/{command_id}", ACCOUNTS + course.target_id)


def _until_past(request: Message) -> float:
    not_after = instants.parse(json.loads(request.body)["not_after"])
    return max(0.0, (not_after - instants.now()) / SECOND) + PAST_S


def _witness(course: Course, answer: Message) -> None:
    if answer.status >= 400:
        course.refusals.add(json.loads(answer.body)["code"])
    else:
        course.acked = True


FORGED = {
    Says.GARBAGE: wire.forged(200, b'{"id": "\xff\xfe', "application/json"),
    Says.PAGE: wire.forged(200, b"<html><h1>It works!</h1></html>", "text/html"),
    Says.OTHERS: wire.forged(200, b'{"id":"00000000-0000-7000-8000-000000000000","holds":[]}', "application/json"),
    Says.E500: wire.problem(500, "internal", "unknown"),
    Says.E500_NONE: wire.problem(500, "internal", "none"),
    Says.E503: wire.problem(503, "overloaded", "unknown", Retry_After="1"),
    Says.E429: wire.problem(429, "rate_limited", "none", Retry_After="1"),
    Says.E408: wire.problem(408, "http_408", "unknown"),
    Says.E409: wire.problem(409, "in_progress", "unknown", Retry_After="1"),
}


def _said(says: Says, answer: Message | None) -> tuple[bytes, bool]:
    """The bytes for the desk, and whether the line holds after them."""
    if says is Says.GONE:
        date = email.utils.formatdate(usegmt=True)
        return wire.forged(404, b"<html><h1>Not Found</h1></html>", "text/html", Date=date), True
    if says in FORGED:
        return FORGED[says], True
    if says is Says.NOTHING or answer is None:
        return b"", False
    if says is Says.PART:
        return answer.head + answer.body[: len(answer.body) // 2], False
    return answer.raw, True
