"""Checkpoints of the audit chain, kept away from the journal: in a file that only grows, and at a URL.

A line is one JSON object `{"seq": int, "hash": 64 hex digits, "at": RFC 3339}`; the URL gets the same object by POST.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from console.language import tr
from store.audit import Checkpoint

HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Places:
    """Where the watcher leaves checkpoints: $RISKDESK_CHECKPOINT_FILE and $RISKDESK_CHECKPOINT_URL, each optional."""

    file: Path | None
    url: str | None

    @classmethod
    def configured(cls, environment: Mapping[str, str] | None = None) -> Places:
        settings = os.environ if environment is None else environment
        file = settings.get("RISKDESK_CHECKPOINT_FILE")
        return cls(Path(file).expanduser() if file else None, settings.get("RISKDESK_CHECKPOINT_URL") or None)

    def __bool__(self) -> bool:
        return bool(self.file or self.url)


def line(point: Checkpoint) -> str:
    """A checkpoint as one line of JSON."""
    return json.dumps(asdict(point))


def append(file: Path, point: Checkpoint) -> None:
    """Add a checkpoint to a file (0600 when it is new); it is on disk on return. Raises OSError."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, line(point).encode() + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)


def read(file: Path) -> list[Checkpoint]:
    """Every checkpoint of a file. Raises OSError, or ValueError with the number of a line that is none."""
    texts = file.read_text(encoding="utf-8").splitlines()
    return [_parse(text, f"{file}:{number}") for number, text in enumerate(texts, 1) if text.strip()]


def _parse(text: str, where: str) -> Checkpoint:
    try:
        match json.loads(text):
            case {"seq": int(seq), "hash": str(hash_), "at": str(at)} if seq >= 0 and HASH.fullmatch(hash_):
                return Checkpoint(seq, hash_, at)
    except (ValueError, RecursionError):
        pass  # no JSON: no checkpoint either
    raise ValueError(tr("cli.no_checkpoint", where=where))
