"""What is wrong with the home's files, in words that say what to do; nothing that was decided is lost by any of it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from console.language import tr
from store.files import StoreError, ailment
from store.journal import JournalError

LOW_MB = 100
"""Free disk below which the desk is told: a write-ahead log alone may take 64 MB."""


def words(error: BaseException, folder: Path) -> str | None:
    """What an error says of the files of a home; None for an error that is about something else."""
    kind = ailment(error)
    return None if kind is None else tr(f"ailment.{kind}", folder=folder)


UNTAKEN = (JournalError, StoreError, sqlite3.Error)
"""What is raised when the journal does not take something: it refuses, or its file can't be used."""


def untaken(error: BaseException, folder: Path) -> str:
    """Why the journal of a home did not take something."""
    return words(error, folder) or str(error)


def free_mb(folder: Path) -> int | None:
    """Room on the home's disk in MB, None where that can't be told."""
    try:
        return shutil.disk_usage(folder).free // 2**20
    except OSError:
        return None
