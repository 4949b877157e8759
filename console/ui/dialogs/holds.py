"""Unfreeze: release the holds that are chosen, and only those, once every check is answered."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase
from typing import ClassVar

from console.core import commands
from console.core.commands import Wish
from console.core.messages import Account
from console.desk.checklist import words
from console.language import tr
from console.risk.packs import Check
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.fields import Field, Marks, Question, Words
from console.ui.situation import Situation
from console.ui.widgets.portrait import hold_words
from store.reader import AccountRow


class UnfreezeDialog(DecisionDialog):
    TYPE: ClassVar[str] = "account.unfreeze"
    NAME: ClassVar[str] = "unfreeze"

    def __init__(
        self, row: AccountRow, resource: Account | None, situation: Situation, checks: Sequence[Check] = ()
    ) -> None:
        self._checks = checks
        super().__init__(row, resource, situation)

    def make_fields(self) -> list[Field]:
        holds = self.resource.holds if self.resource else []
        items = [(hold.hold_id, hold_words(hold)) for hold in holds]
        self.marks = Marks("ui.dialog.unfreeze.holds", items, {items[0][0]} if len(items) == 1 else set())
        note = Words("n", "ui.dialog.note", tr("ui.dialog.none"))
        lettered = zip(ascii_uppercase, self._checks, strict=False)
        self.questions = [Question(letter, check.id, words(check)) for letter, check in lettered]
        return [self.marks, self.reasons(), note, *self.questions]

    def missing(self) -> str | None:
        if not self.marks.chosen:
            return tr("ui.dialog.need.holds")
        open_ = not all(question.answered for question in self.questions)
        return self.reason_missing() or (tr("ui.dialog.need.checks") if open_ else None)

    def fill(self, wish: Wish) -> None:
        super().fill(wish)
        named = set(wish.params.get("hold_ids", []))
        self.marks.chosen = named & {hold_id for hold_id, _ in self.marks.items}

    def wish(self) -> Wish:
        return commands.unfreeze(self.row.account_id, sorted(self.marks.chosen), self.reason_code, self.note)
