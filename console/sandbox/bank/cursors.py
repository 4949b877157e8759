"""Cursors and snapshot bookmarks: opaque to clients, so that nobody computes with them."""

from __future__ import annotations

import base64
import binascii


def pack(*parts: str | int) -> str:
    """The parts as one URL-safe word. The last part may hold anything; the others hold no newline."""
    text = "\n".join(str(part) for part in parts)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unpack(word: str, parts: int) -> list[str]:
    """The parts again. Raises ValueError when the word was not made by `pack` with that many."""
    try:
        text = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise ValueError("not one of this core's cursors") from error
    found = text.split("\n", parts - 1)
    if len(found) != parts or pack(*found) != word:
        raise ValueError("not one of this core's cursors")
    return found
