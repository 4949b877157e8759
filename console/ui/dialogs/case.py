"""The case of an account: claim it, release it, give a verdict, leave a note."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from console.core import commands
from console.core.commands import VERDICT_TRANSACTIONS, Wish
from console.core.messages import Account
from console.language import term, tr
from console.ui import claims
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.fields import Choice, Field, Reasons, Words
from console.ui.situation import Situation
from store.reader import AccountRow

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

    def missing(self) -> str | None:
        return claims.others(self.row, self.situation)

    def consequence(self) -> str:
        held = claims.holder(self.row, self.situation.core_now) is not None
        own = held and claims.others(self.row, self.situation) is None
        return tr("ui.dialog.claim.again") if own else super().consequence()

    def fill(self, wish: Wish) -> None:
        minutes = wish.params.get("minutes")
        self.span.index = MINUTES.index(minutes) if minutes in MINUTES else 0

    def wish(self) -> Wish:
        return commands.claim(self.row.account_id, int(str(self.span.value)))


class ReleaseDialog(DecisionDialog):
    TYPE: ClassVar[str] = "case.release"
    NAME: ClassVar[str] = "release"

    def missing(self) -> str | None:
        """Somebody else's claim takes a supervisor to give back."""
        return None if self.situation.may_approve else claims.others(self.row, self.situation)

    def warnings(self) -> list[str]:
        return _held(self)

    def wish(self) -> Wish:
        return commands.release(self.row.account_id)


class HandOverDialog(ReleaseDialog):
    """What the next one must know, then the case given back: two commands, the note before the release."""

    TYPE: ClassVar[str] = "case.note"
    NAME: ClassVar[str] = "hand_over"

    def make_fields(self) -> list[Field]:
        self.text = Words("n", "ui.dialog.note.text", tr("ui.dialog.hand_over.need"))
        return [self.text]

    def missing(self) -> str | None:
        return super().missing() or (None if self.text.value.strip() else tr("ui.dialog.hand_over.need"))

    def wish(self) -> Wish:
        return commands.note(self.row.account_id, self.text.value.strip())

    def also(self) -> list[Wish]:
        return [commands.release(self.row.account_id)]


class VerdictDialog(DecisionDialog):
    """What it was. On the transactions of the alert's hits, from which the model learns; on the account without any."""

    TYPE: ClassVar[str] = "case.verdict"
    NAME: ClassVar[str] = "verdict"

    def __init__(
        self, row: AccountRow, resource: Account | None, situation: Situation, hits: Sequence[str] = ()
    ) -> None:
        self._hits = hits[-VERDICT_TRANSACTIONS:]
        super().__init__(row, resource, situation)

    def make_fields(self) -> list[Field]:
        options = [(None, "–"), *((name, term("ui.verdict", name)) for name in VERDICTS)]
        self.which = Choice("s", "ui.dialog.verdict.which", options)
        whole: list[tuple[object, str]] = [((), tr("ui.dialog.verdict.account"))]
        judged = [(self._hits, tr("ui.dialog.verdict.hits", count=len(self._hits)))] if self._hits else []
        self.about = Choice("t", "ui.dialog.verdict.about", [*judged, *whole])
        return [self.which, self.about, self.reasons(), Words("n", "ui.dialog.note", tr("ui.dialog.none"))]

    def consequence(self) -> str:
        return tr(f"ui.dialog.verdict.effect.{self.which.value or 'none'}")

    def warnings(self) -> list[str]:
        return _held(self)

    def missing(self) -> str | None:
        """A verdict takes no claim; only while somebody else works on the case it takes a supervisor."""
        held = claims.others(self.row, self.situation)
        if held is not None and not self.situation.may_approve:
            return held
        if self.which.value is None:
            return tr("ui.dialog.need.verdict")
        asked = self.which.value != "inconclusive" and any(isinstance(p, Reasons) and p.codes for p in self.fields)
        return self.reason_missing() if asked or self.reason is not None else None

    def fill(self, wish: Wish) -> None:
        super().fill(wish)
        if wish.params.get("verdict") in VERDICTS:
            self.which.index = 1 + VERDICTS.index(wish.params["verdict"])
        judged = tuple(wish.params.get("transaction_ids", ()))
        if judged:
            self.about.options = [(judged, tr("ui.dialog.verdict.hits", count=len(judged))), self.about.options[-1]]
        self.about.index = 0 if judged else len(self.about.options) - 1

    def wish(self) -> Wish:
        judged = self.about.value if self.which.value != "inconclusive" else ()
        return commands.verdict(
            self.row.account_id,
            str(self.which.value),
            cast("Sequence[str]", judged),
            self.reason_code or None,
            self.note,
        )


class NoteDialog(DecisionDialog):
    TYPE: ClassVar[str] = "case.note"
    NAME: ClassVar[str] = "note"

    def make_fields(self) -> list[Field]:
        self.text = Words("t", "ui.dialog.note.text", tr("ui.dialog.need.text"))
        return [self.text]

    def missing(self) -> str | None:
        return None if self.text.value.strip() else tr("ui.dialog.need.text")

    def fill(self, wish: Wish) -> None:
        self.text.value = str(wish.params.get("text", ""))

    def wish(self) -> Wish:
        return commands.note(self.row.account_id, self.text.value.strip())


def _held(dialog: DecisionDialog) -> list[str]:
    """That somebody else works on the case, for those who may decide all the same."""
    held = claims.others(dialog.row, dialog.situation)
    return [held] if held is not None and dialog.situation.may_approve else []
