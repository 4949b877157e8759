"""Deciding on marked accounts: where there are marks, the deciding keys are about all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.language import term, tr
from console.ui.screens.deciding import Decisions, hits_of
from console.ui.text import clean

if TYPE_CHECKING:
    from console.risk.packs import Check
    from console.ui.dialogs.bulk import BulkDialog, BulkDraft, Crowd
    from store.reader import Reader


class Marking(Decisions):
    """The deciding actions of a list whose accounts can be marked."""

    def unmark(self) -> bool:
        """Drop the marks; False when there are none."""
        return False

    def do_freeze(self, argument: str) -> None:
        if not self._bulk("Freeze"):
            super().do_freeze(argument)

    def do_unfreeze(self, argument: str) -> None:
        if not self._bulk("Unfreeze"):
            super().do_unfreeze(argument)

    def do_limit(self, argument: str) -> None:
        if not self._bulk("Limit"):
            super().do_limit(argument)

    def do_close(self, argument: str) -> None:
        if not self._bulk("Close"):
            super().do_close(argument)

    def do_claim(self, argument: str) -> None:
        if not self._bulk("Claim"):
            super().do_claim(argument)

    def do_verdict(self, argument: str) -> None:
        if not self._bulk("Verdict"):
            super().do_verdict(argument)

    def _bulk(self, name: str) -> bool:
        """Open the dialog on all marked accounts; False when none is marked."""
        from console.desk.quota import quota
        from console.ui.dialogs import bulk

        marked, mirror, situation = self.marked(), self.sight.mirror, self.sight.situation
        if not marked or mirror is None or situation.meta is None:
            return False
        kind: type[BulkDialog] = getattr(bulk, f"Bulk{name}")
        left = quota(situation.meta, self.sight.journal, mirror, situation.core_now)
        self.desk.push_screen(kind(crowd(mirror, marked, kind.TYPE), situation, left), self._planned)
        return True

    def _planned(self, draft: BulkDraft | None) -> None:
        from console.ui.drafts import Refused
        from console.ui.submitting import planner

        desk = self.desk
        if draft is None:
            return
        what = {"action": term("ui.command", draft.order.type), "count": len(draft.targets)}
        try:
            number = planner(self.sight, desk.not_nudged)(draft.order, draft.targets, draft.checklist)
        except Refused as refusal:
            desk.say(tr("ui.bulk.refused", why=clean(refusal), **what), "bad")
        else:
            self.unmark()
            desk.wrote()
            desk.say(tr("ui.bulk.planned", number=number, **what))


def crowd(mirror: Reader, account_ids: Sequence[str], type_: str) -> Crowd:
    """The accounts as the mirror has them, with what the dialog for a type of command asks of each."""
    from console.desk import bulk
    from console.ui.dialogs.bulk import Crowd

    numbers = [number for account_id in account_ids if (number := mirror.number(account_id)) is not None]
    rows = mirror.page(numbers).values()
    statuses = Counter(row.status or "pending" for row in rows)
    targets = bulk.targets(mirror, account_ids)
    if type_ == "account.unfreeze":
        return Crowd(targets, statuses, checks=_checks(mirror, account_ids))
    if type_ == "case.verdict":
        return Crowd(targets, statuses, hits=_hits(mirror, account_ids))
    return Crowd(targets, statuses)


def _checks(mirror: Reader, account_ids: Sequence[str]) -> Sequence[Check]:
    """What must be answered before they are released: each question of any of them, once."""
    from console.desk.checklist import to_ask
    from console.ui import rules

    asked = [check for account_id in account_ids for check in to_ask(mirror, account_id, rules.pack)]
    return list({check.id: check for check in asked}.values())


def _hits(mirror: Reader, account_ids: Sequence[str]) -> dict[str, Sequence[str]]:
    """The transactions of each account's open alert, the newest that one verdict may name."""
    from console.core.commands import VERDICT_TRANSACTIONS

    details = (mirror.account(account_id) for account_id in account_ids)
    return {detail.row.account_id: hits_of(detail, mirror)[-VERDICT_TRANSACTIONS:] for detail in details if detail}
