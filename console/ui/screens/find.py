"""The find screen: an id of anything, typed, and what begins so, has it or fits it, with the accounts behind each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Self

from rich.text import Text
from textual import events
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from console.desk import patterns
from console.language import tr
from console.ui import filters, formats
from console.ui.actions import bindings
from console.ui.screens.base import DeskScreen
from console.ui.screens.deciding import Decisions
from console.ui.seeking import Seeker, Sighting, Wanted
from console.ui.text import clean, fit
from console.ui.themes import palette
from console.ui.visit import Visit
from console.ui.widgets.items import ItemList
from console.ui.widgets.lines import Lines
from console.ui.widgets.rows import Cell
from console.ui.widgets.stream import Column, fitted
from store.reader import AccountRow
from store.search import HOLDERS, Found

PAUSE_S = 0.12
"""How long a text stands before it is looked for: shorter than between two keys of a slow hand."""
BAR = 12


class FoundList(ItemList[Found]):
    """What was found, by a number that each keeps while the list stands."""

    BINDINGS: ClassVar = bindings("figures")

    def __init__(self) -> None:
        super().__init__()
        self.sighting: Sighting | None = None
        self.names: Mapping[int, str] = {}

    def tell(self, sighting: Sighting | None, names: Mapping[int, str]) -> None:
        """Show what is known; `names` are the ids of the accounts behind, by number."""
        self.sighting, self.names = sighting, names
        self.take(sighting.found if sighting else ())

    def name_of(self, item: Found) -> Found:
        return item

    def name_at(self, index: int) -> str:
        return self.items[index].id

    def accounts(self, found: Found) -> list[str]:
        """The ids of the accounts behind one, as far as they are known."""
        behind = self.sighting.behind.get(found, []) if self.sighting else []
        return [self.names[number] for number in behind if number in self.names]

    def columns(self, width: int) -> list[Column]:
        """The columns in a width."""
        return fitted([("kind", 10, False), ("id", 40 if width >= 100 else 26, False), ("accounts", 0, False)], width)

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        one, colours = self.items[index], self.palette
        first = index == 0 or self.items[index - 1].kind != one.kind
        kind = f"{tr(f'ui.find.kind.{one.kind}')}{'+' if self._has_more(one) else ''}" if first else ""
        accounts = self.accounts(one)
        more = "+" if len(accounts) >= HOLDERS else ""
        counted = f"{formats.count(len(accounts))}{more}  " if len(accounts) > 1 else ""
        told = "" if one.kind == "account" else counted + " ".join(clean(name, 24) for name in accounts)
        known = ((kind, colours.faint), (clean(one.id, 80), colours.strong), (told, colours.plain))
        return [
            (text, size, right, style)
            for (text, style), (_, size, right) in zip(known, self.columns(width), strict=True)
        ]

    def _has_more(self, one: Found) -> bool:
        return self.sighting is not None and one.kind in self.sighting.more


class FindScreen(Decisions):
    """A search over every id. What is found comes as it is found, while one types on."""

    DEFAULT_CSS = """
    FindScreen #wanted { border: none; height: 1; padding: 0 1; background: $panel; }
    FindScreen #wanted:focus { border: none; }
    FindScreen FoundList { padding: 0 0 0 1; }
    FindScreen #detail { height: 1; padding: 0 1; background: $surface; }
    """
    BINDINGS: ClassVar = bindings("find")
    NAME = "find"
    BESIDE: ClassVar = True

    class Seen(Message):
        """The search has news."""

        def __init__(self, news: Sighting | Exception, seeker: Seeker) -> None:
            super().__init__()
            self.news, self.seeker = news, seeker

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._text = text
        self._seeker: Seeker | None = None
        self._due: Timer | None = None
        self._fault = ""

    @classmethod
    def over(cls, front: DeskScreen, argument: str) -> Self:
        return cls(argument)

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Input(self._text, id="wanted", max_length=200, select_on_focus=False)
        yield Lines("columns", "heading")
        yield FoundList()
        yield Lines("detail")

    @property
    def table(self) -> FoundList:
        return self.query_one(FoundList)

    @property
    def field(self) -> Input:
        return self.query_one("#wanted", Input)

    def home_focus(self) -> Widget | None:
        return self.table if self.table.total() else self.field

    def on_mount(self) -> None:
        if self._text:
            self._seek()

    def on_unmount(self) -> None:
        self._stop()

    def visit(self) -> Visit | None:
        return Visit(self.NAME, self.field.value) if self._composed else None

    def account(self) -> AccountRow | None:
        """The only account behind what is under the cursor."""
        chosen = self.table.current if self._composed else None
        accounts = self.table.accounts(chosen) if chosen is not None else []
        mirror = self.sight.mirror
        detail = mirror.account(accounts[0]) if len(accounts) == 1 and mirror is not None else None
        return detail.row if detail is not None else None

    # ------------------------------------------------------------ typing

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id == "wanted":
            self._stop()
            if self._due is not None:
                self._due.stop()
            self._due = self.set_timer(PAUSE_S, self._seek)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "wanted":
            self._go_down()

    def on_key(self, event: events.Key) -> None:
        if event.key == "down" and self.focused is self.field:
            event.stop()
            self._go_down()

    def _go_down(self) -> None:
        """Leave the text for the first of what was found."""
        if self.table.total():
            self.set_focus(self.table)
            if self.table.cursor_index is None:
                self.table.place(self.table.key_at(0))

    def do_find(self, argument: str) -> None:
        """Back to the text, or look for another one."""
        if argument:
            self.field.value = argument
        self.set_focus(self.field)

    def do_look(self, _: str) -> None:
        """Open the account; where several are behind it, the ring around the first, who share it."""
        chosen = self.table.current
        accounts = self.table.accounts(chosen) if chosen is not None else []
        if not accounts:
            self.desk.say(tr("ui.find.no_account"), "warning")
        elif len(accounts) == 1:
            self.desk.open_account(accounts[0])
        else:
            self.desk.show("links", accounts[0])

    # ------------------------------------------------------------ the search

    def _seek(self) -> None:
        self._stop()
        wanted = Wanted.read(clean(self.field.value))
        wrong = patterns.wrong(wanted.text) if wanted.shape == "regex" else None
        self._fault = tr("ui.query.bad_regex", meant=clean(wrong, 60)) if wrong else ""
        if not self._fault and self.sight.mirror is not None:

            def deliver(news: Sighting | Exception) -> None:
                self.post_message(self.Seen(news, seeker))

            seeker = self._seeker = Seeker(self.sight.home.mirror, wanted, deliver)
            seeker.start()
        self._draw()

    def _stop(self) -> None:
        if self._seeker is not None:
            self._seeker.stop()
        self._seeker = None

    def on_find_screen_seen(self, event: Seen) -> None:
        mirror = self.sight.mirror
        if not self.stands or event.seeker is not self._seeker or mirror is None:
            return
        if isinstance(event.news, Exception):
            self._fault = filters.failed(event.news)
        elif event.news.identity == mirror.identity:
            numbers = {number for accounts in event.news.behind.values() for number in accounts}
            self.table.tell(event.news, mirror.account_ids(numbers))
        self._draw()

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        self._draw()
        super().looked(mirror_changed, journal_changed)

    def on_row_list_moved(self, _: FoundList.Moved) -> None:
        self._draw()
        self.show_keys()

    # ------------------------------------------------------------ drawing

    def _draw(self) -> None:
        if not self.stands:
            return
        colours, width, sighting = palette(self.app.theme_variables), self.app.size.width - 2, self.table.sighting
        title = Text(tr("ui.find.title"), colours.strong)
        if self._fault:
            title.append(f"  {self._fault}", colours.bad)
        elif sighting is not None and sighting.wanted.text:
            title.append(f"  {tr('ui.find.count', count=formats.count(self.table.total()))}", colours.faint)
            if sighting.share < 1:
                title.append(f"   {formats.bar(sighting.share, BAR)} {sighting.share:.0%}", colours.accent)
        else:
            title.append(f"  {tr('ui.find.how')}", colours.faint)
        columns = self.table.columns(self.table.scrollable_content_region.width or width)
        heads = [fit(tr(f"ui.find.{name}"), size, right) for name, size, right in columns]
        chosen = self.table.current
        detail = Text(clean(chosen.id, 120) if chosen else "", colours.strong)
        if chosen is not None:
            accounts = self.table.accounts(chosen)
            told = tr("ui.find.behind", count=formats.count(len(accounts))) if accounts else tr("ui.find.nobody")
            detail.append(f"  {told}", colours.faint)
        for line in (title, detail):
            line.truncate(width, overflow="ellipsis")
        self.query_one("#title", Lines).show(title)
        self.query_one("#columns", Lines).show(Text(" ".join(heads), colours.heading))
        self.query_one("#detail", Lines).show(detail)
