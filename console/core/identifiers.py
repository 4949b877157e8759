"""Command ids: lower-case UUIDs of version 7 (RFC 9562), so that ids sort by the moment of decision."""

from __future__ import annotations

import secrets
import uuid

from console.core.instants import Instant


def new_id(now: Instant) -> str:
    """A fresh id: 48 bits of milliseconds, then 74 random bits."""
    milliseconds = (now // 1000) & (2**48 - 1)
    number = (milliseconds << 80) | (0x7 << 76) | (secrets.randbits(12) << 64) | (0b10 << 62) | secrets.randbits(62)
    return str(uuid.UUID(int=number))
