"""Unfreeze: release the holds that are chosen, and only those."""

from __future__ import annotations

from typing import ClassVar

from console.core.messages import Hold
from console.language import tr
from console.ui.dialogs.base import DecisionDialog, reason_missing
from console.ui.dialogs.fields import Field, Marks, Reasons, Words
from console.ui.drafts import UNFREEZE
from console.ui.situation import Situation
from console.ui.widgets.portrait import hold_words
from store.reader import AccountRow


class UnfreezeDialog(DecisionDialog):
    TYPE: ClassVar[str] = UNFREEZE
    NAME: ClassVar[str] = "unfreeze"

    def __init__(self, row: AccountRow, situation: Situation, holds: list[Hold]) -> None:
        self._holds = holds
        super().__init__(row, situation)

    def make_fields(self) -> list[Field]:
        items = [(hold.hold_id, hold_words(hold)) for hold in self._holds]
        self.marks = Marks("ui.dialog.unfreeze.holds", items, {items[0][0]} if len(items) == 1 else set())
        return [
            self.marks,
            Reasons(self.situation.reasons(UNFREEZE)),
            Words("n", "ui.dialog.note", tr("ui.dialog.none")),
        ]

    def missing(self) -> str | None:
        return reason_missing(self.fields) if self.marks.chosen else tr("ui.dialog.need.holds")

    def params(self) -> dict[str, object]:
        return {"hold_ids": sorted(self.marks.chosen)}
