"""From a screen that shows an account to a journaled decision: the dialogs, and what comes back from them.

The dialogs are imported when they are first opened, so that the first screen does not wait for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.language import term, tr
from console.ui.actions import bindings
from console.ui.screens.base import DeskScreen
from console.ui.text import clean

if TYPE_CHECKING:
    from console.ui.dialogs.base import DecisionDialog
    from console.ui.drafts import Draft


class Decisions(DeskScreen):
    """The deciding actions of a screen. The account is the one under the cursor when the key came, and stays it."""

    BINDINGS = bindings("decide")

    def do_freeze(self, _: str) -> None:
        from console.ui.dialogs.freeze import FreezeDialog

        self._ask(FreezeDialog)

    def do_unfreeze(self, _: str) -> None:
        from console.ui.dialogs.holds import UnfreezeDialog

        self._ask(UnfreezeDialog)

    def do_limit(self, _: str) -> None:
        from console.ui.dialogs.limit import LimitDialog

        self._ask(LimitDialog)

    def do_close(self, _: str) -> None:
        from console.ui.dialogs.close import CloseDialog

        self._ask(CloseDialog)

    def do_claim(self, _: str) -> None:
        from console.ui.dialogs.case import ClaimDialog

        self._ask(ClaimDialog)

    def do_release(self, _: str) -> None:
        from console.ui.dialogs.case import ReleaseDialog

        self._ask(ReleaseDialog)

    def do_verdict(self, _: str) -> None:
        from console.ui.dialogs.case import VerdictDialog

        self._ask(VerdictDialog)

    def do_note(self, _: str) -> None:
        from console.ui.dialogs.case import NoteDialog

        self._ask(NoteDialog)

    def _ask(self, dialog: type[DecisionDialog]) -> None:
        """Open a dialog on the account: its row and its resource are of one look, and stay what is decided on."""
        from console.ui.widgets.portrait import read_account

        row, mirror = self.account(), self.sight.mirror
        detail = mirror.account(row.account_id) if row is not None and mirror is not None else None
        if detail is not None:
            self.desk.push_screen(dialog(detail.row, read_account(detail.doc), self.sight.situation), self._decided)

    def _decided(self, draft: Draft | None) -> None:
        from console.ui.drafts import Refused

        desk = self.desk
        if draft is None:
            return
        what = {"action": term("ui.command", draft.wish.type), "account": clean(draft.wish.account_id, 72)}
        try:
            desk.submit(draft)
        except Refused as refusal:
            desk.say(tr("ui.refused", why=clean(refusal), **what), "bad")
        else:
            desk.sight.forget_journal_version()
            desk.look()
            desk.say(tr("ui.queued", **what))
