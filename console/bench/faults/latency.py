"""How long a decision takes: from the confirming key to the request on the wire, and to confirmed on the screen."""

from __future__ import annotations

import random
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from console import children
from console.bench.faults import scene
from console.bench.faults.keeper import Keeper
from console.bench.faults.operator import TOKENS
from console.bench.faults.plan import Moment, Script
from console.bench.faults.proxy import FaultProxy, Line
from console.core import commands, instants
from console.core.messages import Account, CoreMeta, decoder
from console.desk import deciding, hotline
from console.paths import Home
from store.journal import Journal
from store.life import SETTLED, State

EVENTS_PER_S = 2_000
SETTLES_S = 3.0
"""The watcher gets so long to follow the flow before the first command."""
LOOK_S = 0.25
"""The console looks at the journal this often (4 Hz); what it has not looked at is not on the screen."""
PAUSES_S = (0.0, 0.25)
"""Between two commands: drawn, so that commands meet every phase of the console's looks."""
LONGEST_S = 20.0
"""A command that takes longer counts as this long."""
_META, _ACCOUNT = decoder(CoreMeta), decoder(Account)


@dataclass
class Times:
    """Milliseconds of each command, and the changes a second that the watcher took in meanwhile."""

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
    """Send `count` freezes and releases, one after another, while events flow. Raises OSError when nothing starts."""
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
    headers = {"Authorization": f"Bearer {TOKENS[0]}"}
    with (
        closing(Journal(home.journal)) as journal,
        httpx.Client(base_url=f"{origin}/core/v1", headers=headers, timeout=20) as http,
    ):
        meta: CoreMeta = _META.decode(http.get("/meta").content)
        seen, since = _events(home), time.monotonic()
        screen = _Screen(journal)
        for number in range(count):
            account_id = scene.accounts_of(0)[number % scene.OWN]
            account: Account = _ACCOUNT.decode(http.get(f"/accounts/{account_id}").content)
            _one(journal, meta, account, home, line, times, screen)
            time.sleep(pauses.uniform(*PAUSES_S))
        times.events_per_s = (_events(home) - seen) / (time.monotonic() - since)
    return times


def _events(home: Home) -> int:
    return int(hotline.status(home.socket)["events"])


class _Screen:
    """The console's looks at the journal, at fixed moments that no command chooses."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._origin = time.monotonic()

    def wait_for_look(self) -> None:
        time.sleep(LOOK_S - (time.monotonic() - self._origin) % LOOK_S)

    def settled(self, command_id: str) -> State | None:
        entry = self._journal.get(command_id)
        return entry.state if entry is not None and entry.state in SETTLED else None


def _one(
    journal: Journal, meta: CoreMeta, account: Account, home: Home, line: Line, times: Times, screen: _Screen
) -> None:
    """One decision, as the console's dialog makes it: journal, nudge, then look until it is settled."""
    holds = [hold.hold_id for hold in account.holds]
    wish = (
        commands.unfreeze(account.id, holds, "false_positive")
        if holds
        else commands.freeze(account.id, "account_takeover")
    )
    pressed = time.time_ns() // 1000
    entry = deciding.decide(journal, meta, wish, core_now=instants.now(), account=account)
    line.expect(entry.command_id, entry.target_id, Script())
    hotline.nudge(home.socket, entry.command_id)
    state = None
    while state is None and time.time_ns() // 1000 - pressed < LONGEST_S * 1e6:
        screen.wait_for_look()
        state = screen.settled(entry.command_id)
    shown = time.time_ns() // 1000
    kept = journal.get(entry.command_id)
    first_at = line.courses[entry.command_id].first_at
    confirmed_at = kept.confirmed_at if kept is not None and state is State.CONFIRMED else None
    times.wire.append((first_at - pressed) / 1e3 if first_at else LONGEST_S * 1e3)
    times.confirmed.append((confirmed_at - pressed) / 1e3 if confirmed_at else LONGEST_S * 1e3)
    times.screen.append((shown - pressed) / 1e3 if confirmed_at else LONGEST_S * 1e3)
