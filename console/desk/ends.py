"""When a hold shall end, as people type it: a span, an hour of the day, a day with an hour, or an RFC 3339 time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from console.core import instants
from console.core.instants import DAY, EPOCH, HOUR, MICROSECOND, MINUTE, Instant
from console.language import tr

SPAN = re.compile(r"([1-9][0-9]{0,4}) ?([mhd])")
UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}
LONGEST = 366 * DAY
"""A hold that shall last longer is better left without an end."""


def end(text: str, now: int) -> Instant:
    """The instant that `text` names, seen from `now` (µs): `90m`, `8h`, `3d`, the next `18:30`, `2026-12-01 18:30`.

    Times without an offset are on the reader's own clock. Raises ValueError with words for people for what is no time,
    past, or more than a year ahead.
    """
    at = _read(text.strip(), now)
    if at is None:
        raise ValueError(tr("desk.end.unreadable"))
    if at <= now:
        raise ValueError(tr("desk.end.past"))
    if at > now + LONGEST:
        raise ValueError(tr("desk.end.far"))
    return Instant(at)


def _read(text: str, now: int) -> int | None:
    span = SPAN.fullmatch(text)
    if span is not None:
        return now + int(span[1]) * UNITS[span[2]]
    try:
        return _hour(text, now) if len(text) <= 5 else _moment(text)
    except (ValueError, OverflowError, OSError):
        return None


def _hour(text: str, now: int) -> int:
    """The next time it is so late on the reader's clock."""
    today = (EPOCH + now * MICROSECOND).astimezone()
    hour = datetime.strptime(text, "%H:%M")
    at = today.replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0)
    later = at if at > today else (at.replace(tzinfo=None) + timedelta(days=1)).astimezone()
    return (later - EPOCH) // MICROSECOND


def _moment(text: str) -> int:
    when = datetime.fromisoformat(text)
    return (when.astimezone() - EPOCH) // MICROSECOND if when.tzinfo is None else instants.parse(text)
