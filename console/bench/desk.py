"""A desk in the loop of a replay: after each step it judges the riskiest open alerts by what the stream knows is true.

It sees what an operator sees, the queue of open alerts, and knows of each account only what has happened so far. Its
verdicts go to the core as an operator's do and come back through the feed.
"""

from __future__ import annotations

import subprocess
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import httpx

from console.bench.stream import Stream
from console.core import instants
from console.core.identifiers import new_id
from console.core.instants import DAY, MINUTE
from console.paths import Home
from console.sandbox.lockstep import PATH, Step
from console.sandbox.recording import transaction_id
from store.files import StoreError
from store.queue import OpenAlert, Queue

STEP_MINUTES = 15
LOOK_S = 0.003
"""Seconds between looks at how far the mirror is."""
ALIVE_EVERY = 1_000
"""Looks between two that make sure that the watcher lives."""
NAMED_AT_MOST = 100
"""Transactions named in one verdict."""


class Truth:
    """Which transactions are frauds; `frauds` tells an account's that happened and that no label has told yet."""

    def __init__(self, stream: Stream, label_delay_days: float) -> None:
        self._label_delay = round(label_delay_days * DAY)
        self._frauds: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for place in stream.fraud.nonzero()[0].tolist():
            account_id = stream.account_ids[stream.account[place]]
            happened = int(stream.occurred_at[place]), transaction_id(int(stream.number[place]))
            self._frauds[account_id].append(happened)
        self.names = {name for frauds in self._frauds.values() for _, name in frauds}

    def frauds(self, account_id: str, until: int) -> list[str]:
        """The account's frauds before an instant (µs) whose labels come after it, oldest first."""
        return [name for at, name in self._frauds.get(account_id, []) if until - self._label_delay <= at < until]


class Allowance:
    """At most so many accounts a day, and of each only what its share of the day has brought; a new day starts at 0."""

    def __init__(self, a_day: int) -> None:
        self._a_day = a_day
        self._day, self._used = -1, 0

    def left(self, reached: int) -> int:
        """How many more may be judged by the instant (µs)."""
        if reached // DAY != self._day:
            self._day, self._used = reached // DAY, 0
        return max(0, self._a_day * (reached % DAY + 1) // DAY - self._used)

    def use(self, count: int) -> None:
        self._used += count


class Desk:
    """Takes verdicts on at most `a_day` alerted accounts a day. `judged` counts them by verdict."""

    def __init__(self, core: str, truth: Truth, a_day: int) -> None:
        self.judged = {"fraud": 0, "legit": 0}
        self._http = httpx.Client(base_url=core, timeout=60)
        self._truth = truth
        self._allowance = Allowance(a_day)
        self._labelled: set[str] = set()

    def close(self) -> None:
        self._http.close()

    def go_on(self) -> Step:
        """Let the core publish the next step."""
        answer = self._http.post(PATH)
        answer.raise_for_status()
        return Step(**answer.json())

    def decide(self, queue: Queue, reached: int) -> None:
        """Judge what the allowance admits of the queue."""
        left = self._allowance.left(reached)
        alerts = queue.riskiest(left) if left else []
        for alert in alerts:
            self._judge(alert, reached)
        self._allowance.use(len(alerts))

    def _judge(self, alert: OpenAlert, reached: int) -> None:
        """Fraud with what is not labelled yet, else legit with the alert's own transactions."""
        frauds = [name for name in self._truth.frauds(alert.account_id, reached) if name not in self._labelled]
        verdict = "fraud" if frauds else "legit"
        told = self._labelled, self._truth.names
        named = frauds or [name for name in alert.transaction_ids if not any(name in names for names in told)]
        self._labelled.update(named)
        self.judged[verdict] += 1
        now = instants.now()
        body: dict[str, Any] = {
            "type": "case.verdict",
            "target": {"type": "account", "id": alert.account_id},
            "params": {"verdict": verdict, **({"transaction_ids": named[-NAMED_AT_MOST:]} if named else {})},
            "not_after": instants.wire(now + MINUTE),
        }
        answer = self._http.post("/core/v1/commands", json=body, headers={"Idempotency-Key": new_id(now)})
        answer.raise_for_status()


def work(desk: Desk, home: Home, watcher: subprocess.Popen[bytes], told: Callable[[int], None]) -> None:
    """Step by step to the end of the stream: publish, wait for the product, decide. `told` gets the day begun.

    Raises OSError when the watcher ends on the way.
    """
    queue: Queue | None = None
    day = -1
    while not (step := desk.go_on()).over:
        if step.reached // DAY != day:
            told(day := step.reached // DAY)
        queue = queue or _opened(home, watcher)
        _caught_up(queue, step.head_seq, watcher)
        desk.decide(queue, step.reached)
    if queue is not None:
        queue.close()


def _opened(home: Home, watcher: subprocess.Popen[bytes]) -> Queue:
    """The mirror as soon as the watcher has made it."""
    while True:
        _alive(watcher)
        try:
            return Queue(home.mirror)
        except StoreError:
            time.sleep(LOOK_S)


def _caught_up(queue: Queue, seq: int, watcher: subprocess.Popen[bytes]) -> None:
    looks = 0
    while queue.scanned_to() < seq:
        looks += 1
        if looks % ALIVE_EVERY == 0:
            _alive(watcher)
        time.sleep(LOOK_S)


def _alive(watcher: subprocess.Popen[bytes]) -> None:
    if watcher.poll() is not None:
        raise OSError(f"the watcher ended on the way (code {watcher.returncode})")
