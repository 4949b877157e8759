"""The audit screen: the journal's hash chain, newest first, filtered, and proved on request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar, Self

from rich.text import Text
from textual.widget import Widget

from console.core.instants import parse
from console.desk import checkpoints, patterns
from console.desk.audit import broken
from console.language import term, tr
from console.ui import formats
from console.ui.actions import bindings
from console.ui.screens.arranging import Arranging
from console.ui.screens.base import DeskScreen
from console.ui.situation import Grade
from console.ui.text import clean, fit, folded
from console.ui.themes import palette
from console.ui.visit import Visit
from console.ui.widgets.lines import Lines
from console.ui.widgets.rows import Cell, RowList
from console.ui.widgets.stream import Column, Stream, fitted
from store import audit_log, journal_files
from store.audit_log import AUDIT, AuditRow
from store.fields import Fields
from store.files import StoreError
from store.grammar import Term, written
from store.journal import Journal
from store.journal_files import Proof
from store.query import MATCHES, Selection, select
from store.reader import AccountRow

if TYPE_CHECKING:
    from console.desk.export import Extract

EVERYTHING = "all"
SHORT = 8
"""Characters of a hash or id that tell it from the others on a screen."""
BAR = 20
ROOMY = 100


class AuditList(Stream[AuditRow]):
    """Rows of the chain by their number."""

    def name_at(self, index: int) -> str | int | None:
        return self.shown[index].seq

    def columns(self, width: int) -> list[Column]:
        """The columns in a width."""
        room = 5 if width >= ROOMY else 0
        head: list[Column] = [("seq", 6 + room, True), ("at", 14, False), ("actor", 9 + room, False)]
        return fitted([*head, ("event", 9 + room, False), ("account", 11 + room, False), ("what", 0, False)], width)

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        row, colours = self.shown[index], self.palette
        known = (
            (formats.count(row.seq), colours.faint),
            (moment(row.at), colours.faint),
            (clean(row.actor, 40), colours.plain),
            (term("ui.event", clean(row.event, 40)), colours.accent),
            (clean(row.account_id, 72), colours.strong),
            (summary(row), colours.plain),
        )
        return [
            (text, size, right, style)
            for (text, style), (_, size, right) in zip(known, self.columns(width), strict=True)
        ]


class AuditScreen(Arranging[Selection]):
    """What was decided, sent, learned and changed on this desk, by whom; `p` proves that none of it was altered."""

    DEFAULT_CSS = """
    AuditScreen Stream { padding: 0 0 0 1; }
    AuditScreen #detail { height: 3; padding: 0 1; background: $surface; }
    """
    BINDINGS = bindings("audit", "filter", "arrange")
    NAME = "audit"
    VIEW: ClassVar = ("journal", "v_audit", "seq")
    BESIDE: ClassVar = True

    def __init__(self, filter_text: str = "") -> None:
        super().__init__()
        self.filter = filter_text
        self._kept: tuple[Selection, ...] = ()
        self._proof: Proof | StoreError | None = None
        self._share: float | None = None
        self._proving: asyncio.Task[None] | None = None

    @classmethod
    def over(cls, front: DeskScreen, argument: str) -> Self:
        """Filtered as asked for; else of the account in sight, if there is one."""
        if argument:
            return cls("" if argument == EVERYTHING else argument)
        row = front.account()
        return cls(written([Term("field", (row.account_id,), name="account")]) if row is not None else "")

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("columns", "heading")
        yield AuditList()
        yield Lines("detail")

    @property
    def table(self) -> AuditList:
        return self.query_one(AuditList)

    def home_focus(self) -> Widget | None:
        return self.table

    def on_mount(self) -> None:
        if self.filter and not self.apply_filter(self.filter):
            self.filter = ""

    def on_unmount(self) -> None:
        if self._proving is not None:
            self._proving.cancel()

    def visit(self) -> Visit | None:
        return Visit(self.NAME, self.filter or EVERYTHING)

    def account(self) -> AccountRow | None:
        chosen = self.table.chosen() if self._composed else None
        mirror = self.sight.mirror
        if chosen is None or chosen.account_id is None or mirror is None:
            return None
        detail = mirror.account(chosen.account_id)
        return detail.row if detail is not None else None

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        if journal_changed and self.sight.journal is not None:
            self._follow(self.sight.journal)
        self._draw()
        super().looked(mirror_changed, journal_changed)

    def _follow(self, journal: Journal) -> None:
        page = self.sifted(journal, lambda place, most: audit_log.page(journal, self._kept, place, most))
        self.table.follow(page, audit_log.newest(journal))

    def on_row_list_moved(self, _: RowList.Moved) -> None:
        self._draw()
        self.show_keys()

    def on_stream_grown(self, _: Stream.Grown) -> None:
        self._draw()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    # ------------------------------------------------------------ actions

    def do_look(self, _: str) -> None:
        """Open the account that the row under the cursor is about."""
        row = self.account()
        if row is not None:
            self.desk.open_account(row.account_id)

    def do_newest(self, _: str) -> None:
        if self.sight.journal is not None:
            self.table.start_again(audit_log.newest(self.sight.journal))

    def extract(self) -> Extract | None:
        """All rows that the filter selects, read on in the thread that writes."""
        from console.desk.extracts import named
        from store.extract import PART

        path, kept = self.sight.home.journal, self._kept

        def ids() -> Iterator[list[int]]:
            with closing(Journal(path)) as journal:
                journal.define(MATCHES, 2, patterns.matches)
                place = audit_log.newest(journal)
                while place:
                    rows, place = audit_log.page(journal, kept, place, PART)
                    yield [row.seq for row in rows]

        return named(path, "v_audit", "seq", ids) if path.exists() else None

    def filter_fields(self) -> Fields:
        return AUDIT.fields

    def read_filter(self, text: str) -> tuple[Selection, ...]:
        return select(text, AUDIT, {}, patterns.wrong)

    def show_filtered(self, kept: tuple[Selection, ...]) -> None:
        self._kept = kept
        self.table.forget()
        if self.sight.journal is not None:
            self._follow(self.sight.journal)

    def do_prove(self, _: str) -> None:
        """Walk the whole chain, in a thread on a connection of its own; beside it the checkpoints, where some are."""
        if self._proving is None or self._proving.done():
            self._proving = asyncio.create_task(self._prove())

    async def _prove(self) -> None:
        loop = asyncio.get_running_loop()
        self._share, self._proof = 0.0, None
        self._draw()

        def tell(share: float) -> None:
            loop.call_soon_threadsafe(self._heard, share)

        try:
            self._proof = await asyncio.to_thread(self._walk, tell)
        except (StoreError, OSError, ValueError) as error:
            self._proof = StoreError(str(error))
        self._share = None
        self._draw()

    def _walk(self, tell: Callable[[float], None]) -> Proof:
        file = self.desk.settings.checkpoints.file
        points = checkpoints.read(file) if file is not None and file.exists() else []
        return journal_files.prove(self.sight.home.journal, points, tell)

    def _heard(self, share: float) -> None:
        if self._share is not None:
            self._share = share
            self._draw()

    # ------------------------------------------------------------ drawing

    def _draw(self) -> None:
        if not self.stands:
            return
        colours, width = palette(self.app.theme_variables), self.app.size.width - 2
        styles = {"bad": colours.bad, "warning": colours.warning, "info": colours.good}
        title = Text(tr("ui.audit.title"), colours.strong)
        more = "+" if self.table.more else ""
        title.append(f"  {tr('ui.stream.shown', count=formats.count(self.table.total()), more=more)}", colours.faint)
        if self.filter:
            title.append(f"  {self.filter_words()}", colours.accent)
        if self.table.newer:
            title.append(f"   ▲ {tr('ui.stream.newer', key=self.desk.key_of('newest'))}", colours.warning)
        words, grade = self._proved()
        title.append(f"   {words}", styles[grade])
        columns = self.table.columns(self.table.scrollable_content_region.width or width)
        heads = [fit(tr(f"ui.audit.{name}"), size, right) for name, size, right in columns]
        lines = self._told(width)
        for line in (title, *lines):
            line.truncate(width, overflow="ellipsis")
        self.query_one("#title", Lines).show(title)
        self.query_one("#columns", Lines).show(Text(" ".join(heads), colours.heading))
        self.query_one("#detail", Lines).show(Text("\n").join(lines))

    def _proved(self) -> tuple[str, Grade]:
        """How the proof stands, in words."""
        if self._share is not None:
            return f"{tr('ui.audit.proving')} {formats.bar(self._share, BAR)} {self._share:.0%}", "warning"
        if self._proof is None:
            return "", "info"
        if isinstance(self._proof, StoreError):
            return f"✗ {clean(self._proof)}", "bad"
        if self._proof.fault is not None:
            return f"✗ {broken(self._proof.fault)}", "bad"
        return f"✓ {tr('ui.audit.holds', rows=formats.count(self._proof.seq))}", "info"

    def _told(self, width: int) -> list[Text]:
        """The row under the cursor in full: which, of which command, and its payload over two lines."""
        row, colours = self.table.chosen(), palette(self.app.theme_variables)
        if row is None:
            words = tr("ui.audit.goes_on") if self.table.more and not self.table.total() else ""
            return [Text(words, colours.warning)]
        line = Text(f"{formats.count(row.seq)}  {clean(row.at, 32)}  {clean(row.actor, 40)}  ", colours.strong)
        line.append(f"{clean(row.event, 40)}  ", colours.accent)
        line.append(f"{clean(row.account_id, 72)}  " if row.account_id else "", colours.plain)
        line.append(f"# {clean(row.hash, SHORT)}", colours.faint)
        return [line, *(Text(part, colours.plain) for part in folded(clean(row.payload, 2 * width), width, 2))]


def moment(at: str) -> str:
    """A row's time on the reader's clock; as it stands when it is none."""
    try:
        return formats.clocked(parse(at), "%m-%d %H:%M:%S")
    except ValueError:
        return clean(at, 14)


def summary(row: AuditRow) -> str:
    """What a row says in a few words: for a command what became of it, else its payload's plain values."""
    told = _read(row.payload)
    parts = [term("ui.command", row.command)] if row.command else []
    if "to" in told:
        parts.append(term("ui.state", clean(told["to"], 24)))
    parts += [clean(told[name], 40) for name in ("status", "why", "problem") if told.get(name) is not None]
    if not row.command:
        plain = {name: value for name, value in told.items() if isinstance(value, str | int | float) and name != "to"}
        parts += [f"{clean(name, 24)} {clean(value, 40)}" for name, value in plain.items()]
    return " · ".join(parts)


def _read(payload: str) -> Mapping[str, Any]:
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
