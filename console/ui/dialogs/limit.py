"""Set a limit to a value: always absolute, never "by"."""

from __future__ import annotations

from typing import ClassVar

from console.core import commands
from console.core.commands import Wish, limit_of
from console.language import tr
from console.ui import formats
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.fields import Choice, Field, Words
from console.ui.dialogs.form import SEND
from console.ui.text import clean

LIMITS = ("credit", "cash", "daily")


class LimitDialog(DecisionDialog):
    TYPE: ClassVar[str] = "account.set_limit"
    NAME: ClassVar[str] = "limit"

    def make_fields(self) -> list[Field]:
        self.which = Choice("s", "ui.dialog.limit.which", [(name, tr(f"ui.dialog.limit.{name}")) for name in LIMITS])
        self.value = Words("t", "ui.dialog.limit.value", self._currency, longest=20)
        return [self.which, self.value, self.reasons(), Words("n", "ui.dialog.note", tr("ui.dialog.none"))]

    @property
    def _currency(self) -> str:
        return clean(self.resource.limits.currency if self.resource else self.row.currency, 3)

    def wanted(self) -> int | None:
        """The value typed, in minor units; None while it is no amount of the account's currency."""
        exponent = self.situation.exponents.get(self._currency)
        return None if exponent is None else formats.minor_units(self.value.value.strip(), exponent)

    def consequence(self) -> str:
        before = limit_of(self.resource, str(self.which.value)) if self.resource else None
        shown = [self._amount(value) for value in (before, self.wanted())]
        words = tr(f"ui.dialog.limit.{self.which.value}")
        return tr("ui.dialog.limit.effect", limit=words, before=shown[0], after=shown[1])

    def background(self) -> list[str]:
        limits = self.resource.limits if self.resource else None
        if limits is None:
            return []
        return [
            tr(
                "ui.dialog.limit.now",
                limit=self._amount(limits.credit_limit_minor),
                available=self._amount(limits.available_minor),
                pending=self._amount(limits.pending_minor),
            )
        ]

    def warning(self) -> str | None:
        """A credit limit below what is owed and pending leaves the account overdrawn at once."""
        wanted, limits = self.wanted(), self.resource.limits if self.resource else None
        if wanted is None or limits is None or self.which.value != "credit":
            return None
        taken = (limits.balance_minor or 0) + (limits.pending_minor or 0)
        return tr("ui.dialog.limit.below", taken=self._amount(taken)) if wanted < taken else None

    def ready(self) -> str:
        return tr("ui.dialog.limit.ready", key=SEND, amount=self._amount(self.wanted()), currency=self._currency)

    def _amount(self, minor: int | None) -> str:
        return formats.money(minor, self._currency, self.situation.exponents)

    def missing(self) -> str | None:
        if not self.value.value.strip():
            return tr("ui.dialog.need.value")
        if self.wanted() is None:
            return tr("ui.dialog.need.amount", currency=self._currency)
        return self.reason_missing()

    def wish(self) -> Wish:
        return commands.set_limit(
            self.row.account_id,
            self.wanted() or 0,
            self._currency,
            self.reason_code,
            self.note,
            limit=str(self.which.value),
        )
