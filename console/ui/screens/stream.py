"""What the lists of events share: of one account or of all, newest first, the one under the cursor told in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar, Self

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from console.core.instants import DAY
from console.desk import patterns
from console.language import tr
from console.ui import formats, rules
from console.ui.actions import bindings
from console.ui.reasons import rule_ids
from console.ui.screens.arranging import Arranging
from console.ui.screens.base import DeskScreen
from console.ui.screens.deciding import Decisions
from console.ui.text import clean, fit
from console.ui.themes import GLYPHS, palette
from console.ui.visit import Visit
from console.ui.widgets.lines import Lines
from console.ui.widgets.rows import RowList
from console.ui.widgets.stream import Column, Stream
from store.fields import Fields
from store.query import MATCHES, Listing, Selection, select
from store.reader import AccountRow, Reader

if TYPE_CHECKING:
    from console.desk.export import Extract

EVERYTHING = "all"
"""Typed in place of an account's id."""


class StreamScreen(Arranging[Selection], Decisions):
    """A list of events. The account that actions are about is the row's under the cursor, else the list's own."""

    DEFAULT_CSS = """
    StreamScreen Stream { padding: 0 0 0 1; }
    StreamScreen #detail { height: 2; padding: 0 1; background: $surface; }
    """
    BINDINGS: ClassVar = bindings("filter", "arrange")
    BESIDE: ClassVar = True
    LISTING: ClassVar[Listing]
    """What a filter may ask of the events."""

    def __init__(self, account_id: str | None = None) -> None:
        super().__init__()
        self._kept: tuple[Selection, ...] = ()
        self._account_id = account_id
        self._seen: tuple[int, int | None] | None = None
        self._row: AccountRow | None = None
        self._row_of: str | None = None

    @classmethod
    def over(cls, front: DeskScreen, argument: str) -> Self:
        """Of the account named, of all when asked for, else of the account in sight."""
        if argument:
            return cls(None if argument == EVERYTHING else argument)
        row = front.account()
        return cls(row.account_id if row is not None else None)

    # ------------------------------------------------------------ what a subclass tells

    def make(self) -> Stream[Any]:
        """The list."""
        raise LookupError("a list of events must be made")

    def newest(self, mirror: Reader, account: int | None) -> int:
        """The place of the newest event, of an account or of all."""
        raise LookupError("a list of events must know its newest")

    def page(self, mirror: Reader, place: int, most: int, kept: Sequence[Selection]) -> tuple[list[Any], int]:
        """A page of events that a filter keeps from a place on, and the next one's place."""
        raise LookupError("a list of events must be read")

    def columns(self, width: int) -> list[Column]:
        """The columns in a width, as the rows have them."""
        raise LookupError("a list of events must have columns")

    def told(self, width: int) -> list[Text]:
        """The event under the cursor, in two lines."""
        return []

    # ------------------------------------------------------------ the frame

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("columns", "heading")
        yield self.make()
        yield Lines("detail")

    @property
    def table(self) -> Stream[Any]:
        return self.query_one(Stream)

    @property
    def one_account(self) -> bool:
        return self._account_id is not None

    def home_focus(self) -> Widget | None:
        return self.table

    def visit(self) -> Visit | None:
        return Visit(self.NAME, self._account_id or EVERYTHING)

    def account(self) -> AccountRow | None:
        chosen = self.table.chosen() if self._composed else None
        wanted = chosen.account_id if chosen is not None else self._account_id
        if wanted != self._row_of:
            self._row_of, self._row = wanted, self._read(wanted)
        return self._row

    def _read(self, account_id: str | None) -> AccountRow | None:
        mirror = self.sight.mirror
        detail = mirror.account(account_id) if mirror is not None and account_id is not None else None
        return detail.row if detail is not None else None

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        mirror = self.sight.mirror
        if mirror is not None and mirror.identity != self._seen:
            self._seen = mirror.identity
            self.table.forget()
        if mirror is not None and mirror_changed:
            self._row_of = None
            self._follow(mirror)
        self._draw()
        super().looked(mirror_changed, journal_changed)

    def _follow(self, mirror: Reader) -> None:
        """Read on from what is new."""
        self.table.follow(
            self.sifted(mirror, lambda place, most: self.page(mirror, place, most, self._kept)), self._newest(mirror)
        )

    def filter_fields(self) -> Fields:
        return self.LISTING.fields

    def read_filter(self, text: str) -> tuple[Selection, ...]:
        return select(text, self.LISTING, self.sight.situation.exponents, patterns.wrong)

    def show_filtered(self, kept: tuple[Selection, ...]) -> None:
        self._kept = kept
        self.table.forget()
        if self.sight.mirror is not None:
            self._follow(self.sight.mirror)
        self._draw()

    def _newest(self, mirror: Reader) -> int:
        if self._account_id is None:
            return self.newest(mirror, None)
        number = mirror.number(self._account_id)
        return self.newest(mirror, number) if number is not None else 0

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def on_row_list_moved(self, _: RowList.Moved) -> None:
        self._draw()
        self.show_keys()

    def on_stream_grown(self, _: Stream.Grown) -> None:
        self._draw()

    def do_look(self, _: str) -> None:
        """Open the account under the cursor."""
        row = self.account()
        if row is not None:
            self.desk.open_account(row.account_id)

    def do_newest(self, _: str) -> None:
        if self.sight.mirror is not None:
            self.table.start_again(self._newest(self.sight.mirror))

    def extract(self) -> Extract | None:
        """All events of the list that the filter keeps, read on in the thread that writes."""
        from console.desk.extracts import named
        from store.extract import PART

        mirror, view = self.sight.mirror, self.VIEW
        if mirror is None or view is None:
            return None
        path, key, newest, kept = mirror.path, view[2], self._newest(mirror), self._kept

        def ids() -> Iterator[list[str]]:
            place = newest
            with closing(Reader(path)) as reader:
                reader.define(MATCHES, 2, patterns.matches)
                while place:
                    rows, place = self.page(reader, place, PART, kept)
                    yield [getattr(row, key) for row in rows]

        return named(path, view[1], key, ids)

    # ------------------------------------------------------------ drawing

    def _draw(self) -> None:
        if not self.stands:
            return
        colours, width = palette(self.app.theme_variables), self.app.size.width - 2
        title = Text(tr(f"ui.{self.NAME}.title"), colours.strong)
        title.append(f"  {clean(self._account_id, 72) if self._account_id else tr('ui.stream.all')}", colours.plain)
        more = "+" if self.table.more else ""
        title.append(f"  {tr('ui.stream.shown', count=formats.count(self.table.total()), more=more)}", colours.faint)
        if self.filter:
            title.append(f"  {self.filter_words()}", colours.accent)
        if self.table.newer:
            title.append(f"   ▲ {tr('ui.stream.newer', key=self.desk.key_of('newest'))}", colours.warning)
        heads = [fit(tr(f"ui.{self.NAME}.{name}"), size, right) for name, size, right in self.columns(self.list_width)]
        lines = self.told(width)
        for line in (title, *lines):
            line.truncate(width, overflow="ellipsis")
        self.query_one("#title", Lines).show(title)
        self.query_one("#columns", Lines).show(Text(" ".join(heads), colours.heading))
        self.query_one("#detail", Lines).show(Text("\n").join(lines))

    @property
    def list_width(self) -> int:
        return self.table.scrollable_content_region.width or self.app.size.width - 2


def when(instant: int, now: int) -> str:
    """The time of an event of the last day, the day of an older one."""
    return formats.clocked(instant, "%H:%M:%S" if now - instant < DAY else "%y-%m-%d")


def glyph(level: int) -> str:
    return GLYPHS[level] if 0 <= level < len(GLYPHS) else " "


def first_rule(text: str | None) -> str:
    """The weightiest rule's id, and how many more."""
    names = rule_ids(text)
    return f"{names[0]}{f' +{len(names) - 1}' if len(names) > 1 else ''}" if names else ""


def said(text: str | None, style: Style) -> Text:
    """What the rules of an event say."""
    return Text(" · ".join(rules.title(name) or name for name in rule_ids(text)), style)
