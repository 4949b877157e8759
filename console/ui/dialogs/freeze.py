"""Freeze an account: a hold with a scope, a reason and, if wished, an end."""

from __future__ import annotations

from typing import ClassVar

from console.core import commands
from console.core.commands import Wish
from console.core.instants import DAY, HOUR, Instant
from console.core.vocabulary import HOLD_SCOPES
from console.language import term, tr
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.fields import Choice, Field, Words

ENDS = (None, HOUR, DAY, 7 * DAY)
"""How long a hold may be asked to last, µs; None for until it is released."""


class FreezeDialog(DecisionDialog):
    TYPE: ClassVar[str] = "account.freeze"
    NAME: ClassVar[str] = "freeze"

    def make_fields(self) -> list[Field]:
        self.scope = Choice("s", "ui.dialog.scope", [(scope, term("ui.scope", scope)) for scope in HOLD_SCOPES])
        self.end = Choice("e", "ui.dialog.ends", [(span, _span(span)) for span in ENDS])
        return [self.scope, self.reasons(), Words("n", "ui.dialog.note", tr("ui.dialog.none")), self.end]

    def consequence(self) -> str:
        return tr(f"ui.dialog.freeze.effect.{self.scope.value}")

    def missing(self) -> str | None:
        return self.reason_missing()

    def wish(self) -> Wish:
        span = self.end.value
        until = Instant(self.situation.core_now + span) if isinstance(span, int) else None
        return commands.freeze(
            self.row.account_id, self.reason_code, self.note, scope=str(self.scope.value), expires_at=until
        )


def _span(span: int | None) -> str:
    if span is None:
        return tr("ui.dialog.open_end")
    return tr("ui.dialog.hours", count=span // HOUR) if span < DAY else tr("ui.dialog.days", count=span // DAY)
