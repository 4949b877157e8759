"""The pulse screen: how the desk is doing as a whole, in numbers with how sure they are, and as plots."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import ClassVar

from rich.text import Text
from textual.containers import Container
from textual.widget import Widget

from console.core.instants import MINUTE
from console.desk.pulse import DAYS, Exposure, Pulse, pulse
from console.language import tr
from console.risk.intervals import Number
from console.risk.portfolio import ALL, DIMENSIONS
from console.ui import book, formats, plots
from console.ui.actions import bindings
from console.ui.screens.base import DeskScreen
from console.ui.situation import stale
from console.ui.text import clean
from console.ui.themes import Palette, palette
from console.ui.widgets.lines import Lines, Pair
from store import portfolio as stored
from store.files import StoreError
from store.life import State
from store.portfolio import Day
from store.reader import Reader

EVERY_S = 5.0
SHARE = 0.1
"""The most of its time that the reading may take."""
LABEL_WIDTH = 11
BESIDE = 110
"""From this width on both plots stand side by side."""
MOST_CURRENCIES = 2
TALLEST = 14
"""Lines of a plot below a table."""


class PulseScreen(DeskScreen):
    """Exposure, losses, alerts, precision, and how long things take. Read in a thread, every few seconds."""

    DEFAULT_CSS = """
    PulseScreen #figures { padding: 0 1; }
    PulseScreen #plots { height: 1fr; padding: 1 1 0 1; layout: vertical; overflow: hidden; }
    PulseScreen.-wide #plots { layout: horizontal; }
    PulseScreen.-wide #plots Lines { width: 1fr; }
    """
    BINDINGS: ClassVar = bindings("pulse")
    NAME = "pulse"

    def __init__(self) -> None:
        super().__init__()
        self._due = 0.0
        self._reading: asyncio.Task[None] | None = None
        self._told: Pulse | None = None
        self._trouble = ""
        self._view = 0
        self._book: Sequence[Day] = ()
        self._past: Sequence[Day] = ()

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("figures", tall=True)
        with Container(id="plots"):
            yield Lines("hours", tall=True)
            yield Lines("days", tall=True)

    @property
    def told(self) -> Pulse | None:
        """The figures shown, None before the first are there."""
        return self._told

    def on_unmount(self) -> None:
        if self._reading is not None:
            self._reading.cancel()

    def on_resize(self) -> None:
        self.set_class(self._beside, "-wide")
        self.call_after_refresh(self._draw)

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        if journal_changed and self.sight.journal is not None:
            self._book, self._past = stored.newest(self.sight.journal), stored.history(self.sight.journal, ALL)
        if monotonic() >= self._due and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read())
        self._draw()
        super().looked(mirror_changed, journal_changed)

    async def _read(self) -> None:
        began, now = monotonic(), self.sight.situation.now
        claims = [
            (entry.account_id, entry.created_at)
            for entry in self.sight.commands
            if entry.type == "case.claim" and entry.state is State.CONFIRMED
        ]
        try:
            self._told, self._trouble = await asyncio.to_thread(_read, self.sight.home.mirror, now, claims), ""
        except (StoreError, OSError, sqlite3.Error) as error:
            self._trouble = tr("ui.pulse.unread", error=clean(error))
        self._due = monotonic() + max(EVERY_S, (monotonic() - began) / SHARE)
        self._draw()

    # ------------------------------------------------------------ drawing

    def _draw(self) -> None:
        if not self.stands:
            return
        colours, width = palette(self.app.theme_variables), self.app.size.width - 2
        title = Text(tr("ui.pulse.title"), colours.strong)
        about = tr("ui.pulse.about", days=DAYS)
        title.append(f"  {self._trouble or about}", colours.bad if self._trouble else colours.faint)
        title.truncate(width, overflow="ellipsis")
        self.query_one("#title", Lines).show(title)
        if self._told is None:
            self.query_one("#figures", Lines).show_pairs([(Text(), Text(tr("ui.pulse.reading")))], LABEL_WIDTH)
            return
        exponents = self.sight.situation.exponents
        pairs = figures(self._told, exponents, colours)
        pairs.append((Text(tr("ui.pulse.portfolio"), colours.faint), Text(book.whole(self._book, exponents))))
        self.query_one("#figures", Lines).show_pairs([*pairs, self._feeds(colours)], LABEL_WIDTH)
        self._plot(self._told, colours)

    def _feeds(self, colours: Palette) -> Pair:
        situation, line = self.sight.situation, Text()
        for feed in situation.lanes:
            age = formats.age(None if feed.last_ok_at is None else situation.now - feed.last_ok_at)
            words = tr("ui.pulse.feed", feed=clean(feed.poller, 20), age=age, behind=formats.count(feed.lag))
            line.append(f"{words}  ", colours.bad if stale(feed, situation.now) else colours.plain)
        return Text(tr("ui.pulse.feeds"), colours.faint), line if line.plain else Text(formats.NOTHING)

    def _plot(self, told: Pulse, colours: Palette) -> None:
        """Both plots where there is room for them, else that of the hours."""
        region = self.query_one("#plots").content_region
        beside = self._beside
        width = region.width // 2 - 2 if beside else region.width
        height = region.height - 1 if beside or region.height < 2 * plots.LEAST else region.height // 2 - 1
        if self._view:
            self._segments(width, region.height, colours)
            return
        for name, values, unit in (("hours", told.by_hour, tr("ui.pulse.h")), ("days", told.by_day, tr("ui.pulse.d"))):
            rows = plots.line(values, 1 - len(values), unit, width, height)
            shown = rows if name == "hours" or beside or region.height >= 2 * plots.LEAST else []
            text = Text(tr(f"ui.pulse.by_{name}", count=len(values)), colours.heading) if shown else Text()
            text.append("\n" + "\n".join(shown) if shown else "", colours.accent)
            self.query_one(f"#{name}", Lines).show(text)

    def _segments(self, width: int, room: int, colours: Palette) -> None:
        """The book by one dimension, and where there is room its expected loss day by day."""
        exponents = self.sight.situation.exponents
        table = book.table(self._book, DIMENSIONS[self._view - 1], exponents, width, colours)
        self.query_one("#hours", Lines).show(table)
        currency = book.main_currency(self._book)
        losses = [(day.expected_minor or 0) / 10 ** exponents.get(day.currency, 0) for day in self._past
                  if day.currency == currency]  # fmt: skip
        left = room - len(table.plain.splitlines()) - 1
        rows = plots.line(losses, 1 - len(losses), tr("ui.pulse.d"), width, min(left, TALLEST))
        text = Text(tr("ui.book.by_day") if rows else "", colours.heading)
        text.append("\n" + "\n".join(rows) if rows else "", colours.accent)
        self.query_one("#days", Lines).show(text)

    @property
    def _beside(self) -> bool:
        """Whether the plots stand side by side; a table has the whole width."""
        return self.app.size.width >= BESIDE and not self._view

    def do_segments(self, _: str) -> None:
        """The book by another dimension in the place of the plots, and in the end the plots again."""
        self._view = (self._view + 1) % (len(DIMENSIONS) + 1)
        self.set_class(self._beside, "-wide")
        self.call_after_refresh(self._draw)


def figures(told: Pulse, exponents: Mapping[str, int], colours: Palette) -> list[Pair]:
    """Every figure with its uncertainty; `–` and why where nothing is known."""
    undecided = tr("ui.pulse.undecided", inconclusive=told.inconclusive, undecided=formats.count(told.undecided))
    share = told.precision
    precise = formats.NOTHING if share is None else formats.interval(share.value, share.low, share.high)
    decided = tr("ui.pulse.decided", count=formats.count(share.of)) if share is not None else tr("ui.pulse.none_yet")
    claim = tr("ui.pulse.apart") if told.apart else tr("ui.pulse.none_yet")
    rows = [
        ("at_risk", _at_risk(told.exposure, exponents)),
        ("kept", _amounts("kept_on", told.kept, exponents)),
        ("lost", _amounts("lost_in" if told.all_labels else "lost_at_least", told.lost, exponents)),
        ("alerts", tr("ui.pulse.in_a_day", count=_rate(told.last_day))),
        ("precision", f"{precise}  {decided} · {undecided}"),
        ("to_claim", _span(told.to_claim, claim)),
        ("to_decide", _span(told.to_decide, tr("ui.pulse.none_yet"))),
    ]
    return [(Text(tr(f"ui.pulse.{name}"), colours.faint), Text(words, colours.plain)) for name, words in rows]


def _at_risk(exposure: Mapping[str, Exposure], exponents: Mapping[str, int]) -> str:
    """The currencies with the most open alerts."""
    parts = []
    for currency, one in sorted(exposure.items(), key=lambda item: -item[1].alerts)[:MOST_CURRENCIES]:
        most, expected = (formats.money(part, currency, exponents) for part in (one.most, one.expected))
        what = {"currency": formats.currency(currency), "most": most, "expected": expected}
        unknown = tr("ui.pulse.unknown", count=one.unknown) if one.unknown else ""
        parts.append(tr("ui.pulse.exposed", alerts=formats.count(one.alerts), **what) + unknown)
    return " · ".join(parts) or tr("ui.pulse.no_alert")


def _amounts(name: str, amounts: Mapping[str, tuple[int, int]], exponents: Mapping[str, int]) -> str:
    parts = [
        tr(
            f"ui.pulse.{name}",
            amount=formats.money(amount, currency, exponents),
            currency=formats.currency(currency),
            count=formats.count(count),
        )
        for currency, (amount, count) in sorted(amounts.items(), key=lambda item: -item[1][1])[:MOST_CURRENCIES]
    ]
    return " · ".join(parts) or f"{formats.NOTHING}  {tr('ui.pulse.none_yet')}"


def _rate(number: Number) -> str:
    value, low, high = (formats.count(round(part)) for part in number[:3])
    return f"{value} ({low}–{high})"


def _span(number: Number | None, why: str) -> str:
    """A median of minutes with its interval; `–` and why where there is none."""
    if number is None:
        return f"{formats.NOTHING}  {why}"
    value, low, high = (formats.age(round(part * MINUTE)) for part in number[:3])
    return tr("ui.pulse.median", value=value, low=low, high=high, count=formats.count(number.of))


def _read(mirror: Path, now: int, claims: Sequence[tuple[str, int]]) -> Pulse:
    """Read in a thread of its own, on a connection of its own."""
    reader = Reader(mirror)
    try:
        return pulse(reader, now, claims)
    finally:
        reader.close()
