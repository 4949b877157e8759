"""A screen that one can come back to."""

from __future__ import annotations

from dataclasses import dataclass

ACCOUNT, WATCH = "account", "watch"


@dataclass(frozen=True)
class Visit:
    """A screen by its name, with what it is of: what one would type to open it."""

    screen: str
    argument: str = ""
