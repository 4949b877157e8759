"""How often a process that reads the feed looks for garbage."""

from __future__ import annotations

import gc

THRESHOLD = 200_000
"""New objects between two collections: a page makes tens of thousands that live no longer than the page."""


def collect_seldom() -> None:
    """Leave what is loaded by now alone, and collect what pages leave behind only after many of them."""
    gc.freeze()
    gc.set_threshold(THRESHOLD, 20, 100)
