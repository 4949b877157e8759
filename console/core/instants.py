"""Instants: the contract's UTC timestamps as integers of microseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 3600 * SECOND
DAY = 86_400 * SECOND


class Instant(int):
    """Microseconds since 1970-01-01T00:00:00Z. A plain integer everywhere but on the wire."""

    __slots__ = ()


def parse(text: str) -> Instant:
    """Read any RFC 3339 timestamp with a zone; digits beyond microseconds are cut.

    Raises ValueError when the text is not one.
    """
    when = datetime.fromisoformat(text)
    if when.tzinfo is None or len(text) < 20:
        raise ValueError(f"not an RFC 3339 timestamp with a zone: {text[:40]!r}")
    return Instant((when - EPOCH) // MICROSECOND)


def wire(instant: int) -> str:
    """The contract's form: UTC with exactly six fractional digits."""
    return (_NAIVE_EPOCH + instant * MICROSECOND).isoformat("T", "microseconds") + "Z"


def now() -> Instant:
    """The wall clock. Decisions never call it; processes pass it in."""
    return Instant((datetime.now(UTC) - EPOCH) // MICROSECOND)
