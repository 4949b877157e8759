"""Close an account for good: its id must be typed."""

from __future__ import annotations

from typing import ClassVar

from console.core import commands
from console.core.commands import Wish
from console.language import tr
from console.ui import formats
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.fields import Field, Words


class CloseDialog(DecisionDialog):
    TYPE: ClassVar[str] = "account.close"
    NAME: ClassVar[str] = "close"

    def make_fields(self) -> list[Field]:
        self.typed = Words("t", "ui.dialog.close.typed", tr("ui.dialog.need.id"), longest=72)
        return [self.typed, self.reasons(), Words("n", "ui.dialog.note", tr("ui.dialog.none"))]

    def warnings(self) -> list[str]:
        """What is still open on the account, in one line; nothing of it keeps a close from being sent."""
        row, limits = self.row, self.resource.limits if self.resource else None
        balance = row.balance_minor or 0
        pending = (limits.pending_minor or 0) if limits else 0

        def amount(minor: int) -> str:
            return formats.money(minor, row.currency, self.situation.exponents)

        found = [
            tr(f"ui.dialog.close.{name}", **said)
            for name, applies, said in (
                ("owed", balance > 0, {"amount": amount(balance)}),
                ("credit", balance < 0, {"amount": amount(-balance)}),
                ("pending", pending > 0, {"amount": amount(pending)}),
                ("holds", row.holds > 0, {"count": row.holds}),
                ("alert", row.open_alerts > 0, {}),
            )
            if applies
        ]
        return [" · ".join(found)] if found else []

    def missing(self) -> str | None:
        if self.typed.value.strip() != self.row.account_id:
            return tr("ui.dialog.need.id")
        return self.reason_missing()

    def wish(self) -> Wish:
        return commands.close(self.row.account_id, self.reason_code, self.note)
