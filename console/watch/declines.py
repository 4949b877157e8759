"""Why a transaction was declined: the core's free code as one of a few classes."""

from __future__ import annotations

import re
from functools import lru_cache

from console.risk.columns import Decline

ISO_8583 = {
    Decline.LIMIT: ("51", "61", "65", "116", "121", "123"),
    Decline.CREDENTIAL: ("14", "54", "55", "75", "82", "N7", "101", "111", "117", "129"),
    Decline.BLOCKED: ("04", "07", "34", "41", "43", "57", "59", "62", "78", "102", "119", "208", "209"),
}
"""Response codes of ISO 8583:1987 (two digits) and :1993 (three) that tell one class from another."""

WORDS = {
    Decline.CREDENTIAL: r"cvv|cvc|csc|security_?code|\bpin|_pin|expir|credential|card_number|mismatch|3ds|authent|otp",
    Decline.BLOCKED: r"fraud|frozen|froze|closed|block|hold|stolen|lost|restrict|suspect|not_open|not_permitted|risk",
    Decline.LIMIT: r"limit|insufficient|funds|balance|exceed",
}
"""What the words of a code point to; the first that fits decides."""

_BY_CODE = {code: cause for cause, codes in ISO_8583.items() for code in codes}
_BY_WORD = {cause: re.compile(pattern) for cause, pattern in WORDS.items()}


@lru_cache(maxsize=1024)
def cause_of(code: str | None) -> int:
    """The class of a decline code, NONE without one, OTHER for one that says nothing known."""
    if not code:
        return int(Decline.NONE)
    named = _BY_CODE.get(code.upper())
    if named is not None:
        return int(named)
    words = code.lower()
    return int(next((cause for cause, pattern in _BY_WORD.items() if pattern.search(words)), Decline.OTHER))
