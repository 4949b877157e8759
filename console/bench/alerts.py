"""`riskdesk bench alerts`: how long after an event at the core its account stands on the screen.

A core that publishes at a steady rate, the real watcher and the real console on a terminal. At random moments an
account is taken over; the clock runs from the publication of that to the end of the frame that shows the account.
Another desk then clears it, so that the list stays as long as a desk keeps it.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console import children
from console.bench.machine import machine
from console.bench.terminal import FRAME_END, Terminal
from console.bench.traffic import Resident, Town
from console.core import instants
from console.exits import Exit
from console.language import tr
from console.paths import Home
from console.sandbox.run import Sandbox
from store.reader import Reader

SLICE, TICK_S = 500, 0.02
FIRST_SHOWN = 50
"""Residents that a list of ordinary accounts begins with: they stand on the screen without an alert."""
WARM_S = 10.0
"""Traffic before the first take-over."""
PATIENCE_S = 10.0
"""After so long an account counts as not shown."""
CATCH_UP_S = 600.0
GOAL_MS = 1_000


@dataclass
class Sightings:
    """When each account was taken over and when it was shown, `time.perf_counter` seconds. For two threads."""

    begun: dict[str, float] = field(default_factory=dict)
    shown: dict[str, float] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    published: int = 0
    seconds: float = 0.0

    def pending(self) -> list[bytes]:
        """The accounts to look for."""
        return [account.encode() for account in list(self.begun) if account not in self.shown]


class Publisher(threading.Thread):
    """Publishes the town's purchases at a rate, and take-overs at random moments, for so many seconds."""

    def __init__(self, core: Sandbox, town: Town, rate: int, alerts: int, seconds: float) -> None:
        super().__init__(name="publisher", daemon=True)
        self.sightings = Sightings()
        self._bank, self._town, self._rate = core.bank, town, rate
        chance = random.Random(2)
        chosen = chance.sample(town.quiet[FIRST_SHOWN:], alerts)
        moments = sorted(chance.uniform(WARM_S, WARM_S + seconds) for _ in chosen)
        self._due: list[tuple[float, Resident, bool]] = [
            *((moment, one, True) for moment, one in zip(moments, chosen, strict=True)),
            *((moment + PATIENCE_S, one, False) for moment, one in zip(moments, chosen, strict=True)),
        ]
        self._due.sort(key=lambda due: due[0])
        self._seconds = WARM_S + seconds + PATIENCE_S

    def run(self) -> None:
        began, turn = time.perf_counter(), 0
        while (passed := time.perf_counter() - began) < self._seconds:
            while turn < passed * self._rate:
                turn = self._buy(turn, min(turn + SLICE, int(passed * self._rate) + 1))
            while self._due and self._due[0][0] <= passed:
                self._act(*self._due.pop(0)[1:])
            next_due = self._due[0][0] - passed if self._due else TICK_S
            time.sleep(max(0.0, min(TICK_S, next_due)))
        self.sightings.published, self.sightings.seconds = turn, time.perf_counter() - began
        self.sightings.over.set()

    def _buy(self, first: int, last: int) -> int:
        at = instants.now()
        with self._bank.batch():
            self._bank.log.extend([self._town.bought(turn, at) for turn in range(first, last)])
        return last

    def _act(self, one: Resident, attack: bool) -> None:
        at = instants.now()
        changes = list(self._town.taken_over(one, at)) if attack else [self._town.cleared(one, at)]
        if attack:
            self.sightings.begun[one.account] = time.perf_counter()
        with self._bank.batch():
            self._bank.log.extend(changes)


def run(accounts: int, rate: int, alerts: int, seconds: float, *, as_json: bool) -> int:
    """Measure and print; 1 when an account was never shown or the 99th percentile is a second or more."""
    with tempfile.TemporaryDirectory(prefix="riskdesk-bench-") as folder, Sandbox() as core:
        home = Home(Path(folder) / "home")
        home.make()
        town = Town(accounts)
        _open(core, town)
        sightings = _measure(home, core, Publisher(core, town, rate, alerts, seconds))
    figures = {"accounts": accounts, **_figures(sightings), "machine": machine()}
    print(json.dumps(figures) if as_json else "\n".join(f"{name:16} {value}" for name, value in figures.items()))
    if figures["missed"]:
        print(tr("bench.not_shown", count=figures["missed"]), file=sys.stderr)
    shown_in_time = figures["p99_ms"] is not None and figures["p99_ms"] < GOAL_MS
    return Exit.OK if shown_in_time and not figures["missed"] else Exit.FAILED


def _open(core: Sandbox, town: Town) -> None:
    changes = list(town.opened(instants.now()))
    for first in range(0, len(changes), SLICE):
        with core.bank.batch():
            core.bank.log.extend(changes[first : first + SLICE])


def _measure(home: Home, core: Sandbox, publisher: Publisher) -> Sightings:
    with ExitStack() as stack:
        stack.enter_context(children.tied_watcher(home, core.origin))
        _wait_for(home, core.bank.log.head)
        command = children.command("--home", str(home.folder), "--core", core.origin, "--no-watcher")
        terminal = stack.enter_context(Terminal(command, 120, 40))
        terminal.until(b"acc.", PATIENCE_S)
        publisher.start()
        _look(terminal, publisher.sightings)
        publisher.join()
    return publisher.sightings


def _wait_for(home: Home, seq: int) -> None:
    """Until the mirror holds the feed up to a seq. Raises TimeoutError when it never does."""
    end = time.monotonic() + CATCH_UP_S
    while time.monotonic() < end:
        time.sleep(0.5)
        if not home.mirror.exists():
            continue
        mirror = Reader(home.mirror)
        try:
            if mirror.ready() and any((feed.scanned_to_seq or 0) >= seq for feed in mirror.feeds()):
                return
        finally:
            mirror.close()
    raise TimeoutError(f"the watcher did not catch up; see {home.log}")


def _look(terminal: Terminal, sightings: Sightings) -> None:
    """Read what the console paints, and note the end of the frame in which each account first stands."""
    frame = b""
    while not sightings.over.is_set():
        frame += terminal.read(0.1)
        whole, end, frame = frame.rpartition(FRAME_END)
        if end:
            now = time.perf_counter()
            for account in sightings.pending():
                if account in whole:
                    sightings.shown[account.decode()] = now


def _figures(sightings: Sightings) -> dict[str, Any]:
    took = sorted((shown - sightings.begun[account]) * 1e3 for account, shown in sightings.shown.items())
    shares = {f"p{share}_ms": round(took[len(took) * share // 100]) if took else None for share in (50, 95, 99)}
    return {
        "events_per_s": round(sightings.published / sightings.seconds),
        "alerts": len(sightings.begun),
        "missed": len(sightings.begun) - len(took),
        **shares,
        "max_ms": round(took[-1]) if took else None,
    }
