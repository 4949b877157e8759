"""The case of an account: claim it, release it, give a verdict, leave a note."""

from __future__ import annotations

from typing import ClassVar

from console.language import term, tr
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.fields import Choice, Field, Words
from console.ui.drafts import CLAIM, NOTE, RELEASE, VERDICT

MINUTES = (30, 60, 120, 15)
VERDICTS = ("fraud", "legit", "inconclusive")


class ClaimDialog(DecisionDialog):
    TYPE: ClassVar[str] = CLAIM
    NAME: ClassVar[str] = "claim"

    def make_fields(self) -> list[Field]:
        self.span = Choice(
            "s", "ui.dialog.claim.minutes", [(count, tr("ui.dialog.minutes", count=count)) for count in MINUTES]
        )
        return [self.span]

    def params(self) -> dict[str, object]:
        return {"minutes": self.span.value}


class ReleaseDialog(DecisionDialog):
    TYPE: ClassVar[str] = RELEASE
    NAME: ClassVar[str] = "release"


class VerdictDialog(DecisionDialog):
    TYPE: ClassVar[str] = VERDICT
    NAME: ClassVar[str] = "verdict"

    def make_fields(self) -> list[Field]:
        options = [(None, "–"), *((name, term("ui.verdict", name)) for name in VERDICTS)]
        self.which = Choice("s", "ui.dialog.verdict.which", options)
        return [self.which]

    def consequence(self) -> str:
        return tr(f"ui.dialog.verdict.effect.{self.which.value or 'none'}")

    def missing(self) -> str | None:
        return None if self.which.value else tr("ui.dialog.need.verdict")

    def params(self) -> dict[str, object]:
        return {"verdict": self.which.value}


class NoteDialog(DecisionDialog):
    TYPE: ClassVar[str] = NOTE
    NAME: ClassVar[str] = "note"

    def make_fields(self) -> list[Field]:
        self.text = Words("t", "ui.dialog.note.text", tr("ui.dialog.need.text"))
        return [self.text]

    def missing(self) -> str | None:
        return None if self.text.value.strip() else tr("ui.dialog.need.text")

    def params(self) -> dict[str, object]:
        return {"text": self.text.value.strip()}
