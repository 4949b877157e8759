"""Set a limit to a value: always absolute, never "by"."""

from __future__ import annotations

from typing import ClassVar

from console.core.messages import Account
from console.language import tr
from console.ui import formats
from console.ui.dialogs.base import DecisionDialog, reason_missing
from console.ui.dialogs.fields import Choice, Field, Reasons, Words
from console.ui.drafts import SET_LIMIT
from console.ui.situation import Situation
from console.ui.text import clean
from store.reader import AccountRow

LIMITS = ("credit", "cash", "daily")


class LimitDialog(DecisionDialog):
    TYPE: ClassVar[str] = SET_LIMIT
    NAME: ClassVar[str] = "limit"

    def __init__(self, row: AccountRow, situation: Situation, account: Account) -> None:
        limits = account.limits
        self._before = dict(
            zip(LIMITS, (limits.credit_limit_minor, limits.cash_limit_minor, limits.daily_limit_minor), strict=True)
        )
        self._currency = limits.currency
        super().__init__(row, situation)

    def make_fields(self) -> list[Field]:
        self.which = Choice("s", "ui.dialog.limit.which", [(name, tr(f"ui.dialog.limit.{name}")) for name in LIMITS])
        self.value = Words("t", "ui.dialog.limit.value", self._currency, longest=20)
        return [
            self.which,
            self.value,
            Reasons(self.situation.reasons(SET_LIMIT)),
            Words("n", "ui.dialog.note", tr("ui.dialog.none")),
        ]

    def wanted(self) -> int | None:
        """The value typed, in minor units; None while it is no amount of the account's currency."""
        exponent = self.situation.exponents.get(self._currency)
        return None if exponent is None else formats.minor_units(self.value.value.strip(), exponent)

    def consequence(self) -> str:
        before, after = self._before[str(self.which.value)], self.wanted()
        shown = [formats.money(value, self._currency, self.situation.exponents) for value in (before, after)]
        text = tr(
            "ui.dialog.limit.effect", limit=tr(f"ui.dialog.limit.{self.which.value}"), before=shown[0], after=shown[1]
        )
        raised = after is not None and (before is None or after > before)
        return f"{text} {tr('ui.dialog.limit.raise')}" if raised else text

    def missing(self) -> str | None:
        if not self.value.value.strip():
            return tr("ui.dialog.need.value")
        if self.wanted() is None:
            return tr("ui.dialog.need.amount", currency=clean(self._currency, 3))
        return reason_missing(self.fields)

    def params(self) -> dict[str, object]:
        return {"limit": self.which.value, "value_minor": self.wanted(), "currency": self._currency}
