"""From a screen to a decision about a waiting command; and taking a command of this desk back.

It is taken back at the desk while it was not sent, and at the core while it waits for approval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.desk import ailments
from console.desk.waiting import find
from console.language import term, tr
from console.ui.actions import bindings
from console.ui.screens.base import DeskScreen
from console.ui.text import clean
from store.journal import Entry, IllegalMove
from store.life import State

if TYPE_CHECKING:
    from console.ui.ballots import Vote


class Voting(DeskScreen):
    """A screen from which waiting commands are decided or withdrawn."""

    def voted(self, vote: Vote | None) -> None:
        """Take what a dialog was left with: None when it was cancelled."""
        from console.ui.ballots import cast
        from console.ui.drafts import Refused

        if vote is None:
            return
        try:
            taken = cast(self.sight, vote, self.desk.not_nudged)
        except Refused as refusal:
            self.desk.say(clean(refusal), "bad")
        else:
            self.desk.say(tr("approvals.taken", count=taken))
        self.desk.wrote()


class Withdrawals(Voting):
    """A screen whose cursor stands on commands of this desk."""

    BINDINGS = bindings("withdraw")

    def entry(self) -> Entry | None:
        """The command under the cursor."""
        raise LookupError("a screen must say which command the cursor is on")

    def do_withdraw(self, _: str) -> None:
        from console.ui.dialogs.approval import TakeBackDialog, WithdrawDialog

        entry, mirror = self.entry(), self.sight.mirror
        if entry is None:
            return
        if entry.state is State.QUEUED:
            self.desk.push_screen(TakeBackDialog(entry), self._take_back)
        elif entry.state is not State.AWAITING_APPROVAL:
            self.desk.say(tr("approvals.too_late", state=term("ui.state", entry.state)), "warning")
        elif mirror is None or (command := find(mirror, entry.command_id)) is None:
            self.desk.say(tr("approvals.not_yet"), "warning")
        else:
            self.desk.push_screen(WithdrawDialog([command], mirror, self.sight.situation), self.voted)

    def _take_back(self, entry: Entry | None) -> None:
        if entry is None:
            return
        try:
            self.sight.open_journal().withdraw(entry.command_id, self.sight.situation.now, entry.created_by)
        except IllegalMove as overtaken:
            self.desk.say(tr("approvals.too_late", state=term("ui.state", overtaken.state)), "bad")
        except ailments.UNTAKEN as error:
            self.desk.untaken(error)
        self.desk.wrote()
