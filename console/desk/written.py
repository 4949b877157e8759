"""Files that are whole or not there, and for their owner only."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def whole(to: Path, *, overwrite: bool = True) -> Iterator[TextIO]:
    """A file under a name that nobody foresees, which gets its own only once all of it is on disk.

    Raises FileExistsError, unless `overwrite`, where that name is taken by then, OSError.
    """
    handle, name = tempfile.mkstemp(prefix=f".{to.name[:40]}.", suffix=".unfinished", dir=to.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if not overwrite:
            os.close(os.open(to, os.O_CREAT | os.O_EXCL, 0o600))
        unfinished.replace(to)
    finally:
        unfinished.unlink(missing_ok=True)


def write(to: Path, text: str, *, overwrite: bool = True) -> None:
    """Write a file, complete before it has its name. Raises FileExistsError unless `overwrite`, OSError."""
    with whole(to, overwrite=overwrite) as file:
        file.write(text)
