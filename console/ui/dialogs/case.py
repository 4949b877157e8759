"""The case of an account: claim it, release it, give a verdict, leave a note."""

from __future__ import annotations

from typing import ClassVar

from console.core import commands
from console.core.commands import Wish
from console.language import term, tr
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.fields import Choice, Field, Words

MINUTES = (30, 60, 120, 15)
VERDICTS = ("fraud", "legit", "inconclusive")


class ClaimDialog(DecisionDialog):
    TYPE: ClassVar[str] = "case.claim"
    NAME: ClassVar[str] = "claim"

    def make_fields(self) -> list[Field]:
        self.span = Choice(
            "s", "ui.dialog.claim.minutes", [(count, tr("ui.dialog.minutes", count=count)) for count in MINUTES]
        )
        return [self.span]

    def wish(self) -> Wish:
        return commands.claim(self.row.account_id, int(str(self.span.value)))


class ReleaseDialog(DecisionDialog):
    TYPE: ClassVar[str] = "case.release"
    NAME: ClassVar[str] = "release"

    def wish(self) -> Wish:
        return commands.release(self.row.account_id)


class VerdictDialog(DecisionDialog):
    TYPE: ClassVar[str] = "case.verdict"
    NAME: ClassVar[str] = "verdict"

    def make_fields(self) -> list[Field]:
        options = [(None, "–"), *((name, term("ui.verdict", name)) for name in VERDICTS)]
        self.which = Choice("s", "ui.dialog.verdict.which", options)
        return [self.which]

    def consequence(self) -> str:
        return tr(f"ui.dialog.verdict.effect.{self.which.value or 'none'}")

    def missing(self) -> str | None:
        return None if self.which.value else tr("ui.dialog.need.verdict")

    def wish(self) -> Wish:
        return commands.verdict(self.row.account_id, str(self.which.value))


class NoteDialog(DecisionDialog):
    TYPE: ClassVar[str] = "case.note"
    NAME: ClassVar[str] = "note"

    def make_fields(self) -> list[Field]:
        self.text = Words("t", "ui.dialog.note.text", tr("ui.dialog.need.text"))
        return [self.text]

    def missing(self) -> str | None:
        return None if self.text.value.strip() else tr("ui.dialog.need.text")

    def wish(self) -> Wish:
        return commands.note(self.row.account_id, self.text.value.strip())
