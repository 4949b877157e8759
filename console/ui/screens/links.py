"""The links screen: the ring around an account, and how near the next known fraud is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Self

from rich.text import Text
from textual.message import Message
from textual.widget import Widget

from console.language import term, tr
from console.ui import formats
from console.ui.actions import bindings
from console.ui.ring import HOLDERS, Looker, Neighbour, Ring
from console.ui.screens.base import DeskScreen
from console.ui.screens.deciding import Decisions
from console.ui.screens.stream import glyph
from console.ui.text import clean, fit
from console.ui.themes import GLYPHS, palette
from console.ui.visit import Visit
from console.ui.widgets.lines import Lines
from console.ui.widgets.rows import Cell, RowList
from console.ui.widgets.stream import Column, fitted
from store.reader import AccountRow, Reader
from store.ring import Thing

BAR = 12
ROOMY = 100


class NeighbourList(RowList):
    """Neighbours by their account's number: the tied first, among them known frauds, the nearest, the riskiest."""

    BINDINGS: ClassVar = bindings("stream", "figures")

    def __init__(self) -> None:
        super().__init__()
        self.ring: Ring | None = None
        self.order: Sequence[Neighbour] = ()
        self.rows: Mapping[int, AccountRow] = {}
        self._places: Mapping[int, int] = {}

    def tell(self, ring: Ring, rows: Mapping[int, AccountRow]) -> None:
        """Show a ring; `rows` are the accounts of its neighbours."""
        self.ring, self.rows = ring, rows
        known = [one for one in ring.neighbours if one.account in rows]
        self.order = sorted(
            known,
            key=lambda one: (
                one.hops is None,
                one.account not in ring.frauds,
                one.hops,
                -rows[one.account].score,
                one.account,
            ),
        )
        self._places = {one.account: place for place, one in enumerate(self.order)}
        self.resize_to_rows()
        self.refresh()

    def forget(self) -> None:
        """Drop everything: account numbers mean other accounts now."""
        self.ring, self.order, self.rows, self._places = None, (), {}, {}
        self.place(None)
        self.resize_to_rows()
        self.refresh()

    def total(self) -> int:
        return len(self.order)

    def key_at(self, index: int) -> int:
        return self.order[index].account

    def index_of(self, key: int) -> int | None:
        return self._places.get(key)

    def chosen(self) -> Neighbour | None:
        """The neighbour under the cursor."""
        index = self.cursor_index
        return None if index is None else self.order[index]

    def columns(self, width: int) -> list[Column]:
        """The columns in a width."""
        room = 6 if width >= ROOMY else 0
        head: list[Column] = [
            ("hops", 4, False),
            ("fraud", 7, False),
            ("risk", 6, False),
            ("account", 11 + room, False),
        ]
        return fitted([*head, ("status", 8, False), ("alert", 6, False), ("shared", 0, False)], width)

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        one, colours = self.order[index], self.palette
        row = self.rows[one.account]
        fraud = self.ring is not None and one.account in self.ring.frauds
        alerted = row.alert_state == "open"
        known = (
            (str(one.hops or formats.NOTHING), colours.plain if one.hops == 1 else colours.faint),
            (f"✗ {tr('ui.links.known')}" if fraud else "", colours.bad),
            (f"{glyph(row.level)} {formats.score(row.score)}", colours.level(row.level)),
            (clean(row.account_id, 72), colours.strong),
            (term("ui.status", clean(row.status, 16)) if row.status else formats.NOTHING, colours.faint),
            (f"{GLYPHS[3]} {term('ui.alert', 'open')}" if alerted else "", colours.warning),
            (self._shared(one), colours.plain),
        )
        return [
            (text, size, right, style)
            for (text, style), (_, size, right) in zip(known, self.columns(width), strict=True)
        ]

    def _shared(self, one: Neighbour) -> str:
        shared = things_in_words(one.shared)
        between = self.rows.get(one.through) if one.through is not None else None
        return tr("ui.links.through", account=clean(between.account_id, 40), shared=shared) if between else shared


class LinksScreen(Decisions):
    """Who shares what with one account. The search goes on in a thread and can be left at any time."""

    DEFAULT_CSS = """
    LinksScreen NeighbourList { padding: 0 0 0 1; }
    LinksScreen #found { height: 2; padding: 0 1; }
    LinksScreen #detail { height: 2; padding: 0 1; background: $surface; }
    """
    NAME = "links"
    BESIDE: ClassVar = True

    class Known(Message):
        """The search has news."""

        def __init__(self, news: Ring | Exception, looker: Looker) -> None:
            super().__init__()
            self.news, self.looker = news, looker

    def __init__(self, account_id: str = "") -> None:
        super().__init__()
        self._account_id = account_id
        self._looker: Looker | None = None
        self._identity: tuple[int, int | None] | None = None

    @classmethod
    def over(cls, front: DeskScreen, argument: str) -> Self:
        """Of the account named, else of the one in sight."""
        row = front.account()
        return cls(argument or (row.account_id if row is not None else ""))

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("found")
        yield Lines("columns", "heading")
        yield NeighbourList()
        yield Lines("detail")

    @property
    def table(self) -> NeighbourList:
        return self.query_one(NeighbourList)

    def home_focus(self) -> Widget | None:
        return self.table

    def on_unmount(self) -> None:
        self._stop()

    def visit(self) -> Visit | None:
        return Visit(self.NAME, self._account_id) if self._account_id else None

    def account(self) -> AccountRow | None:
        """The neighbour under the cursor, read as it is now; else the account that the ring is around."""
        mirror = self.sight.mirror
        chosen = self.table.chosen() if self._composed else None
        wanted = self.table.rows[chosen.account].account_id if chosen is not None else self._account_id
        detail = mirror.account(wanted) if mirror is not None and wanted else None
        return detail.row if detail is not None else None

    # ------------------------------------------------------------ the search

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        mirror = self.sight.mirror
        if mirror is not None and self._account_id and mirror.identity != self._identity:
            self._identity = mirror.identity
            self.table.forget()
            self._start()
        elif mirror is not None and mirror_changed and self.table.ring is not None:
            shown = [self.table.key_at(index) for index in self.table.in_view()]
            self.table.rows = {**self.table.rows, **mirror.page(shown)}
            self.table.refresh()
        self._draw()
        super().looked(mirror_changed, journal_changed)

    def _start(self) -> None:
        self._stop()

        def deliver(news: Ring | Exception) -> None:
            self.post_message(self.Known(news, looker))

        looker = self._looker = Looker(self.sight.home.mirror, self._account_id, deliver)
        looker.start()

    def _stop(self) -> None:
        if self._looker is not None:
            self._looker.stop()
        self._looker = None

    def on_links_screen_known(self, event: Known) -> None:
        mirror = self.sight.mirror
        if not self.stands or event.looker is not self._looker or mirror is None:
            return
        if isinstance(event.news, Exception):
            self.desk.say(tr("ui.links.failed", error=clean(event.news)), "bad")
        elif event.news.identity == mirror.identity:
            self._show(event.news, mirror)

    def _show(self, ring: Ring, mirror: Reader) -> None:
        """Show a ring; only accounts that were not there before are read."""
        rows = self.table.rows
        new = [one.account for one in ring.neighbours if one.account not in rows]
        self.table.tell(ring, {**rows, **mirror.page(new)} if new else rows)
        self._draw()

    def do_newest(self, _: str) -> None:
        """Look again, from the newest event on."""
        if self._account_id:
            self._start()

    def do_look(self, _: str) -> None:
        """Open the account under the cursor."""
        row = self.account()
        if row is not None:
            self.desk.open_account(row.account_id)

    def on_row_list_moved(self, _: RowList.Moved) -> None:
        self._draw()
        self.show_keys()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    # ------------------------------------------------------------ drawing

    def _draw(self) -> None:
        if not self.stands:
            return
        colours, width, ring = palette(self.app.theme_variables), self.app.size.width - 2, self.table.ring
        title = Text(tr("ui.links.title"), colours.strong)
        title.append(f"  {clean(self._account_id, 72)}", colours.plain)
        if ring is not None:
            title.append(f"  {tr('ui.links.count', count=formats.count(self.table.total()))}", colours.faint)
            if not ring.done:
                title.append(f"   {formats.bar(ring.share, BAR)} {ring.share:.0%}", colours.accent)
        columns = self.table.columns(self.table.scrollable_content_region.width or width)
        heads = [fit(tr(f"ui.links.{name}"), size, right) for name, size, right in columns]
        found, told = self._found(), self._told()
        for line in (title, *found, *told):
            line.truncate(width, overflow="ellipsis")
        self.query_one("#title", Lines).show(title)
        self.query_one("#found", Lines).show(Text("\n").join(found))
        self.query_one("#columns", Lines).show(Text(" ".join(heads), colours.heading))
        self.query_one("#detail", Lines).show(Text("\n").join(told))

    def _found(self) -> list[Text]:
        """How near known fraud is, and what the account has that others may share."""
        colours, ring = palette(self.app.theme_variables), self.table.ring
        if ring is None:
            words = tr("ui.links.looking") if self._account_id else tr("ui.links.choose")
            return [Text(words, colours.faint)]
        counts = Counter(thing.kind for thing in ring.things)
        has = ", ".join(tr(f"ui.links.kind.{kind}", count=count) for kind, count in counts.items())
        hubs = f" · {tr('ui.links.hubs', count=len(ring.hubs), most=HOLDERS)}" if ring.hubs else ""
        return [self._fraud(ring), Text(f"{tr('ui.links.has', things=has)}{hubs}", colours.faint)]

    def _fraud(self, ring: Ring) -> Text:
        colours, nearest = palette(self.app.theme_variables), ring.nearest
        if nearest is not None and nearest.account in self.table.rows:
            account = clean(self.table.rows[nearest.account].account_id, 40)
            words = tr(f"ui.links.near.{nearest.hops}", account=account, shared=things_in_words(nearest.shared[:1]))
            return Text(words, colours.bad)
        since = formats.clocked(ring.back_to, "%Y-%m-%d %H:%M")
        if not ring.done:
            return Text(tr("ui.links.so_far", since=since), colours.faint)
        return Text(tr("ui.links.none_at_all" if ring.all_mirrored else "ui.links.none", since=since), colours.plain)

    def _told(self) -> list[Text]:
        """The neighbour under the cursor: who it is, and everything that is shared."""
        colours, chosen = palette(self.app.theme_variables), self.table.chosen()
        if chosen is None:
            return []
        row = self.table.rows[chosen.account]
        line = Text(f"{clean(row.account_id, 72)}  ", colours.strong).append(clean(row.customer_name, 40))
        return [line, Text(things_in_words(chosen.shared), colours.plain)]


def things_in_words(things: Iterable[Thing]) -> str:
    """What is shared, by kind and id."""
    return " · ".join(f"{term('ui.links.thing', thing.kind)} {clean(thing.id, 40)}" for thing in things)
