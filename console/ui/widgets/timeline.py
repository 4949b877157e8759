"""An account's transactions and logins, newest first, read back page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from console.core.instants import DAY
from console.language import term
from console.ui import documents, formats
from console.ui.actions import bindings
from console.ui.text import clean
from console.ui.themes import GLYPHS
from console.ui.widgets.rows import Cell, RowList
from store import timeline
from store.reader import AccountRow, Reader
from store.timeline import Event, Place

PAGE = 100


class Timeline(RowList):
    """Events by seq. New ones are put on top as they arrive; `older` fetches the next page at the foot."""

    BINDINGS: ClassVar = bindings("timeline")

    def __init__(self, **names: str | None) -> None:
        super().__init__(**names)
        self.events: list[Event] = []
        self._more: Place | None = None
        self._begun: Place | None = None
        self._exponents: Mapping[str, int] = {}
        self._now = 0

    def total(self) -> int:
        return len(self.events)

    def key_at(self, index: int) -> int:
        return self.events[index].seq

    def index_of(self, key: int) -> int | None:
        return next((place for place, event in enumerate(self.events) if event.seq == key), None)

    @property
    def more(self) -> bool:
        """Whether older events are mirrored than those shown."""
        return self._more is not None and not self._more.over

    def tell(self, reader: Reader, row: AccountRow, exponents: Mapping[str, int], now: int) -> None:
        """Show the account's history, reading only what is new since the last time."""
        begin = timeline.newest(row)
        self._exponents, self._now = exponents, now
        if begin == self._begun:
            return
        known = {event.seq for event in self.events}
        fresh, rest = timeline.walk(reader, begin, PAGE)
        self._begun = begin
        joined = any(event.seq in known for event in fresh)
        if joined:
            self.events = [event for event in fresh if event.seq not in known] + self.events
        else:
            self.events, self._more = fresh, rest
        self.resize_to_rows()
        self.refresh()

    def forget(self) -> None:
        """Drop everything read: the places in the mirror mean other events now."""
        self.events, self._more, self._begun = [], None, None
        self.place(None)
        self.resize_to_rows()
        self.refresh()

    def older(self, reader: Reader) -> bool:
        """Read the next older page; False when there is none."""
        if self._more is None or self._more.over:
            return False
        events, self._more = timeline.walk(reader, self._more, PAGE)
        self.events = self.events + events
        self.resize_to_rows()
        self.refresh()
        return True

    def scores(self, most: int) -> list[float]:
        """The scores of the newest events, the oldest of them first; events without one are left out."""
        return [event.score for event in self.events if event.score is not None][:most][::-1]

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        event, colours = self.events[index], self.palette
        recent = self._now - event.occurred_at < DAY
        when = formats.clocked(event.occurred_at, "%H:%M:%S" if recent else "%y-%m-%d")
        style = colours.level(event.level)
        amount = "" if event.is_login else formats.money(event.amount_minor, event.currency, self._exponents)
        place = where(event)
        cells: list[Cell] = [
            (when, 8, False, colours.faint),
            (GLYPHS[event.level] if 0 <= event.level < len(GLYPHS) else " ", 1, False, style),
            (formats.score(event.score), 4, True, style),
            (_what(event), 14, False, colours.faint if event.is_login else colours.plain),
            (amount, 11, True, colours.strong),
            (_outcome(event), 8, False, colours.warning if event.status == "declined" else colours.faint),
        ]
        rest = width - sum(size for _, size, _, _ in cells) - len(cells)
        return [*cells, (place, max(1, rest), False, colours.plain)]


def where(event: Event) -> str:
    """Merchant, city, device and address of an event, as far as it tells."""
    doc = documents.read(event.doc)
    merchant, location = documents.part(doc, "merchant"), documents.part(doc, "location")
    city = location.get("city") or merchant.get("city") or location.get("country") or doc.get("ip_country")
    told = [merchant.get("name") or merchant.get("id"), city, doc.get("device_id"), doc.get("ip")]
    return " · ".join(clean(part, 48) for part in told if part)


def _what(event: Event) -> str:
    what = clean(event.what, 24)
    return term("ui.login", what) if event.is_login else term("ui.kind", what)


def _outcome(event: Event) -> str:
    return "" if event.is_login else term("ui.txn_status", clean(event.status, 16))
