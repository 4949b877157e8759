"""Close an account for good: its id must be typed."""

from __future__ import annotations

from typing import ClassVar

from console.core import commands
from console.core.commands import Wish
from console.language import tr
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.fields import Field, Words


class CloseDialog(DecisionDialog):
    TYPE: ClassVar[str] = "account.close"
    NAME: ClassVar[str] = "close"

    def make_fields(self) -> list[Field]:
        self.typed = Words("t", "ui.dialog.close.typed", tr("ui.dialog.need.id"), longest=72)
        return [self.typed, self.reasons(), Words("n", "ui.dialog.note", tr("ui.dialog.none"))]

    def missing(self) -> str | None:
        if self.typed.value.strip() != self.row.account_id:
            return tr("ui.dialog.need.id")
        return self.reason_missing()

    def wish(self) -> Wish:
        return commands.close(self.row.account_id, self.reason_code, self.note)
