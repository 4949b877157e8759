"""Decisions on all marked accounts at once: what, how many, how much can be spent on them, and who must approve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Any, ClassVar

from rich.text import Text

from console.core.commands import Wish, needs_approval, reasons_for
from console.core.instants import Instant
from console.core.vocabulary import HOLD_SCOPES
from console.desk import bulk, foretold, shares
from console.desk.checklist import words
from console.desk.quota import Quota
from console.language import term, tr
from console.risk.packs import Check
from console.ui import formats
from console.ui.dialogs.case import MINUTES, VERDICTS
from console.ui.dialogs.fields import Choice, Field, Question, Reasons, Words
from console.ui.dialogs.form import SEND, Form
from console.ui.dialogs.freeze import ENDS, TYPED, span_words
from console.ui.dialogs.limit import LIMITS
from console.ui.situation import Situation
from console.ui.text import clean
from console.ui.themes import Palette
from store.plans import Order, Target


@dataclass(frozen=True)
class Crowd:
    """The marked accounts as they were when the dialog was opened.

    `checks` must be answered before they are released; `hits` are the transactions of each account's open alert.
    """

    targets: Sequence[Target]
    statuses: Mapping[str, int]
    checks: Sequence[Check] = ()
    hits: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def account_ids(self) -> list[str]:
        return [target.account_id for target in self.targets]


@dataclass(frozen=True)
class BulkDraft:
    """A decision on many accounts as it leaves its dialog."""

    order: Order
    targets: Sequence[Target]
    checklist: Sequence[Mapping[str, str]] = ()


class BulkDialog(Form[BulkDraft]):
    """Base of the decisions on many accounts."""

    TYPE: ClassVar[str] = ""

    def __init__(self, crowd: Crowd, situation: Situation, quota: Quota | None) -> None:
        self.crowd, self.situation, self.quota = crowd, situation, quota
        super().__init__()

    def reasons(self) -> Reasons:
        meta = self.situation.meta
        return Reasons(reasons_for(self.TYPE, meta) if meta else ())

    def params(self) -> dict[str, Any]:
        """The command's parameters, as far as they are the same for all accounts."""
        return {}

    def targets(self) -> Sequence[Target]:
        return self.crowd.targets

    def missing(self) -> str | None:
        return self.reason_missing()

    def head(self, colours: Palette) -> list[Text]:
        told = formats.amounts(bulk.exposure(self.crowd.targets), self.situation.exponents)
        states = Counter(dict(self.crowd.statuses)).most_common()
        shown = " · ".join(f"{term('ui.status', clean(status, 16))} {count}" for status, count in states)
        count = formats.count(len(self.crowd.targets))
        return [
            Text(tr("ui.bulk.accounts", count=count), colours.strong).append(
                f"  {tr('ui.bulk.spendable', amounts=told)}"
            ),
            Text(shown, colours.faint),
        ]

    def consequence(self) -> str:
        return f"{tr(f'ui.dialog.{self.NAME}.effect')} {tr('ui.bulk.order')}"

    def remarks(self, colours: Palette) -> list[Text]:
        meta = self.situation.meta
        if meta is None or self.missing() is not None:
            return []
        order, count = self.order(), len(self.crowd.targets)
        wish = Wish(order.type, "", order.params, order.reason_code, order.note)
        lines = [Text(notice[1], colours.warning) for notice in [foretold.told(wish, meta)] if notice is not None]
        if self.TYPE != "account.freeze" and needs_approval(wish, meta, None):
            return [*lines, Text(tr("ui.bulk.all_wait", count=formats.count(count)), colours.warning)]
        waiting = bulk.beyond(order, self.crowd.account_ids, self.quota)
        if self.quota is not None and self.TYPE.startswith("account."):
            told = tr("ui.bulk.quota", left=self.quota.left, waiting=formats.count(waiting))
            lines.append(Text(told, colours.warning if waiting else colours.faint))
        return lines

    def ready(self) -> str:
        return tr("ui.bulk.ready", key=SEND, count=formats.count(len(self.crowd.targets)))

    def order(self) -> Order:
        return Order(self.TYPE, self.params(), self.reason_code or None, self.note)

    def answer(self) -> BulkDraft:
        answers = [part.told() for part in self.fields if isinstance(part, Question)]
        return BulkDraft(self.order(), self.targets(), answers)


class BulkFreeze(BulkDialog):
    TYPE: ClassVar[str] = "account.freeze"
    NAME: ClassVar[str] = "bulk_freeze"

    def make_fields(self) -> list[Field]:
        self.scope = Choice("s", "ui.dialog.scope", [(scope, term("ui.scope", scope)) for scope in HOLD_SCOPES])
        spans = [(span, span_words(span)) for span in ENDS if span != TYPED]
        self.end = Choice("e", "ui.dialog.ends", spans)
        return [self.scope, self.reasons(), _note(), self.end]

    def params(self) -> dict[str, Any]:
        span = self.end.value
        until = {"expires_at": Instant(self.situation.core_now + span)} if isinstance(span, int) else {}
        return {"scope": str(self.scope.value)} | until


class BulkUnfreeze(BulkDialog):
    """Every hold that a person may release; the checks are answered once, for all."""

    TYPE: ClassVar[str] = "account.unfreeze"
    NAME: ClassVar[str] = "bulk_unfreeze"

    def make_fields(self) -> list[Field]:
        lettered = zip(ascii_uppercase, self.crowd.checks, strict=False)
        self.questions = [Question(letter, check.id, words(check)) for letter, check in lettered]
        return [self.reasons(), _note(), *self.questions]

    def missing(self) -> str | None:
        answered = all(question.answered for question in self.questions)
        return self.reason_missing() or (None if answered else tr("ui.dialog.need.checks"))


class BulkLimit(BulkDialog):
    """One value in one currency, or a share of each account's own limit."""

    TYPE: ClassVar[str] = "account.set_limit"
    NAME: ClassVar[str] = "bulk_limit"

    def make_fields(self) -> list[Field]:
        self.which = Choice("s", "ui.dialog.limit.which", [(name, tr(f"ui.dialog.limit.{name}")) for name in LIMITS])
        known = Counter(target.currency for target in self.crowd.targets if target.currency).most_common()
        self.currency = Choice("o", "ui.bulk.currency", [(code, clean(code, 3)) for code, _ in known] or [("", "–")])
        hint = tr("ui.dialog.limit.hint", currency=str(self.currency.value))
        self.value = Words("t", "ui.dialog.limit.value", hint, longest=20)
        return [self.which, self.value, self.currency, self.reasons(), _note()]

    def params(self) -> dict[str, Any]:
        limit, typed = str(self.which.value), self.value.value.strip()
        if "%" in typed:
            return {"limit": limit, "share": typed}
        return {"limit": limit, "value_minor": self._wanted() or 0, "currency": str(self.currency.value)}

    def _wanted(self) -> int | None:
        exponent = self.situation.exponents.get(str(self.currency.value))
        return None if exponent is None else formats.minor_units(self.value.value.strip(), exponent)

    def missing(self) -> str | None:
        typed = self.value.value.strip()
        if not typed:
            return tr("ui.dialog.need.value")
        if "%" in typed:
            share = shares.minor(typed, 100)
            return tr("ui.dialog.need.share") if share is None or share >= 100 else self.reason_missing()
        wrong = self._wanted() is None
        return tr("ui.dialog.need.amount", currency=str(self.currency.value)) if wrong else self.reason_missing()


class BulkClose(BulkDialog):
    """For good: the number of accounts must be typed."""

    TYPE: ClassVar[str] = "account.close"
    NAME: ClassVar[str] = "bulk_close"

    def make_fields(self) -> list[Field]:
        self.typed = Words("t", "ui.bulk.count", tr("ui.bulk.need_count"), longest=8)
        return [self.typed, self.reasons(), _note()]

    def missing(self) -> str | None:
        wrong = self.typed.value.strip() != str(len(self.crowd.targets))
        return tr("ui.bulk.need_count") if wrong else self.reason_missing()


class BulkClaim(BulkDialog):
    TYPE: ClassVar[str] = "case.claim"
    NAME: ClassVar[str] = "bulk_claim"

    def make_fields(self) -> list[Field]:
        minutes = [(count, tr("ui.dialog.minutes", count=count)) for count in MINUTES]
        self.span = Choice("s", "ui.dialog.claim.minutes", minutes)
        return [self.span]

    def missing(self) -> str | None:
        return None

    def params(self) -> dict[str, Any]:
        return {"minutes": int(str(self.span.value))}


class BulkVerdict(BulkDialog):
    """What it was. On the transactions of each account's alert; on the account where there is none."""

    TYPE: ClassVar[str] = "case.verdict"
    NAME: ClassVar[str] = "bulk_verdict"

    def make_fields(self) -> list[Field]:
        options = [(None, "–"), *((name, term("ui.verdict", name)) for name in VERDICTS)]
        self.which = Choice("s", "ui.dialog.verdict.which", options)
        return [self.which, self.reasons(), _note()]

    def missing(self) -> str | None:
        if self.which.value is None:
            return tr("ui.dialog.need.verdict")
        listed = any(isinstance(part, Reasons) and part.codes for part in self.fields)
        asked = listed and self.which.value != "inconclusive"
        return self.reason_missing() if asked or self.reason is not None else None

    def params(self) -> dict[str, Any]:
        return {"verdict": str(self.which.value)}

    def targets(self) -> Sequence[Target]:
        if self.which.value == "inconclusive":
            return self.crowd.targets
        return [_judged(target, self.crowd.hits.get(target.account_id, ())) for target in self.crowd.targets]


def _judged(one: Target, hits: Sequence[str]) -> Target:
    if not hits:
        return one
    return Target(one.account_id, one.version, one.exposure_minor, one.currency, {"transaction_ids": list(hits)})


def _note() -> Words:
    return Words("n", "ui.dialog.note", tr("ui.dialog.none"))
