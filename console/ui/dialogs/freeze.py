"""Freeze an account: a hold with a scope, a reason and, if wished, an end."""

from __future__ import annotations

from typing import ClassVar

from console.core import commands
from console.core.commands import Wish
from console.core.instants import DAY, HOUR, Instant
from console.core.vocabulary import HOLD_SCOPES
from console.desk import ends
from console.language import term, tr
from console.ui import formats
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.fields import Choice, Field, Words

TYPED = "typed"
ENDS = (None, HOUR, DAY, 7 * DAY, TYPED)
"""How long a hold may be asked to last, µs; None for until it is released, `TYPED` for what is typed below."""


class FreezeDialog(DecisionDialog):
    TYPE: ClassVar[str] = "account.freeze"
    NAME: ClassVar[str] = "freeze"

    def make_fields(self) -> list[Field]:
        self.scope = Choice("s", "ui.dialog.scope", [(scope, term("ui.scope", scope)) for scope in HOLD_SCOPES])
        self.end = Choice("e", "ui.dialog.ends", [(span, span_words(span)) for span in ENDS])
        self.until = Words("t", "ui.dialog.until", tr("ui.dialog.until.hint"), longest=32, shown=False)
        note = Words("n", "ui.dialog.note", tr("ui.dialog.none"))
        return [self.scope, self.reasons(), note, self.end, self.until]

    def _press(self, key: str) -> bool:
        if key == self.until.key:
            self.end.index = ENDS.index(TYPED)
        self.until.shown = key == self.until.key or self.until.shown
        used = super()._press(key)
        self.until.shown = self.end.value == TYPED
        if key == self.end.key and self.until.shown:
            self._type_into(self.until)
        elif used:
            self.show()
        return used

    def ends_at(self) -> Instant | None:
        """When the hold ends by itself, None for when it is released. Raises ValueError for what is typed amiss."""
        span, now = self.end.value, self.situation.core_now
        if span == TYPED:
            return ends.end(self.until.value, now)
        return Instant(now + span) if isinstance(span, int) else None

    def consequence(self) -> str:
        return tr(f"ui.dialog.freeze.effect.{self.scope.value}", until=self._until())

    def _until(self) -> str:
        try:
            at = self.ends_at()
        except ValueError:
            return tr("ui.dialog.freeze.until_typed")
        if at is None:
            return tr("ui.dialog.freeze.until_released")
        return tr("ui.dialog.freeze.until", time=formats.clocked(at, "%Y-%m-%d %H:%M"))

    def missing(self) -> str | None:
        try:
            self.ends_at()
        except ValueError as error:
            return str(error) if self.until.value.strip() else tr("ui.dialog.need.end")
        return self.reason_missing()

    def fill(self, wish: Wish) -> None:
        super().fill(wish)
        scope, until = wish.params.get("scope"), wish.params.get("expires_at")
        if scope in HOLD_SCOPES:
            self.scope.index = HOLD_SCOPES.index(str(scope))
        if isinstance(until, int) and until > self.situation.core_now:
            self.end.index, self.until.shown = ENDS.index(TYPED), True
            self.until.value = formats.clocked(until, "%Y-%m-%d %H:%M:%S")

    def wish(self) -> Wish:
        return commands.freeze(
            self.row.account_id, self.reason_code, self.note, scope=str(self.scope.value), expires_at=self.ends_at()
        )


def span_words(span: int | str | None) -> str:
    """How long a hold lasts, as its choice is shown."""
    if span is None:
        return tr("ui.dialog.open_end")
    if isinstance(span, str):
        return tr("ui.dialog.typed_end")
    return tr("ui.dialog.hours", count=span // HOUR) if span < DAY else tr("ui.dialog.days", count=span // DAY)
