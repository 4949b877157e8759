"""Numbers, money and times as people read them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from console.core.instants import DAY, EPOCH, HOUR, MICROSECOND, MINUTE, SECOND
from console.language import term, tr
from console.ui.text import clean

NOTHING = "–"
"""Shown for a value that is not known: never a zero."""

BAR = "▏▎▍▌▋▊▉█"
HEIGHTS = "▁▂▃▄▅▆▇█"


def money(minor: int | None, currency: str | None, exponents: Mapping[str, int]) -> str:
    """Minor units as an amount with thousands, `1,234.56`; of a currency whose exponent is unknown `123456 minor`."""
    if minor is None:
        return NOTHING
    exponent = exponents.get(currency or "")
    if exponent is None:
        return f"{minor:,} minor"
    whole, rest = divmod(abs(minor), 10**exponent)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole:,}.{rest:0{exponent}d}" if exponent else f"{sign}{whole:,}"


def amounts(sums: Mapping[str, int], exponents: Mapping[str, int]) -> str:
    """Sums in several currencies, `1,234.56 CNY · 900 JPY`."""
    return " · ".join(f"{money(minor, code, exponents)} {code}" for code, minor in sorted(sums.items())) or NOTHING


def minor_units(text: str, exponent: int) -> int | None:
    """What somebody typed as an amount (`1,234.5`) in minor units; None when it is no amount of that currency."""
    match = re.fullmatch(r"([0-9]{1,13})(?:[.]([0-9]+))?", text.replace(",", "").replace(" ", ""))
    if match is None or len(match[2] or "") > exponent:
        return None
    return int(match[1] + (match[2] or "").ljust(exponent, "0"))


def score(value: float | None) -> str:
    """A score of 0..1 with two digits; 1.00 only for exactly one."""
    if value is None:
        return NOTHING
    return f"{min(value, 0.99) if value < 1 else value:.2f}"


def percent(part: int | None, whole: int | None) -> int | None:
    """A share in whole per cent, rounded down; None where there is no whole."""
    if part is None or not whole or whole < 0:
        return None
    return max(0, part * 100 // whole)


def interval(value: float, low: float, high: float) -> str:
    """A share with its interval, all in whole per cent: `40% (38–42)`."""
    return f"{value * 100:.0f}% ({low * 100:.0f}–{high * 100:.0f})"


def bar(share: float, width: int) -> str:
    """A horizontal bar of exactly `width` cells, filled to `share` (0..1) in eighths of a cell."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    full, rest = divmod(eighths, 8)
    text = "█" * full + (BAR[rest - 1] if rest else "")
    return text.ljust(width)


def levels(values: Sequence[float]) -> str:
    """Shares of 0..1 over time, one cell each: the height is the share itself, so that two such lines compare."""
    return "".join(HEIGHTS[max(0, min(len(HEIGHTS) - 1, int(value * len(HEIGHTS))))] for value in values)


def age(micros: int | None) -> str:
    """A length of time in at most four characters: `4s`, `12m`, `3h`, `5d`, `2y`. What lies ahead counts as now."""
    if micros is None:
        return NOTHING
    micros = max(0, micros)
    for unit, letter, below in (
        (SECOND, "s", MINUTE),
        (MINUTE, "m", HOUR),
        (HOUR, "h", 2 * DAY),
        (DAY, "d", 1000 * DAY),
    ):
        if micros < below:
            return f"{micros // unit}{letter}"
    return f"{micros // (365 * DAY)}y"


_zone: list[ZoneInfo | None] = [None]


def show_times_in(zone: str | None) -> None:
    """Show times on the clock of an IANA time zone; None for the system's. Raises ZoneInfoNotFoundError."""
    _zone[0] = None if zone is None else ZoneInfo(zone)


def on_the_clock(instant: int) -> datetime:
    """An instant (µs) in the time zone that times are shown in. Raises OverflowError for one no calendar has."""
    return (EPOCH + instant * MICROSECOND).astimezone(_zone[0])


def clocked(instant: int | None, form: str) -> str:
    """An instant on the reader's own clock in a form of `strftime`'s: for columns, the same in every language."""
    if instant is None:
        return NOTHING
    try:
        return on_the_clock(instant).strftime(form)
    except (OverflowError, ValueError):
        return NOTHING


def _worded(instant: int | None, form: str) -> str:
    """An instant on the reader's own clock, as the reader's language writes it."""
    if instant is None:
        return NOTHING
    try:
        return tr(f"ui.form.{form}", at=on_the_clock(instant))
    except (OverflowError, ValueError):
        return NOTHING


def moment(instant: int | None) -> str:
    return _worded(instant, "moment")


def day_and_time(instant: int | None) -> str:
    return _worded(instant, "day_and_time")


def day(instant: int | None) -> str:
    return _worded(instant, "day")


def currency(code: str | None) -> str:
    """A currency as the reader's language calls it; its code where it has no name there. Any text will do."""
    return term("ui.currency", clean(code, 3))


def count(value: int) -> str:
    """A whole number with thousands."""
    return f"{value:,}"
