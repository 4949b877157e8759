"""The one sanitiser: whatever comes from outside passes here before it is shown.

Its output holds only characters that print, each with a width every terminal agrees on, in one line of bounded length.
It is plain text: show it in `Text` or `Strip`, never as markup.
"""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len, chop_cells

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS = "…"
LIMIT = 200
MAX_MARKS = 2
"""Combining marks kept on one character: enough for any script's spelling, too few to climb over other lines."""

SPACES = frozenset("\t\n\r\v\f\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}")
UNPRINTABLE = frozenset(("Cc", "Cf", "Cn", "Co", "Cs"))
MARKS = frozenset(("Mn", "Me"))
INVISIBLE = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u034f")
"""Letters and marks that draw nothing, used to hide text or to make two names look alike."""


def clean(value: object, limit: int = LIMIT) -> str:
    """Text that can't steer the terminal, reorder or hide what stands beside it. None becomes the empty text.

    Line breaks and odd spaces become one space each; control, format, bidirectional, zero-width, private and unassigned
    characters become U+FFFD; marks beyond two on a character are dropped; more than `limit` characters end in `…`.
    """
    if value is None:
        return ""
    raw = str(value)
    if raw.isascii() and raw.isprintable():
        return raw if len(raw) <= limit else raw[: limit - 1] + ELLIPSIS
    kept: list[str] = []
    marks = MAX_MARKS
    for character in unicodedata.normalize("NFC", raw[: limit * 4]):
        if unicodedata.category(character) in MARKS and character not in INVISIBLE:
            marks += 1
            if marks <= MAX_MARKS and not _selects_variation(character):
                kept.append(character)
            continue
        safe = _safe(character)
        kept.append(safe)
        marks = MAX_MARKS if safe in (" ", REPLACEMENT) else 0
    text = "".join(kept)
    return text if len(text) <= limit and len(raw) <= limit * 4 else text[: limit - 1] + ELLIPSIS


def fit(text: str, width: int, right: bool = False) -> str:
    """Clean text in exactly `width` cells: cut with `…` or padded with spaces, on the left when `right` is set."""
    if width <= 0:
        return ""
    size = cell_len(text)
    if size > width:
        text = (chop_cells(text, width - 1) or [""])[0] + ELLIPSIS if width > 1 else ELLIPSIS
        size = cell_len(text)
    padding = " " * (width - size)
    return padding + text if right else text + padding


def folded(text: str, width: int, most: int) -> list[str]:
    """Clean text over up to `most` lines of `width` cells; what does not fit ends in `…`."""
    lines = chop_cells(text, max(2, width))
    return lines if len(lines) <= most else [*lines[: most - 1], fit("".join(lines[most - 1 :]), width).rstrip()]


def _safe(character: str) -> str:
    if character in SPACES:
        return " "
    if character in INVISIBLE:
        return REPLACEMENT
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category in UNPRINTABLE or _joins(character) or cell_len(character) == 0:
        return REPLACEMENT
    return character


def _selects_variation(character: str) -> bool:
    """Variation selectors change a character's width in some terminals only."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _joins(character: str) -> bool:
    """Flag letters and skin tones merge with their neighbour in some terminals only."""
    return "\U0001f1e6" <= character <= "\U0001f1ff" or "\U0001f3fb" <= character <= "\U0001f3ff"
