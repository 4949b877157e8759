"""From a screen that shows an account to a journaled decision: the dialogs, and what comes back from them.

The dialogs are imported when they are first opened, so that the first screen does not wait for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from console.language import term, tr
from console.ui import formats
from console.ui.actions import bindings
from console.ui.screens.base import DeskScreen
from console.ui.text import clean
from store.reader import AccountDetail, Reader

if TYPE_CHECKING:
    from console.risk.packs import Check
    from console.ui.dialogs.base import DecisionDialog
    from console.ui.drafts import Draft


SNOOZE = "8h"
"""How long a snooze lasts when nothing is said: a shift."""


class Decisions(DeskScreen):
    """The deciding actions of a screen. The account is the one under the cursor when the key came, and stays it."""

    BINDINGS = bindings("decide")

    def do_freeze(self, _: str) -> None:
        from console.ui.dialogs.freeze import FreezeDialog

        self._ask(FreezeDialog)

    def do_unfreeze(self, _: str) -> None:
        from console.ui.dialogs.holds import UnfreezeDialog

        self._ask(UnfreezeDialog, _checks)

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

        self._ask(VerdictDialog, _hits)

    def do_note(self, _: str) -> None:
        from console.ui.dialogs.case import NoteDialog

        self._ask(NoteDialog)

    def do_snooze(self, argument: str) -> None:
        """Keep the account's alerts out of the queue, `SPAN REASON`; ask for what is missing."""
        from console.desk import lists

        end, _, reason = argument.partition(" ")
        row, mirror = self.account(), self.sight.mirror
        if row is None or mirror is None:
            return
        if not reason.strip():
            self.ask(":", [], f"snooze {end or SNOOZE} ")
            return
        now, by = mirror.watermark(), self.sight.situation.subject or "console"
        try:
            until = lists.until(end, now)
            entry = lists.snooze(self.sight.open_journal(), row.account_id, until, reason, by, stream_time=now)
        except ValueError as error:
            self.desk.say(clean(error), "bad")
            return
        self.sight.forget_journal_version()
        self.desk.look()
        said = {"account": clean(row.account_id, 72), "until": formats.day_and_time(until), "number": entry.number}
        self.desk.say(tr("ui.snoozed", **said))

    def _ask(
        self,
        dialog: Callable[..., DecisionDialog],
        more: Callable[[AccountDetail, Reader], object] | None = None,
    ) -> None:
        """Open a dialog on the account: its row and its resource are of one look, and stay what is decided on.

        `more` reads what else the dialog is made from.
        """
        from console.ui.widgets.portrait import read_account

        row, mirror = self.account(), self.sight.mirror
        if row is None or mirror is None:
            return
        detail = mirror.account(row.account_id)
        if detail is not None:
            further = [more(detail, mirror)] if more is not None else []
            opened = dialog(detail.row, read_account(detail.doc), self.sight.situation, *further)
            self.desk.push_screen(opened, self._decided)

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


def _checks(detail: AccountDetail, mirror: Reader) -> Sequence[Check]:
    """What must be answered before the account is released."""
    from console.desk.checklist import to_ask
    from console.ui import rules

    return to_ask(mirror, detail.row.account_id, rules.pack)


def _hits(detail: AccountDetail, mirror: Reader) -> Sequence[str]:
    """The transactions among the hits of the account's open alert."""
    from console.ui.evidence import hits

    alert = detail.alert
    return mirror.transactions_of(hit.seq for hit in hits(alert.evidence)) if alert and alert.state == "open" else ()
