"""The account screen: one account in full, its history, and our commands beside the core's truth."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.text import Text
from textual.containers import Container, VerticalScroll
from textual.widget import Widget

from console.core.messages import Command
from console.desk.waiting import notes
from console.language import tr
from console.ui import formats, runbook
from console.ui.actions import bindings
from console.ui.normal import HISTORY, Normal, normal
from console.ui.screens.deciding import Decisions
from console.ui.text import clean, fit
from console.ui.themes import Palette, palette
from console.ui.visit import ACCOUNT, Visit
from console.ui.widgets import portrait
from console.ui.widgets.lines import Lines, Pair
from console.ui.widgets.timeline import Timeline
from store.reader import AccountDetail, AccountRow, Reader
from store.timeline import Place, newest, walk

WIDE, ROOMY = 110, 120
"""From so many cells on the portrait stands beside the history, and the runbook below that."""
NOTES = 3
"""Notes of the case that are shown, the newest."""
SCORES = 24
"""Newest events whose scores stand beside the account's, over time."""


class AccountScreen(Decisions):
    """One account by its id. Narrow: the portrait above its history; wide: side by side."""

    DEFAULT_CSS = """
    AccountScreen #pane { height: 1fr; layout: vertical; }
    AccountScreen #portrait { height: auto; max-height: 60%; padding: 0 1; }
    AccountScreen #history { height: 1fr; }
    AccountScreen #history Timeline { padding: 0 0 0 1; }
    AccountScreen #runbook, AccountScreen #runbook_title { display: none; }
    AccountScreen #runbook { height: auto; max-height: 50%; padding: 0 1; }
    AccountScreen.-told #runbook, AccountScreen.-told #runbook_title { display: block; }
    AccountScreen.-wide #pane { layout: horizontal; }
    AccountScreen.-wide #portrait { width: 42%; height: 100%; max-height: 100%; }
    AccountScreen.-wide #history { width: 58%; height: 100%; }
    """
    BINDINGS = bindings("account", "undo", "queue")
    NAME = "account"

    def __init__(self, account_id: str) -> None:
        super().__init__()
        self._account_id = account_id
        self._seen: tuple[int, int | None] | None = None
        self._detail: AccountDetail | None = None
        self._normal: Normal | None = None
        self._notes: list[Command] = []
        self._drawn: Place | None = None

    def body(self) -> Iterable[Widget]:
        yield Lines("who", "heading")
        with Container(id="pane"):
            with VerticalScroll(id="portrait"):
                yield Lines("facts", tall=True)
            with Container(id="history"):
                yield Lines("columns", "heading")
                yield Timeline()
                yield Lines("runbook_title", "heading")
                with VerticalScroll(id="runbook", can_focus=False):
                    yield Lines("runbook_text", tall=True)

    @property
    def timeline(self) -> Timeline:
        return self.query_one(Timeline)

    def home_focus(self) -> Widget | None:
        return self.timeline

    def visit(self) -> Visit | None:
        return Visit(ACCOUNT, self._account_id)

    def crumb(self) -> str:
        return clean(self._account_id, 16)

    def account(self) -> AccountRow | None:
        return self._detail.row if self._detail else None

    def on_mount(self) -> None:
        self.call_after_refresh(self._look_ahead)

    def on_resize(self) -> None:
        self.set_class(self.app.size.width >= WIDE, "-wide")
        self.call_after_refresh(self._draw)

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        mirror, situation = self.sight.mirror, self.sight.situation
        if mirror is not None and (mirror_changed or self._detail is None):
            self._forget(mirror.identity)
            self._detail = mirror.account(self._account_id)
            if self._detail is not None:
                self._notes = notes(mirror, self._detail.row.account, NOTES)
                self.timeline.tell(mirror, self._detail.row, situation.exponents, situation.stream_now)
                self._draw_normal(mirror, newest(self._detail.row))
        self._draw()
        super().looked(mirror_changed, journal_changed)

    def _forget(self, identity: tuple[int, int | None]) -> None:
        """In a mirror begun anew nothing read before has a meaning."""
        if identity != self._seen:
            self._seen, self._drawn = identity, None
            self.timeline.forget()

    def _look_ahead(self) -> None:
        """Read what comes next, while this one is looked at."""
        self.desk.worklist.look_ahead(self.account())

    def turn_to(self, row: AccountRow) -> None:
        """Show another account in place of this one: the next of the queue."""
        self._account_id, self._detail, self._normal, self._drawn = row.account_id, None, None, None
        self.timeline.forget()
        ahead = self.desk.worklist.ahead
        if ahead is not None and self.sight.mirror is not None:
            known = (ahead.account_id, ahead.identity) == (row.account_id, self.sight.mirror.identity)
            self._normal, self._drawn = (ahead.normal, ahead.begin) if known else (None, None)
        self.query_one("#portrait").scroll_home(animate=False)
        self.looked(True, True)
        self._look_ahead()
        self.unseen()

    def decided(self, account_id: str) -> None:
        """Go on with the queue where what was decided stood in it."""
        if self._in_queue and self.desk.settings.console.auto_advance:
            self.do_next("")

    @property
    def _in_queue(self) -> bool:
        return self._detail is not None and self._detail.alert is not None and self._detail.alert.state == "open"

    def do_next(self, _: str) -> None:
        """The next alert of the queue."""
        if not self.stands:
            return
        found = self.desk.worklist.after(self.account())
        if found is None:
            self.desk.say(tr("ui.queue.over"))
        else:
            self.turn_to(found)

    def do_older(self, _: str) -> None:
        if self.sight.mirror is None or not self.timeline.older(self.sight.mirror):
            self.desk.say(tr("ui.timeline.no_older"))

    def do_undo(self, _: str) -> None:
        """Take back our newest command on this account that had an effect."""
        from console.ui import again

        entry = again.newest(self.sight.commands, self._account_id)
        if entry is None:
            self.desk.say(tr("ui.again.nothing"), "warning")
        else:
            again.take_back(self.desk, entry)

    def _draw_normal(self, mirror: Reader, begin: Place) -> None:
        """Draw the account's normal again when it has new events."""
        if begin != self._drawn:
            self._drawn = begin
            self._normal = normal(walk(mirror, begin, HISTORY)[0])

    def summary(self) -> str | None:
        """The portrait as text."""
        if self._detail is None:
            return None
        colours = palette(self.app.theme_variables)
        pairs = [(left.plain, right.plain) for left, right in self._facts(self._detail, colours)]
        wide = max((cell_len(left) for left, _ in pairs), default=0)
        lines = [f"{fit(left, wide)}  {right}".rstrip() for left, right in pairs]
        return "\n".join([portrait.heading(self._detail, colours).plain, *lines])

    def _facts(self, detail: AccountDetail, colours: Palette) -> list[Pair]:
        commands = [entry for entry in self.sight.commands if entry.account_id == detail.row.account_id]
        return portrait.body(detail, self.sight.situation, commands, self._normal, self._notes, colours)

    def _draw(self) -> None:
        if not self.stands:
            return
        colours = palette(self.app.theme_variables)
        who, facts = self.query_one("#who", Lines), self.query_one("#facts", Lines)
        if self._detail is None:
            who.show(Text(tr("ui.account.unknown"), colours.warning))
            facts.show_pairs([], portrait.LABEL_WIDTH)
            return
        heading = portrait.heading(self._detail, colours)
        heading.append(f"  {formats.levels(self.timeline.scores(SCORES))}", colours.level(self._detail.row.level))
        heading.truncate(self.app.size.width - 2, overflow="ellipsis")
        who.show(heading)
        facts.show_pairs(self._facts(self._detail, colours), portrait.LABEL_WIDTH)
        shown = tr("ui.timeline.title", count=self.timeline.total(), more="+" if self.timeline.more else "")
        title = Text(shown, colours.heading)
        if self.query_one("#portrait").max_scroll_y > 0:
            title.append(f"   {tr('ui.account.more')}", colours.accent)
        self.query_one("#columns", Lines).show(title)
        self._draw_runbook(self._detail.row, colours)

    def _draw_runbook(self, row: AccountRow, colours: Palette) -> None:
        """Beside the alert where there is room for both."""
        kind = runbook.title(row) if self.app.size.width >= ROOMY else ""
        self.set_class(bool(kind), "-told")
        if kind:
            heading = Text(tr("ui.runbook.title", kind=kind), colours.heading)
            self.query_one("#runbook_title", Lines).show(heading)
            self.query_one("#runbook_text", Lines).show_pairs(runbook.told(row, colours), runbook.LABEL_WIDTH)
