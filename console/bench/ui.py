"""`riskdesk bench ui`: the real console on a real terminal, over a mirror of many accounts into which events arrive.

Beside it, in the same run and with the same keys, Textual's own `DataTable`, in which nothing arrives.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from console import children
from console.bench import population
from console.bench.arrivals import arriving
from console.bench.machine import machine
from console.bench.terminal import Terminal
from console.bench.typist import PAGE_DOWN, Typist
from console.exits import Exit
from console.paths import Home
from console.ui.themes import DARK

STARTS_WITHIN_S, TABLE_WITHIN_S = 30, 120
FIRST_PAGES = 10
"""Pages down before the first key that counts: no key then meets an end of the list."""
SETTLE_S, STEADY_S = 3.0, 15.0
WIDTH, HEIGHT = 120, 40
GOAL_P50_MS, GOAL_P99_MS, GOAL_MB = 15.0, 60.0, 250
TABLE_CURSOR = "#0178d4"
"""The cursor of a `DataTable` in Textual's own theme."""


def run(accounts: int, alerts: int, rate: int, presses: int, rows: int, *, as_json: bool) -> int:
    """Build the mirror, let events arrive, press keys, print what they took; 1 when a goal is missed."""
    with tempfile.TemporaryDirectory(prefix="riskdesk-bench-") as folder:
        home = Home(Path(folder) / "home")
        home.make()
        population.build(home, accounts, alerts)
        with arriving(home, rate) as arrived:
            console = _console(home, presses)
            table = _table(rows, presses)
    figures = {"accounts": accounts, "alerts": alerts, "events_per_s": arrived.rate, **console, **table}
    figures["machine"] = machine()
    print(json.dumps(figures) if as_json else "\n".join(f"{name:22} {value}" for name, value in figures.items()))
    met = console["key_p50_ms"] <= GOAL_P50_MS and console["key_p99_ms"] <= GOAL_P99_MS
    return Exit.OK if met and (console["rss_mb"] or 0) < GOAL_MB else Exit.FAILED


def _console(home: Home, presses: int) -> dict[str, Any]:
    command = children.command("--home", str(home.folder), "--no-watcher")
    with Terminal(command, WIDTH, HEIGHT) as terminal:
        terminal.until(b"acc.", STARTS_WITHIN_S)
        first_screen = time.perf_counter() - terminal.started
        typist = Typist(terminal, background(DARK.variables["cursor"]))
        typist.idle(SETTLE_S)
        steady = typist.idle(STEADY_S)
        took = _keys(typist, presses)
        return {
            "first_screen_ms": round(first_screen * 1e3),
            "key_p50_ms": _share(took, 50),
            "key_p99_ms": _share(took, 99),
            "key_max_ms": round(max(took) * 1e3, 1),
            "rss_mb": _resident_mb(terminal.pid),
            "bytes_per_s": round(steady / STEADY_S),
        }


def _table(rows: int, presses: int) -> dict[str, Any]:
    with Terminal([sys.executable, "-m", "console.bench.datatable", str(rows)], WIDTH, HEIGHT) as terminal:
        terminal.until(b"acc.", TABLE_WITHIN_S)
        first_screen = time.perf_counter() - terminal.started
        typist = Typist(terminal, background(TABLE_CURSOR))
        typist.idle(SETTLE_S)
        took = _keys(typist, presses)
        return {
            "datatable_rows": rows,
            "datatable_first_screen_ms": round(first_screen * 1e3),
            "datatable_key_p50_ms": _share(took, 50),
            "datatable_key_p99_ms": _share(took, 99),
            "datatable_rss_mb": _resident_mb(terminal.pid),
        }


def _keys(typist: Typist, presses: int) -> list[float]:
    for _ in range(FIRST_PAGES):
        typist.press(PAGE_DOWN)
    return list(typist.work(presses))


def background(colour: str) -> bytes:
    """How a terminal is told to paint on a colour, `#rrggbb`."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"48;2;{red};{green};{blue}".encode()


def _share(seconds: list[float], share: int) -> float:
    """A percentile in milliseconds."""
    return round(statistics.quantiles(seconds, n=100, method="inclusive")[share - 1] * 1e3, 1)


def _resident_mb(pid: int) -> int | None:
    """The most memory a process had resident so far, in MB; None where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return None
    return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")), None)
