"""A bar on standard error for work that takes a while, where a person watches; nothing goes to standard output."""

from __future__ import annotations

import sys
import time

CELLS = 30
EVERY_S = 0.2


class Bar:
    """`bar(share)` draws, five times a second at most; `with` takes the line away again at the end."""

    def __init__(self, title: str) -> None:
        self._title, self._shown = title, 0.0
        self._watched = sys.stderr.isatty()

    def __call__(self, share: float) -> None:
        """Draw the share that is done, 0..1."""
        if self._watched and (share >= 1 or time.monotonic() - self._shown >= EVERY_S):
            self._shown = time.monotonic()
            done = round(min(1.0, max(0.0, share)) * CELLS)
            print(
                f"\r{self._title} [{'#' * done}{'.' * (CELLS - done)}] {share:4.0%}",
                end="",
                file=sys.stderr,
                flush=True,
            )

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
