"""From a screen that shows an account to a journaled decision: the dialogs, and what comes back from them.

The dialogs are imported when they are first opened, so that the first screen does not wait for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from console.language import term, tr
from console.ui import formats
from console.ui.actions import bindings
from console.ui.screens.base import DeskScreen
from console.ui.text import clean
from console.ui.widgets.prompt import nothing
from store.reader import AccountDetail, Reader

if TYPE_CHECKING:
    from console.core.commands import Wish
    from console.risk.packs import Check
    from console.ui.app import RiskDesk
    from console.ui.dialogs.base import DecisionDialog
    from console.ui.drafts import Draft


More = Callable[[AccountDetail, Reader], object]
SNOOZE = "8h"
"""How long a snooze lasts when nothing is said: a shift."""


class Decisions(DeskScreen):
    """The deciding actions of a screen. The account is the one under the cursor when the key came, and stays it."""

    BINDINGS = bindings("decide", "runbook")

    def do_decide(self, _: str) -> None:
        from console.ui.dialogs.decide import DecideDialog

        self._ask(DecideDialog, _to_decide, self.decided)

    def do_runbook(self, _: str) -> None:
        """What to do about the kind of fraud that the alert under the cursor is about."""
        from console.ui.screens.runbook import RunbookScreen

        row = self.account()
        if row is not None:
            self.desk.push_screen(RunbookScreen(row))

    def decided(self, account_id: str) -> None:
        """An account's alert was decided, in one step: what the screen goes on with."""

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

    def do_hand_over(self, _: str) -> None:
        from console.ui.dialogs.case import HandOverDialog

        self._ask(HandOverDialog)

    def do_verdict(self, _: str) -> None:
        from console.ui.dialogs.case import VerdictDialog

        self._ask(VerdictDialog, hits_of)

    def do_note(self, _: str) -> None:
        from console.ui.dialogs.case import NoteDialog

        self._ask(NoteDialog)

    def do_snooze(self, argument: str) -> None:
        """Keep the account's alerts out of the queue, `SPAN REASON`; ask for what is missing."""
        from console.desk import ailments, lists

        end, _, reason = argument.partition(" ")
        row, mirror = self.account(), self.sight.mirror
        if row is None or mirror is None:
            return
        if not reason.strip():
            self.ask(":", nothing, f"snooze {end or SNOOZE} ")
            return
        now, by = mirror.watermark(), self.sight.situation.subject or "console"
        try:
            until = lists.until(end, now)
            entry = lists.snooze(self.sight.open_journal(), row.account_id, until, reason, by, stream_time=now)
        except ValueError as error:
            self.desk.say(clean(error), "bad")
            return
        except ailments.UNTAKEN as error:
            self.desk.untaken(error)
            return
        self.desk.wrote()
        said = {"account": clean(row.account_id, 72), "until": formats.day_and_time(until), "number": entry.number}
        self.desk.say(tr("ui.snoozed", **said))

    def _ask(
        self,
        dialog: Callable[..., DecisionDialog],
        more: More | None = None,
        then: Callable[[str], None] = lambda account_id: None,
    ) -> None:
        """Open a dialog on the account under the cursor. `more` reads what else the dialog is made from.

        `then` goes on with the account's id once it is decided.
        """
        row = self.account()
        if row is not None:
            account_id = row.account_id
            _open(self.desk, account_id, dialog, more, then=lambda: then(account_id))


@dataclass(frozen=True)
class Recalled:
    """What a dialog is filled in from: an earlier wish, the command that it follows, and what to say of that."""

    wish: Wish
    follows: str
    history: list[str]


def ask(
    desk: RiskDesk, account_id: str, type_: str, recalled: Recalled, then: Callable[[], None] = lambda: None
) -> None:
    """Open the dialog that leads to a command of this type, filled in; `then` goes on once that is sent."""
    module, name, more = DIALOGS[type_]
    dialog: Callable[..., DecisionDialog] = getattr(import_module(f"console.ui.dialogs.{module}"), name)
    _open(desk, account_id, dialog, more, recalled, then)


def _open(
    desk: RiskDesk,
    account_id: str,
    dialog: Callable[..., DecisionDialog],
    more: More | None = None,
    recalled: Recalled | None = None,
    then: Callable[[], None] = lambda: None,
) -> None:
    """Open a dialog on an account: its row and its resource are of one look, and stay what is decided on."""
    from console.desk import stored

    mirror = desk.sight.mirror
    detail = mirror.account(account_id) if mirror is not None else None
    if mirror is None or detail is None:
        desk.say(tr("ui.dialog.gone"), "bad")
        return
    further = [more(detail, mirror)] if more is not None else []
    opened = dialog(detail.row, stored.account(detail.doc), desk.sight.situation, *further)
    if recalled is not None:
        opened.recall(recalled.wish, recalled.follows, recalled.history)

    def decided(draft: Draft | None) -> None:
        if draft is not None and _submit(desk, draft):
            then()

    desk.push_screen(opened, decided)


def _submit(desk: RiskDesk, draft: Draft) -> bool:
    """Journal a decision and say so; False, with the reason said, when that was refused."""
    from console.ui.drafts import Refused

    what = {"action": term("ui.command", draft.wish.type), "account": clean(draft.wish.account_id, 72)}
    try:
        desk.sight.latest = desk.submit(draft)
    except Refused as refusal:
        desk.say(tr("ui.refused", why=clean(refusal), **what), "bad")
        return False
    desk.wrote()
    desk.say(tr("ui.queued", **what))
    return True


def _checks(detail: AccountDetail, mirror: Reader) -> Sequence[Check]:
    """What must be answered before the account is released."""
    from console.desk.checklist import to_ask
    from console.ui import rules

    return to_ask(mirror, detail.row.account_id, rules.pack)


def _to_decide(detail: AccountDetail, mirror: Reader) -> tuple[Sequence[str], Sequence[Check], Sequence[str]]:
    """The transactions of the alert's hits, the checks before a release, the kinds of fraud that its rules look for."""
    from console.ui import rules
    from console.ui.reasons import rule_ids

    kinds = rules.typologies(rule_ids(detail.row.rule_ids))
    return hits_of(detail, mirror), _checks(detail, mirror), kinds


def hits_of(detail: AccountDetail, mirror: Reader) -> Sequence[str]:
    """The transactions among the hits of the account's open alert."""
    from console.ui.evidence import hits

    alert = detail.alert
    return mirror.transactions_of(hit.seq for hit in hits(alert.evidence)) if alert and alert.state == "open" else ()


DIALOGS: dict[str, tuple[str, str, More | None]] = {
    "account.freeze": ("freeze", "FreezeDialog", None),
    "account.unfreeze": ("holds", "UnfreezeDialog", _checks),
    "account.set_limit": ("limit", "LimitDialog", None),
    "account.close": ("close", "CloseDialog", None),
    "case.claim": ("case", "ClaimDialog", None),
    "case.release": ("case", "ReleaseDialog", None),
    "case.verdict": ("case", "VerdictDialog", hits_of),
    "case.note": ("case", "NoteDialog", None),
}
"""Each command's dialog: its module and class, and what else it is made from."""
