"""Keys pressed on a list in a terminal, each timed to the end of the first frame in which the cursor's row is another.

Other frames come in between, as when rows change by themselves: they do not count. The cursor's row is known by its
background; what stands in it is known by the account's id.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator

from console.bench.terminal import FRAME_END, Terminal

DOWN, UP, PAGE_DOWN, PAGE_UP = b"\x1b[B", b"\x1b[A", b"\x1b[6~", b"\x1b[5~"
KEYS = (DOWN,) * 6 + (UP,) * 2 + (PAGE_DOWN,) * 2 + (PAGE_UP,)
PAUSE_S = (0.03, 0.2)
"""A quick hand's pauses between two keys: they fall on any moment of the console's own beat."""
PATIENCE_S = 5.0
PLACE = re.compile(rb"\x1b\[(\d+);\d+H|(\r?\n)")
ACCOUNT = re.compile(rb"acc\.\d+")


class Typist:
    """Presses keys on the terminal of a program whose cursor has a background of its own (`48;2;r;g;b`)."""

    def __init__(self, terminal: Terminal, background: bytes, seed: int = 4) -> None:
        self._terminal, self._background = terminal, background
        self._chance = random.Random(seed)
        self._unfinished = b""
        self._cursor: tuple[int, bytes] | None = None

    def press(self, key: bytes) -> float:
        """Seconds from the key to the end of the frame that shows its effect. Raises TimeoutError without any."""
        began, before = time.perf_counter(), self._cursor
        self._terminal.type(key)
        while time.perf_counter() - began < PATIENCE_S:
            if self._look(PATIENCE_S) and self._cursor != before:
                return time.perf_counter() - began
        raise TimeoutError(f"{key!r} moved no cursor")

    def work(self, presses: int) -> Iterator[float]:
        """Press so many keys as a hand does; what each took, in seconds."""
        for _ in range(presses):
            yield self.press(self._chance.choice(KEYS))
            self.idle(self._chance.uniform(*PAUSE_S))

    def idle(self, seconds: float) -> int:
        """Only look for so long; the bytes that were painted."""
        end, painted = time.perf_counter() + seconds, 0
        while (left := end - time.perf_counter()) > 0:
            painted += self._look(left)
        return painted

    def _look(self, within_s: float) -> int:
        """Read what comes next and see where the cursor is then; the bytes read."""
        part = self._terminal.read(within_s)
        frames, end, self._unfinished = (self._unfinished + part).rpartition(FRAME_END)
        if end:
            self._cursor = self._seen(frames) or self._cursor
        return len(part)

    def _seen(self, frames: bytes) -> tuple[int, bytes] | None:
        """The line that is painted in the cursor's background last, and the account in it."""
        line, begin, found = 0, 0, None
        for match in [*PLACE.finditer(frames), None]:
            text = frames[begin : match.start() if match else len(frames)]
            account = ACCOUNT.search(text)
            if self._background in text and account:
                found = (line, account[0])
            if match:
                line, begin = int(match[1]) if match[1] else line + 1, match.end()
        return found
