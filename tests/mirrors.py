"""A mirror as its migrations make it, made once: for tests that begin many."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from store.mirror import Mirror


def begin(path: Path) -> None:
    """An empty mirror at a path."""
    path.write_bytes(_empty())
    path.chmod(0o600)


@functools.cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mirror.db"
        Mirror(path).close()
        return path.read_bytes()
