"""Instants (integer microseconds since 1970, UTC) as the contract's timestamp text, in Python and in SQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def text(instant: int) -> str:
    """RFC 3339, UTC, with exactly six fractional digits."""
    return (_EPOCH + timedelta(microseconds=instant)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def column(name: str) -> str:
    """SQL that writes a column of instants as the same text; NULL stays NULL."""
    return (
        f"CASE WHEN {name} IS NULL THEN NULL ELSE strftime('%Y-%m-%dT%H:%M:%S', {name} / 1000000, 'unixepoch')"
        f" || printf('.%06dZ', {name} % 1000000) END"
    )
