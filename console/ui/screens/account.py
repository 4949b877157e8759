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
from console.ui import formats
from console.ui.actions import bindings
from console.ui.normal import Normal, normal
from console.ui.screens.deciding import Decisions
from console.ui.text import fit
from console.ui.themes import Palette, palette
from console.ui.widgets import portrait
from console.ui.widgets.lines import Lines, Pair
from console.ui.widgets.timeline import Timeline
from store.reader import AccountDetail, AccountRow, Reader
from store.timeline import Place, newest, walk

WIDE = 110
NOTES = 3
"""Notes of the case that are shown, the newest."""
SCORES = 24
"""Newest events whose scores stand beside the account's, over time."""
HISTORY = 400
"""Events from which an account's normal is drawn."""


class AccountScreen(Decisions):
    """One account by its id. Narrow: the portrait above its history; wide: side by side."""

    DEFAULT_CSS = """
    AccountScreen #pane { height: 1fr; layout: vertical; }
    AccountScreen #portrait { height: auto; max-height: 60%; padding: 0 1; }
    AccountScreen #history { height: 1fr; }
    AccountScreen #history Timeline { padding: 0 0 0 1; }
    AccountScreen.-wide #pane { layout: horizontal; }
    AccountScreen.-wide #portrait { width: 42%; height: 100%; max-height: 100%; }
    AccountScreen.-wide #history { width: 58%; height: 100%; }
    """
    BINDINGS = bindings("account", "undo")
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

    @property
    def timeline(self) -> Timeline:
        return self.query_one(Timeline)

    def home_focus(self) -> Widget | None:
        return self.timeline

    def account(self) -> AccountRow | None:
        return self._detail.row if self._detail else None

    def on_mount(self) -> None:
        self.set_focus(self.timeline)

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
