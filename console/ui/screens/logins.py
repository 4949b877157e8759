"""The logins screen: sign-ins newest first, and over a map of the world the way somebody would have had to travel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from string import ascii_lowercase
from typing import ClassVar

from rich.text import Text
from textual.containers import Horizontal
from textual.widget import Widget

from console.language import term, tr
from console.ui import documents, formats
from console.ui.screens.stream import StreamScreen, glyph, said, when
from console.ui.text import clean
from console.ui.themes import palette
from console.ui.travel import Leg, Place, legs, place
from console.ui.widgets.lines import Lines
from console.ui.widgets.rows import Cell, RowList
from console.ui.widgets.stream import Column, Stream, fitted
from console.ui.widgets.world import Map, around
from store import events
from store.events import LoginRow
from store.query import LOGINS, Selection
from store.reader import Reader

FAR_KM, FAST_KMH = 300, 900
"""Beyond these nobody travels; the rule GEO-1 has the same thresholds."""
ON_MAP = 60
"""Logins that the map shows: the newest of those read."""
SIZES = ((110, 30, 75, 15), (0, 0, 48, 9))
"""From a terminal's width and height on, the width and height of the map."""
ROOMY = 100


class LoginList(Stream[LoginRow]):
    """Logins by their place in the feed, with the leg to each."""

    def name_at(self, index: int) -> str | int | None:
        return self.shown[index].login_id

    def __init__(self, one_account: bool) -> None:
        super().__init__()
        self._one_account = one_account
        self.legs: Mapping[int, Leg] = {}
        self.now = 0

    def columns(self, width: int) -> list[Column]:
        """The columns that a width has room for; the account is left out where all are of one."""
        columns: list[Column] = [("time", 8, False), ("risk", 6, False)]
        columns += [] if self._one_account else [("account", 11, False)]
        columns += [("outcome", 13, False), ("city", 8, False), ("km", 6, True), ("kmh", 6, True)]
        columns += [("device", 10, False)] if self._one_account or width >= ROOMY else []
        return fitted([*columns, ("ip", 0, False)], width)

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        row, colours = self.shown[index], self.palette
        leg = self.legs.get(row.seq)
        good = row.outcome == "success"
        moved = colours.bad if leg is not None and impossible(leg) else colours.plain
        known = {
            "time": (when(row.occurred_at, self.now), colours.faint),
            "risk": (f"{glyph(row.level)} {formats.score(row.score)}", colours.level(row.level)),
            "account": (clean(row.account_id, 72) or formats.NOTHING, colours.plain),
            "outcome": (term("ui.login", clean(row.outcome, 24)), colours.plain if good else colours.warning),
            "city": (city(row) or formats.NOTHING, colours.strong),
            "km": (formats.NOTHING if leg is None else f"{leg.km:,.0f}", moved),
            "kmh": (formats.NOTHING if leg is None else speed(leg), moved),
            "device": (clean(row.device_id, 40), colours.faint),
            "ip": (clean(row.ip, 45), colours.faint),
        }
        return [(known[name][0], size, right, known[name][1]) for name, size, right in self.columns(width)]


class LoginsScreen(StreamScreen):
    """The logins of one account or of all."""

    DEFAULT_CSS = """
    LoginsScreen #world { height: auto; padding: 0 1; }
    LoginsScreen #map { width: auto; }
    LoginsScreen #cities { width: 1fr; padding: 0 0 0 2; }
    """
    NAME = "logins"
    VIEW: ClassVar = ("mirror", "v_login", "login_id")
    LISTING = LOGINS

    def body(self) -> Iterable[Widget]:
        title, *rest = super().body()
        yield title
        with Horizontal(id="world"):
            yield Lines("map", tall=True)
            yield Lines("cities", tall=True)
        yield from rest

    def make(self) -> LoginList:
        return LoginList(self.one_account)

    def newest(self, mirror: Reader, account: int | None) -> int:
        return events.newest_login(mirror, account)

    def page(self, mirror: Reader, place: int, most: int, kept: Sequence[Selection]) -> tuple[list[LoginRow], int]:
        return events.logins(mirror, place, most, self.one_account, kept)

    def columns(self, width: int) -> list[Column]:
        return self._list.columns(width)

    @property
    def _list(self) -> LoginList:
        return self.query_one(LoginList)

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        self._list.now = self.sight.situation.stream_now
        super().looked(mirror_changed, journal_changed)

    def on_stream_grown(self, event: Stream.Grown) -> None:
        self._list.legs = legs(self._list.shown)
        self._list.refresh()
        super().on_stream_grown(event)
        self._draw_world()

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        super().on_row_list_moved(event)
        self._draw_world()

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self._draw_world)

    def told(self, width: int) -> list[Text]:
        """Which login this is, and how far it is from the one before; below it what its rules say."""
        row = self._list.chosen()
        if row is None:
            return []
        colours, leg, doc = palette(self.app.theme_variables), self._list.legs.get(row.seq), documents.read(row.doc)
        line = Text(f"{clean(row.login_id, 40)}  {formats.day_and_time(row.occurred_at)}  ", colours.strong)
        if leg is not None:
            line.append(f"{way_of(leg)}  ", colours.bad if impossible(leg) else colours.plain)
        parts = (doc.get("method"), row.device_id, row.ip, doc.get("ip_country"))
        line.append(" · ".join(clean(part, 48) for part in parts if part), colours.plain)
        return [line, said(row.rule_ids, colours.level(row.level))]

    # ------------------------------------------------------------ the map

    def _draw_world(self) -> None:
        if not self.stands:
            return
        size = self.app.size
        width, height = next((w, h) for least, low, w, h in SIZES if size.width >= least and size.height >= low)
        colours, shown = palette(self.app.theme_variables), self._list.shown[:ON_MAP]
        chosen = self._list.chosen()
        leg = self._list.legs.get(chosen.seq) if chosen is not None else None
        cities = places(shown)
        seen = [where for where, _ in cities.values()]
        drawing = Map(around([*seen, *((leg.begin, leg.end) if leg else ())], width, height), colours.faint)
        for row in reversed(shown) if self.one_account else ():
            if (way := self._list.legs.get(row.seq)) is not None:
                drawing.way(way.begin, way.end, colours.accent)
        if leg is not None:
            drawing.way(leg.begin, leg.end, colours.bad if impossible(leg) else colours.warning)
        lines = []
        for letter, (name, (where, often)) in zip(ascii_lowercase, list(cities.items())[:height], strict=False):
            here = chosen is not None and place(chosen) is not None and city(chosen) == name
            drawing.sign(where, "◉" if here else letter, colours.strong)
            lines.append(Text(f"{'◉' if here else letter} {name}", colours.strong if here else colours.plain))
            lines[-1].append(f"  {formats.count(often)}", colours.faint)
        if not lines:
            lines = [Text(tr("ui.logins.nowhere"), colours.faint)]
        for line in lines:
            line.truncate(max(1, size.width - width - 5), overflow="ellipsis")
        self.query_one("#map", Lines).show(Text("\n").join(drawing.lines()))
        self.query_one("#cities", Lines).show(Text("\n").join(lines))


def places(logins: Sequence[LoginRow]) -> dict[str, tuple[Place, int]]:
    """The cities of logins that tell where they were, the most frequent first: a place in each, and how often."""
    often = Counter(city(login) for login in logins if place(login) is not None)
    somewhere = {city(login): where for login in logins if (where := place(login)) is not None}
    return {name: (somewhere[name], count) for name, count in often.most_common()}


def city(login: LoginRow) -> str:
    """The city of a login, its country or its coordinates where that is all it tells, empty where it tells nothing."""
    location = documents.part(documents.read(login.doc), "location")
    name = clean(location.get("city") or location.get("country"), 40)
    where = place(login)
    return name or (f"{where[0]:.0f}°, {where[1]:.0f}°" if where is not None else "")


def impossible(leg: Leg) -> bool:
    return leg.km >= FAR_KM and leg.kmh > FAST_KMH


def way_of(leg: Leg) -> str:
    """A leg in words."""
    if leg.km < 1:
        return tr("ui.logins.stayed")
    return tr("ui.logins.leg", km=f"{leg.km:,.0f}", kmh=speed(leg))


def speed(leg: Leg) -> str:
    """The speed of a leg in km/h; of one that leads nowhere none."""
    if leg.km < 1:
        return ""
    return f"{leg.kmh:,.0f}" if leg.kmh < 99_999 else ">99999"
