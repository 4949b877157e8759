"""The book by segment as the mirror has it, in the form in which a day of it is kept."""

from __future__ import annotations

from console.core.instants import DAY
from console.risk import portfolio
from console.risk.portfolio import AGES, ASSUMED_DEFAULT_RATE, BANDS, CCF, ROLLS, Group, Segment
from store import indicators
from store import portfolio as stored
from store.portfolio import Day, Sum
from store.reader import Reader

DEFAULT_RATE = "default_rate"
"""The core's indicator of how many default in a year, in percent."""
UNKNOWN = "unknown"
AGE_NAMES = ("below_90d", "90d_to_1y", "1y_to_3y", "above_3y")


def take(mirror: Reader) -> list[Day]:
    """The portfolio as the mirror has it, as of the stream's time. Walks all accounts: not for an event loop."""
    now = mirror.watermark()
    rate = default_rate(mirror)
    found = stored.sums(mirror, now, BANDS, AGES, [days for days, _ in ROLLS], CCF)
    day = now - now % DAY
    return [_day(day, segment, rate) for segment in portfolio.segments(map(group, found), rate)]


def default_rate(mirror: Reader) -> float:
    """The newest default rate that the core has told, as a share; an assumed one where it has told none."""
    told = [figure.value for figure in indicators.in_order(indicators.published(mirror)) if figure.id == DEFAULT_RATE]
    return min(1.0, max(0.0, told[-1] / 100)) if told else ASSUMED_DEFAULT_RATE


def group(one: Sum) -> Group:
    """A sum of the mirror with its segments named."""
    places = {
        "status": one.status or UNKNOWN,
        "level": one.level,
        "limit": band_name(one.band),
        "age": UNKNOWN if one.age is None else AGE_NAMES[one.age],
    }
    return Group(
        one.currency, places, one.late, one.accounts, one.owed, one.limit, one.drawable, one.squares, one.kept
    )  # fmt: skip


def band_name(band: int | None) -> str:
    """`0-100000`, a band of credit limits in minor units; the last one is open: `5000000-`."""
    if band is None:
        return UNKNOWN
    low, high = portfolio.steps(BANDS)[band]
    return f"{low or 0:07}-{high or ''}"


def _day(day: int, one: Segment, rate: float) -> Day:
    expected = one.expected
    return Day(
        day=day,
        currency=one.currency,
        dimension=one.dimension,
        segment=one.name,
        accounts=one.accounts,
        owed_minor=one.owed,
        limit_minor=one.limit,
        late=one.late.hits if one.late else 0,
        late_owed_minor=one.late_owed,
        expected_minor=expected.value if expected else None,
        expected_low_minor=expected.low if expected else None,
        expected_high_minor=expected.high if expected else None,
        avoided_minor=one.kept,
        default_rate=rate,
    )
