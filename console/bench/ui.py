"""`riskdesk bench ui`: the real console on a real terminal, over a mirror of many accounts."""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from console import children
from console.bench.machine import machine
from console.bench.terminal import Terminal
from console.paths import Home
from store.batch import Batch
from store.mirror import Mirror

DEMO_DOC = '{"id":"%s","customer_id":"%s","status":"active","credit_state":"current","holds":[],"version":1}'
SUSPICIOUS = 0.1
"""Share of the accounts with a risk and an open alert."""
BATCH = 10_000
PRESSES = 60
PAGE_DOWN, DOWN = b"\x1b[6~", b"j"
STARTS_WITHIN_S = 30


def run(accounts: int, *, as_json: bool) -> int:
    """Build the mirror, start the console on it, press keys, print what they took. Returns 0."""
    with tempfile.TemporaryDirectory(prefix="riskdesk-bench-") as folder:
        home = Home(Path(folder))
        home.make()
        alerts = _build(home, accounts)
        figures: dict[str, Any] = {"accounts": accounts, "alerts": alerts, "events_per_s": 0, **_measure(home)}
    figures["machine"] = machine()
    print(json.dumps(figures) if as_json else "\n".join(f"{name:20} {value}" for name, value in figures.items()))
    return 0


def _build(home: Home, accounts: int) -> int:
    """A mirror of so many accounts, a tenth of them suspicious; returns how many alerts are open."""
    chance, alerts, now = random.Random(1), 0, time.time_ns() // 1000
    mirror = Mirror(home.mirror)
    for first in range(0, accounts, BATCH):
        batch = Batch()
        for number in range(first, min(first + BATCH, accounts)):
            name, customer = f"acc.{number:08d}", f"cus.{number:08d}"
            mirror.accounts[name]  # numbers it
            risky = chance.random() < SUSPICIOUS
            score = round(chance.uniform(0.5, 1), 6) if risky else 0.0
            level = 1 + int(score * 3.99) if risky else 0
            money = (1_000_000, chance.randrange(1_000_000), chance.randrange(1_000_000), now - 10**12)
            batch.accounts.append((1, 0, "active", "CNY", *money, DEMO_DOC % (name, customer), number))
            batch.owners.append((customer, number))
            batch.risks.append((number, 0, 0, now - chance.randrange(10**9), score, level, int(risky)))
            if risky:
                alerts += 1
                batch.alerts.append(
                    (
                        f"alr_{number}",
                        number,
                        now,
                        now,
                        level,
                        score,
                        '["UN-1"]',
                        "open",
                        None,
                        1,
                        0,
                        0,
                        "[]",
                        *(0,) * 5,
                    )
                )
        with mirror.transaction():
            mirror.write(batch)
    with mirror.transaction():
        mirror.advance("changes", ("bench", accounts, ""), accounts, now)
    mirror.close()
    return alerts


def _measure(home: Home) -> dict[str, Any]:
    with Terminal(children.command("--home", str(home.folder), "--no-watcher"), 120, 40) as terminal:
        terminal.until(b"acc.", STARTS_WITHIN_S)
        first_screen = time.perf_counter() - terminal.started
        terminal.press(DOWN)
        pages = [terminal.press(PAGE_DOWN) for _ in range(PRESSES)]
        downs = [terminal.press(DOWN) for _ in range(PRESSES)]
        memory = _resident_mb(terminal.pid)
    return {
        "first_screen_ms": round(first_screen * 1e3),
        "page_down_p50_ms": _median([first for first, _, _ in pages]),
        "page_down_settled_p50_ms": _median([last for _, last, _ in pages]),
        "key_p50_ms": _median([first for first, _, _ in downs]),
        "key_p99_ms": round(sorted(first for first, _, _ in downs)[int(PRESSES * 0.99)] * 1e3, 1),
        "page_down_bytes": round(statistics.median(size for _, _, size in pages)),
        "key_bytes": round(statistics.median(size for _, _, size in downs)),
        "rss_mb": memory,
    }


def _median(seconds: list[float]) -> float:
    return round(statistics.median(seconds) * 1e3, 1)


def _resident_mb(pid: int) -> int | None:
    """Resident memory of a process in MB, None where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return None
    return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS")), None)
