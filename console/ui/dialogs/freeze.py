"""Freeze an account: a hold with a scope, a reason and, if wished, an end."""

from __future__ import annotations

from typing import ClassVar

from console.core.instants import DAY, HOUR, wire
from console.core.vocabulary import HOLD_SCOPES
from console.language import term, tr
from console.ui.dialogs.base import DecisionDialog, reason_missing
from console.ui.dialogs.fields import Choice, Field, Reasons, Words
from console.ui.drafts import FREEZE

ENDS = (None, HOUR, DAY, 7 * DAY)
"""How long a hold may be asked to last, µs; None for until it is released."""


class FreezeDialog(DecisionDialog):
    TYPE: ClassVar[str] = FREEZE
    NAME: ClassVar[str] = "freeze"

    def make_fields(self) -> list[Field]:
        self.scope = Choice(
            "s",
            "ui.dialog.scope",
            [(scope, term("ui.scope", scope)) for scope in HOLD_SCOPES if scope != "credit_only"],
        )
        self.end = Choice("e", "ui.dialog.ends", [(span, _span(span)) for span in ENDS])
        return [
            self.scope,
            Reasons(self.situation.reasons(FREEZE)),
            Words("n", "ui.dialog.note", tr("ui.dialog.none")),
            self.end,
        ]

    def consequence(self) -> str:
        return tr(f"ui.dialog.freeze.effect.{self.scope.value}")

    def missing(self) -> str | None:
        return reason_missing(self.fields)

    def params(self) -> dict[str, object]:
        params: dict[str, object] = {"scope": self.scope.value}
        if isinstance(self.end.value, int):
            params["expires_at"] = wire(self.situation.now + self.end.value)
        return params


def _span(span: int | None) -> str:
    if span is None:
        return tr("ui.dialog.open_end")
    return tr("ui.dialog.hours", count=span // HOUR) if span < DAY else tr("ui.dialog.days", count=span // DAY)
