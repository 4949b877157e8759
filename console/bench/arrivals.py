"""Events that arrive while the console is measured: a process of its own that commits pages as the watcher does.

`python -m console.bench.arrivals HOME RATE` writes until its standard input closes, and prints what it wrote.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from console import children
from console.bench.population import LIMIT, account_id, account_row, alert_row
from console.paths import Home
from store.batch import Batch, Row
from store.mirror import Mirror

PAGES_PER_S = 20
"""As a watcher gets them from a core that answers its long poll at every publication."""
NICENESS = 10
"""The watcher's own."""
ACCOUNTS_PART = 5
"""Every so many purchases a change of the account itself comes along."""
HITS_PART = 100
"""Every so many purchases one is a new hit of an alert."""


@dataclass
class Arrived:
    """What a writer has done: events in so many seconds."""

    events: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> int:
        return round(self.events / self.seconds) if self.seconds else 0


@contextmanager
def arriving(home: Home, rate: int) -> Iterator[Arrived]:
    """Events at a rate for the time of a `with`; what they were is told after it. Raises OSError when none could be."""
    told = Arrived()
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", __name__, str(home.folder), str(rate)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        if process.stdout is None or not process.stdout.readline():
            raise OSError("nothing could be written into the mirror")
        yield told
        out, _ = process.communicate(timeout=children.STOP_S)
        told.events, told.seconds = json.loads(out)
    finally:
        children.stop(process)


class Writer:
    """The mirror's one writer for the time of the benchmark."""

    def __init__(self, home: Home) -> None:
        self._mirror = Mirror(home.mirror)
        self._chance = random.Random(3)
        self._alerted = self._mirror.heads.alerts.nonzero()[0].tolist()
        position = self._mirror.position("changes")
        self._seq = position[1] if position else 0

    def page(self, events: int) -> None:
        """Write one page of purchases, with what they change, in one transaction."""
        batch, heads, now = Batch(), self._mirror.heads, time.time_ns() // 1000
        purchases, risks = list[Row](), list[Row]()
        for _ in range(events):
            self._seq += 1
            number = self._chance.randrange(len(self._mirror.accounts))
            if self._alerted and self._seq % HITS_PART == 0:
                number = self._chance.choice(self._alerted)
                score = round(self._chance.uniform(0.5, 0.99), 6)
                heads.score[number], heads.level[number] = score, 1 + int(score * 3.99)
                batch.alerts.append(alert_row(number, now, score, int(heads.level[number]), hits=2))
            if self._seq % ACCOUNTS_PART == 0:
                heads.version[number] += 1
                available = self._chance.randrange(LIMIT)
                batch.accounts.append(account_row(number, int(heads.version[number]), available, now))
            purchases.append(self._purchase(number, int(heads.transaction[number]), now))
            heads.transaction[number], heads.activity[number] = self._seq, now
            risks += heads.rows(heads.transaction[number : number + 1] * 0 + number)
        batch.new_transactions, batch.risks = purchases, risks
        with self._mirror.transaction():
            self._mirror.write(batch)
            self._mirror.advance("changes", ("bench", self._seq, ""), self._seq, now)
            self._mirror.health("changes", now, None, None, 0, float(events * PAGES_PER_S), "live")

    def close(self) -> None:
        self._mirror.close()

    def _purchase(self, number: int, previous: int, now: int) -> tuple[object, ...]:
        doc = {
            "merchant": {"id": f"mer.{self._seq % 5000}", "name": "盒马鲜生 中关村店", "city": "上海"},
            "device_id": f"dev.{number:08d}", "ip": "203.0.113.17", "account_id": account_id(number),
        }  # fmt: skip
        return (
            self._seq, f"txn.{self._seq:012d}", 1, number, previous, now, now, 12_300, "CNY",
            f"mer.{self._seq % 5000}", "purchase", "posted", json.dumps(doc), 0.01, 0, "m-001", None,
        )  # fmt: skip


def run(home: Home, rate: int) -> Arrived:
    """Write until the parent closes our input; a line says when the first page is there."""
    os.nice(NICENESS)
    over = threading.Event()
    threading.Thread(target=_wait_for_end, args=(over,), name="tied", daemon=True).start()
    writer = Writer(home)
    began, written = time.perf_counter(), 0
    while not over.is_set():
        due = int((time.perf_counter() - began) * rate)
        if due > written:
            writer.page(min(due - written, rate))
            if not written:
                print("writing", flush=True)
            written += min(due - written, rate)
        time.sleep(max(0.0, 1 / PAGES_PER_S - (time.perf_counter() - began) % (1 / PAGES_PER_S)))
    seconds = time.perf_counter() - began
    writer.close()
    return Arrived(written, seconds)


def _wait_for_end(over: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    over.set()


if __name__ == "__main__":
    done = run(Home(Path(sys.argv[1])), int(sys.argv[2]))
    print(json.dumps([done.events, done.seconds]))
