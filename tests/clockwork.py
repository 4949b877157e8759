"""The command line with wall clocks that somebody sets: `python -m tests.clockwork FILE ARGUMENTS...`.

FILE holds how far they are off, in seconds; it may be written at any time. The steady clock goes on as it does.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from apscheduler.schedulers import base

from console import cli
from console.core import instants
from console.core.instants import Instant

FILE = Path(sys.argv[1])
true_now, true_time = instants.now, time.time


def off_s() -> float:
    return float(FILE.read_text() or 0)


class Set(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + timedelta(seconds=off_s())


def main() -> int:
    instants.now = lambda: Instant(true_now() + int(off_s() * 1e6))
    time.time = lambda: true_time() + off_s()
    base.datetime = Set
    from console.watch import schedule

    schedule.datetime = Set
    return cli.main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
