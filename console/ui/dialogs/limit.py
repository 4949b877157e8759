"""Set a limit to a value or a share: what goes out is always absolute, never "by"."""

from __future__ import annotations

from typing import ClassVar

from console.core import commands
from console.core.commands import Wish, limit_of
from console.desk import shares
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
        self.value = Words(
            "t", "ui.dialog.limit.value", tr("ui.dialog.limit.hint", currency=self._currency), longest=20
        )
        of = [(name, tr(f"ui.dialog.limit.of_{name}")) for name in shares.OF]
        self.of = Choice("o", "ui.dialog.limit.of", of, shown=False)
        return [self.which, self.value, self.of, self.reasons(), Words("n", "ui.dialog.note", tr("ui.dialog.none"))]

    @property
    def _currency(self) -> str:
        return clean(self.resource.limits.currency if self.resource else self.row.currency, 3)

    def show(self) -> None:
        self.of.shown = "%" in self.value.value
        super().show()

    def before(self) -> int | None:
        """The limit as it is, minor units; None when there is none."""
        return limit_of(self.resource, str(self.which.value)) if self.resource else None

    def wanted(self) -> int | None:
        """The value typed, in minor units; None while it is no amount of the account's currency and no share."""
        if "%" in self.value.value:
            owed = self.resource.limits.balance_minor if self.resource else None
            return shares.minor(self.value.value, self.before() if self.of.value == "limit" else owed)
        exponent = self.situation.exponents.get(self._currency)
        return None if exponent is None else formats.minor_units(self.value.value.strip(), exponent)

    def consequence(self) -> str:
        shown = [self._amount(value) for value in (self.before(), self.wanted())]
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

    def warnings(self) -> list[str]:
        """A credit limit below what is owed and pending leaves the account overdrawn at once."""
        wanted, limits = self.wanted(), self.resource.limits if self.resource else None
        if wanted is None or limits is None or self.which.value != "credit":
            return []
        taken = (limits.balance_minor or 0) + (limits.pending_minor or 0)
        return [tr("ui.dialog.limit.below", taken=self._amount(taken))] if wanted < taken else []

    def approval_words(self) -> str:
        """A raise needs a second person whatever its reason."""
        raised = (self.wanted() or 0) > (self.before() or 0)
        return tr("ui.dialog.limit.raised") if raised else super().approval_words()

    def ready(self) -> str:
        return tr("ui.dialog.limit.ready", key=SEND, amount=self._amount(self.wanted()), currency=self._currency)

    def _amount(self, minor: int | None) -> str:
        return formats.money(minor, self._currency, self.situation.exponents)

    def missing(self) -> str | None:
        if not self.value.value.strip():
            return tr("ui.dialog.need.value")
        if self.wanted() is None:
            share = "%" in self.value.value
            return tr("ui.dialog.need.share") if share else tr("ui.dialog.need.amount", currency=self._currency)
        return self.reason_missing()

    def fill(self, wish: Wish) -> None:
        super().fill(wish)
        limit, value = wish.params.get("limit"), wish.params.get("value_minor")
        if limit in LIMITS:
            self.which.index = LIMITS.index(str(limit))
        exponent = self.situation.exponents.get(self._currency)
        if isinstance(value, int) and exponent is not None:
            self.value.value = formats.money(value, self._currency, self.situation.exponents)

    def wish(self) -> Wish:
        return commands.set_limit(
            self.row.account_id,
            self.wanted() or 0,
            self._currency,
            self.reason_code,
            self.note,
            limit=str(self.which.value),
        )
