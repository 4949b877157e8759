"""The portfolio in words and rows: one line for the whole, a table by segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from console.desk.portfolio import UNKNOWN
from console.language import term, tr
from console.risk.intervals import wilson
from console.risk.portfolio import ALL
from console.ui import formats
from console.ui.text import clean, fit
from console.ui.themes import Palette
from store.portfolio import Day

COLUMNS = (("segment", 16, False), ("accounts", 9, True), ("owed", 15, True), ("used", 5, True), ("late", 12, True))
NARROW, WIDE = 16, 34
"""Cells of the expected loss, without and with its interval."""


def main_currency(days: Sequence[Day]) -> str | None:
    """The currency of most accounts."""
    whole = [day for day in days if day.dimension == ALL]
    return max(whole, key=lambda day: day.accounts).currency if whole else None


def whole(days: Sequence[Day], exponents: Mapping[str, int]) -> str:
    """The whole portfolio of the main currency in a line; why there is none yet."""
    currency = main_currency(days)
    one = next((day for day in days if (day.dimension, day.currency) == (ALL, currency)), None)
    if one is None:
        return f"{formats.NOTHING}  {tr('ui.pulse.none_yet')}"
    return tr(
        "ui.book.whole",
        owed=formats.money(one.owed_minor, one.currency, exponents),
        currency=formats.currency(one.currency),
        used=used(one),
        late=late(one),
        loss=loss(one, exponents, interval=True),
    )


def used(day: Day) -> str:
    share = formats.percent(day.owed_minor, day.limit_minor)
    return formats.NOTHING if share is None else f"{share}%"


def late(day: Day) -> str:
    """The share of accounts past due with its interval, to a tenth of a per cent."""
    share = wilson(day.late, day.accounts)
    if share is None:
        return formats.NOTHING
    return f"{share.value * 100:.1f}% ({share.low * 100:.0f}–{share.high * 100:.0f})"


def loss(day: Day, exponents: Mapping[str, int], *, interval: bool) -> str:
    """The expected loss within a year, in whole major units."""
    if day.expected_minor is None or day.expected_low_minor is None or day.expected_high_minor is None:
        return formats.NOTHING
    parts = (day.expected_minor, day.expected_low_minor, day.expected_high_minor)
    value, low, high = (_rounded(part, day.currency, exponents) for part in parts)
    return f"{value} ({low}–{high})" if interval else value


def _rounded(minor: float, currency: str, exponents: Mapping[str, int]) -> str:
    return f"{minor / 10 ** exponents.get(currency, 0):,.0f}"


def table(days: Sequence[Day], dimension: str, exponents: Mapping[str, int], width: int, colours: Palette) -> Text:
    """The segments of a dimension in the main currency, a line each under a line of headings."""
    currency = main_currency(days)
    if currency is None:
        return Text(tr("ui.pulse.none_yet"), colours.faint)
    chosen = [day for day in days if (day.dimension, day.currency) == (dimension, currency)]
    wide = width >= sum(size + 1 for _, size, _ in COLUMNS) + WIDE
    columns = (*COLUMNS, ("loss", WIDE if wide else NARROW, True))
    by = tr("ui.book.by", dimension=term("ui.book.dimension", dimension), currency=formats.currency(currency))
    text = Text(fit(by, width).rstrip(), colours.heading)
    heads = " ".join(fit(tr(f"ui.book.{name}"), size, right) for name, size, right in columns)
    text.append(f"\n{fit(heads, width).rstrip()}", colours.faint)
    for day in sorted(chosen, key=lambda day: (day.segment == UNKNOWN, _order(day))):
        values = (
            segment(day, exponents),
            formats.count(day.accounts),
            formats.money(day.owed_minor, day.currency, exponents),
            used(day),
            late(day),
            loss(day, exponents, interval=wide),
        )
        cells = [fit(value, size, right) for value, (_, size, right) in zip(values, columns, strict=True)]
        text.append(f"\n{fit(' '.join(cells), width).rstrip()}", colours.plain)
    return text


ORDERS = ("pending", "active", "frozen", "closing", "none", "low", "medium", "high", "critical",
          "below_90d", "90d_to_1y", "1y_to_3y", "above_3y")  # fmt: skip


def _order(day: Day) -> tuple[int, str]:
    """Bands by their numbers, words in the order that they have."""
    return (ORDERS.index(day.segment) if day.segment in ORDERS else len(ORDERS), day.segment)


def segment(day: Day, exponents: Mapping[str, int]) -> str:
    """A segment's name as people read it."""
    if day.dimension == "limit" and day.segment != UNKNOWN:
        low, _, high = day.segment.partition("-")
        shown = [_rounded(int(part), day.currency, exponents) if part.isdigit() else "" for part in (low, high)]
        return "–".join(shown) if shown[1] else tr("ui.book.from", low=shown[0])
    if day.segment == UNKNOWN:
        return tr("ui.book.unknown")
    name = clean(day.segment, 16)
    if day.dimension == "age":
        return term("ui.book.age", name)
    return term("ui.level", name) if day.dimension == "level" else term("ui.status", name)
