"""How long a decision takes: from the confirming key to the request on the wire, and to confirmed on the screen."""

from __future__ import annotations

import random
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from console import children
from console.bench.faults import scene
from console.bench.faults.keeper import Keeper
from console.bench.faults.operator import TOKENS
from console.bench.faults.plan import Moment
from console.bench.faults.proxy import FaultProxy, Line
from console.bench.terminal import Terminal
from console.desk import hotline
from console.paths import Home
from store.journal import Journal

EVENTS_PER_S = 2_000
SETTLES_S = 3.0
"""The watcher gets so long to follow the flow before the first command."""
PAUSES_S = (0.0, 0.25)
"""Between two commands: drawn, so that commands meet every phase of the console's looks."""
LONGEST_S = 20.0
"""A command that takes longer counts as this long."""
ACCOUNTS = [f"own.0.{number}" for number in range(2, 10)]
"""What is decided on: the id of none begins another's, so that a filter shows one line."""
CLOCKS_APART = 2_000_000
"""A decision is dated by the core's clock, which is known to two seconds, µs."""
MINUTES = 60
"""How long the console is armed for."""


@dataclass
class Times:
    """Milliseconds of each command from its key, and the changes a second that the watcher took in meanwhile.

    `wire`: to its request on the wire. `confirmed`: to confirmed in the journal. `screen`: to the end of the frame that
    says so.
    """

    wire: list[float] = field(default_factory=list)
    confirmed: list[float] = field(default_factory=list)
    screen: list[float] = field(default_factory=list)
    events_per_s: float = 0.0


class _Calm:
    """A desk whose line carries everything as it is."""

    def kill(self, moment: Moment, command_id: str) -> None:
        raise AssertionError("a calm line kills nobody")

    def meddle(self, command_id: str) -> None:
        raise AssertionError("a calm line meddles with nothing")


def measure(count: int, events_per_s: int = EVENTS_PER_S) -> Times:
    """Freeze accounts `count` times by keys on a real console while events flow. Raises OSError when nothing starts."""
    with tempfile.TemporaryDirectory(prefix="riskdesk-latency-") as folder:
        data, home = Path(folder) / "core", Home(Path(folder) / "desk")
        data.mkdir()
        home.make()
        line = Line(_Calm(), None)
        with scene.core(data, events_per_s) as origin, FaultProxy(origin, line):
            watch = children.command("watch", "--tied", "--core", f"http://127.0.0.1:{line.port}")
            keeper = Keeper(home, TOKENS[0], watch)
            keeper.start()
            try:
                keeper.wait_until_up()
                return _send(count, origin, home, line)
            finally:
                keeper.stop()


def _send(count: int, origin: str, home: Home, line: Line) -> Times:
    times, pauses = Times(), random.Random(count)
    time.sleep(SETTLES_S)
    command = children.command("--home", str(home.folder), "--core", origin, "--no-watcher")
    with (
        closing(Journal(home.journal)) as journal,
        Terminal(command, 120, 40, {"RISKDESK_TOKEN": TOKENS[0], "RISKDESK_LANG": "en"}) as terminal,
    ):
        terminal.until(b"own.", LONGEST_S)
        terminal.press(f":write {MINUTES}\r".encode())
        seen, since = _events(home), time.monotonic()
        for number in range(count):
            _one(journal, ACCOUNTS[number % len(ACCOUNTS)], terminal, line, times)
            time.sleep(pauses.uniform(*PAUSES_S))
        times.events_per_s = (_events(home) - seen) / (time.monotonic() - since)
    return times


def _events(home: Home) -> int:
    return int(hotline.status(home.socket)["events"])


def _one(journal: Journal, account_id: str, terminal: Terminal, line: Line, times: Times) -> None:
    """One freeze as a person does it: find the account, open the dialog, choose the first reason, and `y`."""
    terminal.press(b"/" + account_id.encode() + b"\r")
    terminal.press(b"j")
    terminal.press(b"f")
    terminal.press(b"1")
    pressed = time.time_ns() // 1000
    terminal.type(b"y")
    try:
        screen_s = terminal.until(f"of {account_id}: confirmed.".encode(), LONGEST_S)
    except TimeoutError:
        screen_s = LONGEST_S
    entry = journal.recent(1)[0]
    course = line.courses.get(entry.command_id)
    first_at = course.first_at if course is not None and entry.created_at >= pressed - CLOCKS_APART else None
    times.wire.append((first_at - pressed) / 1e3 if first_at else LONGEST_S * 1e3)
    times.confirmed.append((entry.confirmed_at - pressed) / 1e3 if entry.confirmed_at else LONGEST_S * 1e3)
    times.screen.append(screen_s * 1e3)
