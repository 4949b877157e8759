"""A program on a terminal of its own, driven and watched from outside, as a person would."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

FRAME_END = b"\x1b[?2026l"
"""The end of a synchronised update: what was painted is complete (the terminal answers that it knows such updates)."""
ASKED_FOR_FRAMES, KNOWS_FRAMES = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
QUIET_S = 0.2
"""Silence after which everything that a key caused is painted."""


class Terminal:
    """Runs a command on a pseudo-terminal. Use it with `with`; the program is ended at the end."""

    def __init__(
        self, command: list[str], columns: int, lines: int, environment: Mapping[str, str] | None = None
    ) -> None:
        self._command = command
        self._environment = environment or {}
        self._size = struct.pack("HHHH", lines, columns, 0, 0)
        self._running = True

    def __enter__(self) -> Self:
        self.started = time.perf_counter()
        self.pid, self._line = pty.fork()
        if self.pid == 0:
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", **self._environment}
            os.execvp(self._command[0], self._command)  # noqa: S606 - our own program
        fcntl.ioctl(self._line, termios.TIOCSWINSZ, self._size)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            os.close(self._line)

    def hang_up(self, within_s: float) -> bool:
        """Close the terminal under the program; whether it ended by itself in time."""
        os.close(self._line)
        end = time.perf_counter() + within_s
        while time.perf_counter() < end:
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                self._running = False
                return True
            time.sleep(0.05)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self._running = False
        return False

    def lives(self) -> bool:
        """Whether the program still runs."""
        self._running = self._running and os.waitpid(self.pid, os.WNOHANG) == (0, 0)
        return self._running

    def until(self, text: bytes, within_s: float) -> float:
        """Seconds from now to the end of the frame in which a text stands. Raises TimeoutError when it never comes."""
        began, seen = time.perf_counter(), b""
        while text not in seen or FRAME_END not in seen[seen.index(text) :]:
            left = began + within_s - time.perf_counter()
            if left <= 0:
                raise TimeoutError(f"{text!r} never came")
            seen += self.read(left)
        return time.perf_counter() - began

    def press(self, key: bytes) -> tuple[float, float, int]:
        """Press a key: seconds to the end of the first frame it painted and of the last, and the bytes they took."""
        began = time.perf_counter()
        self.type(key)
        first = last = 0.0
        painted = 0
        while part := self.read(QUIET_S):
            painted += len(part)
            if FRAME_END in part:
                last = time.perf_counter() - began
                first = first or last
        return first, last, painted

    def type(self, keys: bytes) -> None:
        """Type keys; what they cause is read later."""
        os.write(self._line, keys)

    def read(self, within_s: float) -> bytes:
        """What the program writes next; nothing when it stays silent. Answers its question for synchronised updates."""
        if not select.select([self._line], [], [], within_s)[0]:
            return b""
        part = os.read(self._line, 65536)
        if ASKED_FOR_FRAMES in part:
            os.write(self._line, KNOWS_FRAMES)
        return part
