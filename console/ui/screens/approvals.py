"""The approvals screen: what waits for a second person, with who asked, why, and on what; decided here or withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widget import Widget

from console.core.instants import SECOND
from console.core.messages import Command
from console.core.second_person import is_own, may_decide
from console.desk import stored
from console.desk.waiting import concerned, find
from console.language import term, tr
from console.ui.actions import bindings
from console.ui.asked import asks
from console.ui.filters import Column
from console.ui.screens.commands import TYPES
from console.ui.screens.short import ShortList
from console.ui.screens.voting import Voting
from console.ui.sight import RECENT
from console.ui.text import clean, fit
from console.ui.themes import palette
from console.ui.widgets.approvals import COLUMNS, ApprovalList, Item
from console.ui.widgets.lines import Lines
from console.ui.widgets.portrait import LABEL_WIDTH
from console.ui.widgets.request import request
from store.fields import Field
from store.journal import Entry
from store.life import SETTLED, is_ballot

if TYPE_CHECKING:
    from console.ui.ballots import Vote
    from console.ui.dialogs.approval import BallotDialog

SEEN_AFTER = SECOND
"""How long the cursor rests on a command before it counts as seen: scrolling past is no look."""


class ApprovalsScreen(ShortList[Item], Voting):
    """Commands of everybody that wait, the least time left first; below them what was decided here lately."""

    DEFAULT_CSS = """
    ApprovalsScreen ApprovalList { padding: 0 0 0 1; height: 1fr; min-height: 3; }
    ApprovalsScreen #request { height: auto; max-height: 65%; padding: 0 1; border-top: solid $panel; }
    """
    BINDINGS = bindings("approvals", "withdraw", "filter", "arrange")
    NAME = "approvals"

    def __init__(self) -> None:
        super().__init__()
        self._resting: tuple[str, int] | None = None

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("columns", "heading")
        yield ApprovalList(self._asks)
        with VerticalScroll(id="request"):
            yield Lines("facts", tall=True)

    @property
    def table(self) -> ApprovalList:
        return self.query_one(ApprovalList)

    def home_focus(self) -> Widget | None:
        return self.table

    # ------------------------------------------------------------ showing

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        situation = self.sight.situation
        self.table.tell(self.kept(self._items()), situation.meta, situation.core_now)
        self._note_seen()
        self._draw()
        super().looked(mirror_changed, journal_changed)

    def on_row_list_moved(self, _: ApprovalList.Moved) -> None:
        if self.stands:
            self._draw()

    def _items(self) -> list[Item]:
        mirror, situation = self.sight.mirror, self.sight.situation
        if mirror is None:
            return []
        ballots = {entry.target_id: entry for entry in reversed(self.sight.commands) if is_ballot(entry.type)}
        waiting = [command for command in self.sight.waiting if command.not_after >= situation.core_now]
        there = {command.id for command in waiting}
        lately = [entry for name, entry in ballots.items() if name not in there and self._is_recent(entry)]
        decided = [(find(mirror, entry.target_id), entry) for entry in reversed(lately)]
        return [
            *(Item(command, ballots.get(command.id), True) for command in waiting),
            *(Item(command, entry, False) for command, entry in decided if command is not None),
        ]

    def columns(self) -> Sequence[Column[Item]]:
        now = self.sight.situation.core_now
        return (
            Column(Field("type", "word", TYPES), lambda item: item.command.type),
            Column(Field("account", "id"), lambda item: item.command.target.id),
            Column(Field("by", "word"), lambda item: item.command.created_by),
            Column(Field("reason", "word"), lambda item: item.command.reason_code),
            Column(Field("note", "part"), lambda item: item.command.note),
            Column(Field("left", "age"), lambda item: item.command.not_after - now),
            Column(Field("id", "id"), lambda item: item.command.id),
        )

    def text_of(self, row: Item) -> str:
        one = row.command
        told = (one.target.id, one.id, one.created_by, one.reason_code, one.note, term("ui.command", one.type))
        return " ".join(filter(None, (*told, self._asks(one))))

    def _is_recent(self, entry: Entry) -> bool:
        return entry.state not in SETTLED or self.sight.situation.now - (entry.settled_at or 0) < RECENT

    def _asks(self, command: Command) -> str:
        detail = concerned(self.sight.mirror, command) if self.sight.mirror else None
        return asks(command, stored.account(detail.doc if detail else None), self.sight.situation.exponents)

    def _note_seen(self) -> None:
        """The command under the cursor counts as seen once the cursor has rested on it."""
        current, now = self.table.current, self.sight.situation.now
        if current is None:
            self._resting = None
        elif self._resting is None or self._resting[0] != current.command.id:
            self._resting = current.command.id, now
        elif now - self._resting[1] >= SEEN_AFTER:
            self.table.seen.add(current.command.id)

    def _draw(self) -> None:
        colours, situation, mirror = palette(self.app.theme_variables), self.sight.situation, self.sight.mirror
        waiting = [item.command for item in self.table.items if item.waits]
        mine = sum(may_decide(command, situation.meta) for command in waiting) if situation.meta else 0
        own = sum(is_own(command, situation.meta) for command in waiting) if situation.meta else 0
        title = Text(tr("approvals.title"), colours.strong)
        title.append(f"  {tr('approvals.counts', mine=mine, own=own, all=len(waiting))}", colours.faint)
        if self.about():
            title.append(f"  {self.about()}", colours.warning)
        if self.table.marked:
            seen = len(self.table.marked & self.table.seen)
            title.append(f"  {tr('approvals.marked', count=len(self.table.marked), seen=seen)}", colours.accent)
        self.query_one("#title", Lines).show(title)
        heads = [fit(tr(f"approvals.column.{name}") if name else "", size, name == "left") for name, size in COLUMNS]
        self.query_one("#columns", Lines).show(Text(" ".join([*heads, tr("approvals.column.asks")]), colours.heading))
        current, facts = self.table.current, self.query_one("#facts", Lines)
        if current is None or mirror is None:
            facts.show(Text(tr("ui.commands.no_cursor" if waiting else "approvals.nothing"), colours.faint))
            return
        detail = concerned(mirror, current.command)
        facts.show_pairs(request(current.command, detail, current.ballot, situation, colours), LABEL_WIDTH)

    # ------------------------------------------------------------ doing

    def do_look(self, _: str) -> None:
        """Open the account that the command under the cursor is about."""
        current = self.table.current
        if current is None:
            return
        self.table.seen.add(current.command.id)
        detail = concerned(self.sight.mirror, current.command) if self.sight.mirror is not None else None
        if detail is not None:
            self.desk.open_account(detail.row.account_id)
        else:
            self.desk.say(tr("approvals.no_account"), "warning")

    def do_pick(self, _: str) -> None:
        """Mark the command under the cursor for one decision on several, or take the mark away, and step down."""
        current, meta = self.table.current, self.sight.situation.meta
        if current is None or meta is None:
            return
        if not current.waits or not may_decide(current.command, meta):
            self.desk.say(tr("desk.ballot_own") if is_own(current.command, meta) else tr("approvals.over"), "warning")
            return
        self.table.marked ^= {current.command.id}
        self.table.move(1)
        self._draw()

    def do_approve(self, _: str) -> None:
        from console.ui.dialogs.approval import ApproveDialog

        self._decide(ApproveDialog)

    def do_decline(self, _: str) -> None:
        from console.ui.dialogs.approval import DeclineDialog

        self._decide(DeclineDialog)

    def do_withdraw(self, _: str) -> None:
        from console.ui.dialogs.approval import WithdrawDialog

        current, meta = self.table.current, self.sight.situation.meta
        if current is None or meta is None:
            return
        if not current.waits:
            self.desk.say(tr("approvals.over"), "warning")
        elif not is_own(current.command, meta):
            self.desk.say(tr("desk.ballot_not_own", who=clean(current.command.created_by, 24)), "warning")
        else:
            self._ask(WithdrawDialog, [current])

    def _decide(self, dialog: type[BallotDialog]) -> None:
        """Ask about the marked commands, each of which must have been seen; without marks about the current one."""
        chosen, meta = self.table.chosen(), self.sight.situation.meta
        if not chosen or meta is None:
            return
        unseen = [item for item in chosen if item.command.id not in self.table.seen]
        if not all(item.waits for item in chosen):
            self.desk.say(tr("approvals.over"), "warning")
        elif any(is_own(item.command, meta) for item in chosen):
            self.desk.say(tr("desk.ballot_own"), "warning")
        elif len(chosen) > 1 and unseen:
            self.desk.say(tr("approvals.unseen", count=len(unseen), all=len(chosen)), "warning")
        else:
            self._ask(dialog, chosen)

    def _ask(self, dialog: type[BallotDialog], chosen: list[Item]) -> None:
        if self.sight.mirror is not None:
            opened = dialog([item.command for item in chosen], self.sight.mirror, self.sight.situation)
            self.desk.push_screen(opened, self.voted)

    def voted(self, vote: Vote | None) -> None:
        if vote is not None:
            self.table.marked.clear()
        super().voted(vote)
