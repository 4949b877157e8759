"""The end of a log as it grows: the newest lines with their levels, however long or broken the file is."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

AT_ONCE = 256 * 1024
"""Bytes read at one look: of a file that grew by more only its end."""
KEPT = 5_000
"""Lines kept, the newest."""
LONGEST = 2_000
"""Characters of a line."""

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
HEAD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR|CRITICAL) ")
"""How a record begins; the lines of a traceback below it have its level."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log. `number` counts from the first line read, `level` is a place in `LEVELS`."""

    number: int
    level: int
    text: str


class Tail:
    """The last lines of one file, followed by looking at it now and then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines: list[Line] = []
        self._place = 0
        self._file: tuple[int, int] | None = None
        self._number, self._level = 0, LEVELS.index("INFO")
        self._left = b""

    def look(self) -> bool:
        """Read what is new; returns whether anything is. Raises OSError, and FileNotFoundError where there is none."""
        with self._path.open("rb") as file:
            facts = os.fstat(file.fileno())
            which = (facts.st_dev, facts.st_ino)
            if which != self._file or facts.st_size < self._place:
                self._file, self._place, self._left, self.lines = which, 0, b"", []
            if facts.st_size == self._place:
                return False
            if facts.st_size - self._place > AT_ONCE:
                file.seek(facts.st_size - AT_ONCE)
                file.readline()
                self._left = b""
            else:
                file.seek(self._place)
            body = self._left + file.read()
            self._place = file.tell()
        *whole, self._left = body.split(b"\n")
        self._left = self._left[:LONGEST]
        self._take(whole)
        return bool(whole)

    def _take(self, lines: Sequence[bytes]) -> None:
        for line in lines:
            text = line[: 4 * LONGEST].decode("utf-8", "replace")[:LONGEST]
            head = HEAD.match(text)
            if head:
                self._level = LEVELS.index(head[1])
            self._number += 1
            self.lines.append(Line(self._number, self._level, text))
        del self.lines[:-KEPT]

    def of(self, level: int) -> list[Line]:
        """The lines of a level or a worse one, the oldest first."""
        return [line for line in self.lines if line.level >= level]
