"""Regular expressions that anybody may type: matched by RE2, in time that grows with the text and not with the pattern.

There is no way back in them (no references, no looking around), and what would take much memory is refused.
"""

from __future__ import annotations

from functools import lru_cache
from time import monotonic
from typing import Any

import re2

MOST_MEMORY = 1 << 20
"""Bytes that one expression may take: compiled, and while it matches."""
LOOKED_AT = 512
"""Characters of a text that are looked through."""
PASS_S = 10.0
"""How long one pass over a list may take: a million ids take about two seconds."""
LOOK_AT_CLOCK = 256
"""Texts between two looks at the clock."""


class TooSlow(TimeoutError):
    """A pass over a list took too long and was given up."""


def wrong(pattern: str) -> str | None:
    """What is wrong with an expression, None when it can be matched."""
    try:
        _compiled(pattern)
    except re2.error as error:
        told = error.args[0] if error.args else ""
        return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    return None


def matches(pattern: str, text: str | None) -> bool:
    """Whether an expression that is right is found in a text, whatever the case of the letters."""
    return text is not None and _compiled(pattern).search(text[:LOOKED_AT].encode("utf-8", "replace")) is not None


@lru_cache(maxsize=32)
def _compiled(pattern: str) -> Any:  # noqa: ANN401 - the library tells no types
    options = re2.Options()
    options.max_mem, options.log_errors, options.case_sensitive = MOST_MEMORY, False, False
    return re2.compile(pattern.encode("utf-8", "replace"), options)


class Matching:
    """`matches` within a time for each pass: beyond it a call raises TooSlow."""

    def __init__(self, within_s: float = PASS_S) -> None:
        self._within_s = within_s
        self._late: TooSlow | None = None
        self.begin()

    def begin(self) -> None:
        """A pass begins."""
        self._end, self._asked, self._late = monotonic() + self._within_s, 0, None

    def late(self) -> TooSlow | None:
        """The error with which this pass was given up, None when it was not."""
        return self._late

    def __call__(self, pattern: str, text: str | None) -> bool:
        self._asked += 1
        if self._asked % LOOK_AT_CLOCK == 0 and monotonic() > self._end:
            self._late = TooSlow(f"given up after {self._within_s:.0f} s")
            raise self._late
        return matches(pattern, text)
