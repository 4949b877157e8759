"""A recorded stream, or a world, that stops after every so many minutes of its time until somebody says go on.

For measuring what a desk in the loop changes: between two steps the product catches up and the desk decides. The
private control `POST /lockstep` lies outside the contract and exists only where the sandbox was asked for it.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.sandbox.bank import Bank
from console.sandbox.bank.log import Recorded
from console.sandbox.bell import Bell
from console.sandbox.life import World
from console.sandbox.recording import Recording

PATH = "/lockstep"
BUDGET = 2_000
"""Changes of a world that are published in one go."""
PATIENCE_S = 2.0
"""How long a reader at the head waits for the next step before it gets an empty page."""


class Step(Struct, frozen=True):
    """What a step brought: the log's head after it, the stream instant (µs) reached, and whether the stream is over."""

    head_seq: int
    reached: int
    over: bool


class Stepped(ABC):
    """What goes on step by step."""

    def __init__(self, bank: Bank, reached: int, step: int) -> None:
        self._bank = bank
        self._step = step
        self._reached = reached
        bank.log.stream = lambda: self._reached

    @abstractmethod
    def unfinished(self) -> bool:
        """Whether more is to come."""

    @abstractmethod
    def go_on(self) -> Step:
        """Publish the next step."""

    async def demand(self, after: int, limit: int) -> None:
        """Hold a reader back who has everything that is out."""
        if self._bank.log.head > after or not self.unfinished():
            return
        bell = Bell()
        self._bank.database.on_commit.append(bell.ring)
        try:
            await bell.wait(PATIENCE_S)
        finally:
            self._bank.database.on_commit.remove(bell.ring)

    async def run(self) -> None:
        await asyncio.Event().wait()

    def route(self) -> Route:
        """The control: `POST` goes one step on and answers with a Step."""

        async def control(request: Request) -> Response:
            return Response(msgspec.json.encode(self.go_on()), media_type="application/json")

        return Route(PATH, control, methods=["POST"])


class SteppedLife(Stepped):
    """Publishes `step` µs of a recording at each `go_on`. Readers are told that more is to come until all is out."""

    def __init__(self, bank: Bank, recording: Recording, step: int) -> None:
        self._entries: Iterator[Recorded] = iter(recording)
        self._next: Recorded | None = next(self._entries, None)
        super().__init__(bank, self._next.recorded_at if self._next else 0, step)

    def unfinished(self) -> bool:
        return self._next is not None

    def go_on(self) -> Step:
        """Publish the next step. Quiet stretches are skipped: a step begins at the next thing that happens."""
        if self._next is not None:
            self._reached = max(self._reached, self._next.recorded_at) + self._step
            with self._bank.batch():
                self._bank.log.extend(self._due(self._reached))
        return Step(self._bank.log.head, self._reached, self._next is None)

    def _due(self, until: int) -> Iterator[Recorded]:
        while self._next is not None and self._next.recorded_at < until:
            yield self._next
            self._next = next(self._entries, None)


class SteppedWorld(Stepped):
    """Lives `step` µs of a world at each `go_on`, from an instant (µs) until another."""

    def __init__(self, bank: Bank, make: Callable[[int], World], start: int, until: int, step: int) -> None:
        super().__init__(bank, start, step)
        self._until = until
        self._world = make(start)

    def unfinished(self) -> bool:
        return self._reached < self._until

    def go_on(self) -> Step:
        """Live the next step, or what is left."""
        until = min(self._reached + self._step, self._until)
        while self._reached < until:
            with self._bank.batch():
                self._reached = self._world.advance(until, BUDGET)
                self._bank.log.promise(self._reached)
        return Step(self._bank.log.head, self._reached, not self.unfinished())
