"""A page taken apart without reading what is in it: strings and brackets are told from the rest, nothing is understood.

For pages that can't be decoded whole because of one element of theirs: a number that JSON does not have (NaN), half a
surrogate pair, nesting without end. The element is found and set aside; the others are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},]', re.DOTALL)
_MEMBER = re.compile(rb'"([a-z_]+)"\s*:\s*("(?:[^"\\]++|\\.)*+"|\d+)')
_CLOSES = {b"[": b"]", b"{": b"}"}


def split(body: bytes, name: str) -> tuple[bytes, list[bytes]]:
    """A page with its list `name` empty, and the list's elements as they came.

    Raises ValueError when the page has no such list, or its strings and brackets do not match up.
    """
    key, elements = f'"{name}"'.encode(), list[bytes]()
    last_key, first, start, end = b"", 0, 0, 0
    for depth, token, at in _tokens(body):
        if token[:1] == b'"' and depth == 1:
            last_key = token
        elif token == b"[" and depth == 2 and last_key == key and not first:
            first = start = at + 1
        elif first and not end and ((token == b"," and depth == 2) or (token == b"]" and depth == 1)):
            elements.append(body[start:at])
            start = at + 1
            end = at if token == b"]" else 0
    if not end:
        raise ValueError(f"no list {name!r}")
    if len(elements) == 1 and not elements[0].strip():
        elements = []
    return body[:first] + body[end:], elements


def members(element: bytes) -> dict[str, str]:
    """The texts and whole numbers that an object holds itself, by name, as far as they can be told."""
    found: dict[str, str] = {}
    try:
        for depth, _, at in _tokens(element):
            match = _MEMBER.match(element, at) if depth == 1 else None
            if match:
                found[match[1].decode()] = match[2].decode(errors="replace").strip('"')
    except ValueError:
        return {}
    return found


def _tokens(text: bytes) -> Iterator[tuple[int, bytes, int]]:
    """(depth after it, the token, where it begins) of each string, bracket and comma. Raises ValueError, see above."""
    open_: list[bytes] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in _CLOSES:
            open_.append(_CLOSES[token])
        elif token in (b"]", b"}") and (not open_ or open_.pop() != token):
            raise ValueError(f"a bracket at byte {match.start()} closes nothing")
        yield len(open_), token, match.start()
    if open_:
        raise ValueError("a bracket is not closed")
