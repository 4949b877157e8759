"""What a benchmark measured on."""

from __future__ import annotations

import os
import platform
import sqlite3


def machine() -> str:
    """One line: processor count and kind, system, Python, SQLite."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{cores} x {platform.machine()}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )
