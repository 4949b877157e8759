"""From a screen that shows an account to a journaled decision: the dialogs, and what comes back from them."""

from __future__ import annotations

from console.core.messages import Account
from console.language import term, tr
from console.ui.actions import bindings
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.case import ClaimDialog, NoteDialog, ReleaseDialog, VerdictDialog
from console.ui.dialogs.close import CloseDialog
from console.ui.dialogs.freeze import FreezeDialog
from console.ui.dialogs.holds import UnfreezeDialog
from console.ui.dialogs.limit import LimitDialog
from console.ui.drafts import Draft, Refused
from console.ui.screens.base import DeskScreen
from console.ui.text import clean
from console.ui.widgets.portrait import read_account
from store.reader import AccountRow


class Decisions(DeskScreen):
    """The deciding actions of a screen. The account is the one under the cursor when the key came, and stays it."""

    BINDINGS = bindings("decide")

    def do_freeze(self, _: str) -> None:
        self._open(FreezeDialog)

    def do_close(self, _: str) -> None:
        self._open(CloseDialog)

    def do_claim(self, _: str) -> None:
        self._open(ClaimDialog)

    def do_release(self, _: str) -> None:
        self._open(ReleaseDialog)

    def do_verdict(self, _: str) -> None:
        self._open(VerdictDialog)

    def do_note(self, _: str) -> None:
        self._open(NoteDialog)

    def do_unfreeze(self, _: str) -> None:
        row, resource = self._resource()
        if row is not None and resource is not None:
            self._ask(UnfreezeDialog(row, self.desk.sight.situation, resource.holds))

    def do_limit(self, _: str) -> None:
        row, resource = self._resource()
        if row is not None and resource is not None:
            self._ask(LimitDialog(row, self.desk.sight.situation, resource))

    def _resource(self) -> tuple[AccountRow | None, Account | None]:
        """The account with its holds and limits, read in one look."""
        row, mirror = self.account(), self.desk.sight.mirror
        detail = mirror.detail(row.account) if row is not None and mirror is not None else None
        resource = read_account(detail.doc) if detail else None
        if resource is None:
            self.desk.say(tr("ui.need.mirrored"), "warning")
        return (detail.row if detail else None), resource

    def _open(self, dialog: type[DecisionDialog]) -> None:
        row = self.account()
        if row is not None:
            self._ask(dialog(row, self.desk.sight.situation))

    def _ask(self, dialog: DecisionDialog) -> None:
        self.desk.push_screen(dialog, self._decided)

    def _decided(self, draft: Draft | None) -> None:
        if draft is None:
            return
        desk = self.desk
        what = {"action": term("ui.command", draft.type), "account": clean(draft.account_id, 72)}
        try:
            desk.submit(draft)
        except Refused as refusal:
            desk.say(tr("ui.refused", why=clean(refusal), **what), "error")
        else:
            desk.sight.forget_journal_version()
            desk.look()
            desk.say(tr("ui.queued", **what))
