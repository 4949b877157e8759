"""Close an account for good: its id must be typed."""

from __future__ import annotations

from typing import ClassVar

from console.language import tr
from console.ui.dialogs.base import DecisionDialog, reason_missing
from console.ui.dialogs.fields import Field, Reasons, Words
from console.ui.drafts import CLOSE


class CloseDialog(DecisionDialog):
    TYPE: ClassVar[str] = CLOSE
    NAME: ClassVar[str] = "close"

    def make_fields(self) -> list[Field]:
        self.typed = Words("t", "ui.dialog.close.typed", tr("ui.dialog.need.id"), longest=72)
        return [
            self.typed,
            Reasons(self.situation.reasons(CLOSE)),
            Words("n", "ui.dialog.note", tr("ui.dialog.none")),
        ]

    def missing(self) -> str | None:
        if self.typed.value.strip() != self.row.account_id:
            return tr("ui.dialog.need.id")
        return reason_missing(self.fields)
