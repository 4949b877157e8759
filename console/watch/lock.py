"""One watcher per home: an operating-system lock that names its holder and ends with its process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class AlreadyWatched(Exception):
    """Another watcher holds the lock; `pid` is its process, or None while it is still starting."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(f"a watcher is running already (pid {pid or 'unknown'})")
        self.pid = pid


class WatcherLock:
    """Hold it with `with`. Raises AlreadyWatched when another process does."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _pid(os.pread(self._file, 32, 0))
            os.close(self._file)
            raise AlreadyWatched(holder) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.ftruncate(self._file, 0)
        os.close(self._file)


def holder(path: Path) -> int | None:
    """The pid of the watcher that holds the lock, None when nobody does (0 when it is just starting)."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid(os.pread(file, 32, 0)) or 0
    else:
        return None
    finally:
        os.close(file)


def _pid(text: bytes) -> int | None:
    return int(text) if text.strip().isdigit() else None
