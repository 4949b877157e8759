"""Unfreeze: release the holds that are chosen, and only those."""

from __future__ import annotations

from typing import ClassVar

from console.core import commands
from console.core.commands import Wish
from console.language import tr
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.fields import Field, Marks, Words
from console.ui.widgets.portrait import hold_words


class UnfreezeDialog(DecisionDialog):
    TYPE: ClassVar[str] = "account.unfreeze"
    NAME: ClassVar[str] = "unfreeze"

    def make_fields(self) -> list[Field]:
        holds = self.resource.holds if self.resource else []
        items = [(hold.hold_id, hold_words(hold)) for hold in holds]
        self.marks = Marks("ui.dialog.unfreeze.holds", items, {items[0][0]} if len(items) == 1 else set())
        return [self.marks, self.reasons(), Words("n", "ui.dialog.note", tr("ui.dialog.none"))]

    def missing(self) -> str | None:
        return self.reason_missing() if self.marks.chosen else tr("ui.dialog.need.holds")

    def fill(self, wish: Wish) -> None:
        super().fill(wish)
        named = set(wish.params.get("hold_ids", []))
        self.marks.chosen = named & {hold_id for hold_id, _ in self.marks.items}

    def wish(self) -> Wish:
        return commands.unfreeze(self.row.account_id, sorted(self.marks.chosen), self.reason_code, self.note)
