"""Deciding an application or a limit request: approve, approve for less, decline, or refer it with a note."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text

from console.core import commands
from console.core.commands import InvalidWish, Wish
from console.desk import deciding, foretold, review
from console.desk.review import Decision, InForce
from console.language import tr
from console.risk.credit.review import Choice
from console.ui import formats, reviewing
from console.ui.dialogs.fields import Field, Reasons, Words
from console.ui.dialogs.form import SEND, Form
from console.ui.situation import Situation
from console.ui.text import clean
from console.ui.themes import Palette
from console.ui.widgets.papers import Judged
from store import papers
from store.reader import Reader


@dataclass(frozen=True)
class Answered:
    """A decision with the paper as it was looked at and by what it was judged."""

    judged: Judged
    by: InForce
    decision: Decision


class ReviewDialog(Form[Answered]):
    """Base: one decision on one paper; dismissed with it, or None when cancelled."""

    CHOICE: ClassVar[Choice]

    def __init__(self, judged: Judged, by: InForce, situation: Situation) -> None:
        self.judged, self.by, self.situation = judged, by, situation
        self._changed = self._gone = False
        super().__init__()

    # ------------------------------------------------------------ the form

    def make_fields(self) -> list[Field]:
        found, advice, meta = self.judged.found, self.judged.advice, self.situation.meta
        self.amount = Words("t", "review.label.limit", tr("review.need_limit"), longest=20)
        note = Words("n", "ui.dialog.note", tr("ui.dialog.none"))
        if self.CHOICE is Choice.REFER:
            note.hint = tr("review.need_note")
            return [note]
        listed = commands.reasons_for(f"{found.type}.decide", meta) if meta else ()
        reasons = Reasons(listed)
        reasons.choose(review.reason_code(advice, self.CHOICE, found.type, meta) if meta else None)
        if self.CHOICE is not Choice.LESS:
            return [reasons, note]
        self.amount.value = self._amount(advice.offer.limit_minor)
        return [self.amount, reasons, note]

    def head(self, colours: Palette) -> list[Text]:
        found, advice = self.judged.found, self.judged.advice
        name = clean(found.customer.name_masked, 40) if found.customer else formats.NOTHING
        first = Text(f"{tr(f'review.type.{found.type}')} {clean(found.resource.id, 72)}", colours.strong)
        first.append(f"  {name}  ").append(tr("review.asks", **self._asked()), colours.accent)
        words = reviewing.advice(advice, found.case.currency, self.situation.exponents)
        second = Text(f"{tr('review.label.advice')}: {words}", reviewing.choice_style(advice.choice, colours))
        told = reviewing.reasons(advice.reasons)
        return [first, second.append(f"  {told}" if told else "", colours.plain), reviewing.flow(advice, colours)]

    def consequence(self) -> str:
        amount = self._amount(self._limit())
        return tr(f"ui.dialog.{self.NAME}.effect", amount=amount, currency=formats.currency(self._currency))

    def remarks(self, colours: Palette) -> list[Text]:
        lines = [Text(tr("review.changed"), colours.bad)] if self._changed else []
        if self.CHOICE is not Choice.REFER:
            lines.append(Text(tr("review.no_undo"), colours.faint))
        if self.CHOICE not in (self.judged.advice.choice, Choice.REFER):
            lines.append(Text(tr("review.against"), colours.warning))
        wish, meta = self._wish(), self.situation.meta
        if wish is None or meta is None or self.missing() is not None:
            return lines
        if commands.needs_approval(wish, meta, self.judged.found.account):
            lines.append(Text(tr("ui.dialog.limit.raised"), colours.warning))
        notice = foretold.told(wish, meta)
        return [*lines, Text(notice[1], getattr(colours, notice[0]))] if notice else lines

    def missing(self) -> str | None:
        if self.CHOICE is Choice.REFER:
            return None if self.note else tr("review.need_note")
        if self.CHOICE is Choice.LESS and self._limit() is None:
            return tr("ui.dialog.need.amount", currency=self._currency)
        try:
            review.wish(self.judged.found, self._decision())
        except InvalidWish as error:
            return deciding.explain(error)
        return self.reason_missing()

    def obstacle(self) -> str | None:
        return tr("review.gone") if self._gone else self.missing()

    def ready(self) -> str:
        return tr("ui.dialog.ready", key=SEND)

    def follow(self, mirror: Reader | None) -> None:
        """The mirror has changed: a paper that is no longer what was looked at is said to be; the core refuses it."""
        before = self.judged.found.paper
        now = papers.find(mirror, before.type, before.id) if mirror is not None else None
        self._gone, self._changed = now is None, now is not None and now.version != before.version
        self.show()

    def answer(self) -> Answered:
        return Answered(self.judged, self.by, self._decision())

    # ------------------------------------------------------------ what is wished

    def _decision(self) -> Decision:
        return Decision(self.CHOICE, self.reason_code, self.note, self._limit())

    def _wish(self) -> Wish | None:
        try:
            return review.wish(self.judged.found, self._decision())
        except InvalidWish:
            return None

    @property
    def _currency(self) -> str:
        return clean(self.judged.found.case.currency, 3)

    def _limit(self) -> int | None:
        """The limit approved, minor units; None where none is, or while what was typed is no amount."""
        if self.CHOICE is Choice.APPROVE:
            return self.judged.found.resource.requested_limit_minor
        exponent = self.situation.exponents.get(self._currency)
        if self.CHOICE is not Choice.LESS or exponent is None:
            return None
        return formats.minor_units(self.amount.value.strip(), exponent)

    def _amount(self, minor: int | None) -> str:
        return formats.money(minor, self._currency, self.situation.exponents)

    def _asked(self) -> dict[str, str]:
        requested = self.judged.found.resource.requested_limit_minor
        return {"amount": self._amount(requested), "currency": formats.currency(self._currency)}


class GrantDialog(ReviewDialog):
    NAME: ClassVar[str] = "grant"
    CHOICE: ClassVar[Choice] = Choice.APPROVE


class GrantLessDialog(ReviewDialog):
    NAME: ClassVar[str] = "grant_less"
    CHOICE: ClassVar[Choice] = Choice.LESS


class TurnDownDialog(ReviewDialog):
    NAME: ClassVar[str] = "turn_down"
    CHOICE: ClassVar[Choice] = Choice.DECLINE


class ReferDialog(ReviewDialog):
    """It stays open; the note says what is to be found out."""

    NAME: ClassVar[str] = "refer"
    CHOICE: ClassVar[Choice] = Choice.REFER
