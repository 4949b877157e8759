"""The engine's state in a file of its own beside the mirror: what it remembers after one page of the facts log.

It only saves time. A missing, torn or foreign file costs a replay of the facts log, or a rebuild where the log does not
reach back to its beginning. The file: one line of JSON (what it is, and each part's name, size and CRC-32), then the
parts.
"""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import BinaryIO, NamedTuple

from store.files import sync

FORMAT = "riskdesk engine state 1"
LONGEST_HEADER = 1 << 20


class EngineState(NamedTuple):
    """Parts by name. `mirror` is the identity of the mirror whose facts log they come from, up to `to_seq`.

    `layout` names the form of the parts: only a program that makes the same form can read them.
    """

    mirror: str
    layout: str
    to_seq: int
    parts: dict[str, bytes]


class Torn(Exception):
    """The file is not what was written; the message says how."""


def beside(mirror: Path) -> Path:
    """Where a mirror's engine state lies."""
    return mirror.with_name(f"{mirror.stem}.engine")


def write(path: Path, state: EngineState) -> None:
    """Put a state in the place of the one before; it is on disk and complete before it has its name. Raises OSError."""
    header = {
        "format": FORMAT,
        "mirror": state.mirror,
        "layout": state.layout,
        "to_seq": state.to_seq,
        "parts": [[name, len(body), zlib.crc32(body)] for name, body in state.parts.items()],
    }
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
            file.write(json.dumps(header).encode() + b"\n")
            for body in state.parts.values():
                file.write(body)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        sync(path.parent)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def read(path: Path) -> EngineState | None:
    """The stored state, None without one. Raises Torn, or OSError when it can't be read."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        state, sizes = _header(file)
        for name, size, checksum in sizes:
            body = file.read(size)
            if len(body) != size or zlib.crc32(body) != checksum:
                raise Torn(f"{path}: {name} is not what was written")
            state.parts[name] = body
    return state


def stands_at(path: Path, mirror: str) -> int | None:
    """The last page that the stored state of that mirror stands for, None when there is no such state."""
    try:
        with path.open("rb") as file:
            state, _ = _header(file)
    except (FileNotFoundError, Torn):
        return None
    return state.to_seq if state.mirror == mirror else None


def _header(file: BinaryIO) -> tuple[EngineState, list[tuple[str, int, int]]]:
    try:
        header = json.loads(file.readline(LONGEST_HEADER))
        if header["format"] != FORMAT:
            raise Torn(f"{file.name} is no engine state of this version")
        sizes = [(str(name), int(size), int(checksum)) for name, size, checksum in header["parts"]]
        return EngineState(str(header["mirror"]), str(header["layout"]), int(header["to_seq"]), {}), sizes
    except (ValueError, KeyError, TypeError) as error:
        raise Torn(f"{file.name} has no readable beginning") from error
