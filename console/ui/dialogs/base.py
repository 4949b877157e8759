"""The frame of every decision about an account: it names the account and says when that has changed meanwhile."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text

from console.core.commands import Wish, needs_approval, reasons_for
from console.core.messages import Account, DecidedOn
from console.desk import foretold, stored
from console.language import term, tr
from console.ui import formats
from console.ui.dialogs.fields import Question, Reasons
from console.ui.dialogs.foresight import Foresight
from console.ui.dialogs.form import Form
from console.ui.drafts import Draft
from console.ui.reasons import rule_ids
from console.ui.situation import Situation
from console.ui.text import clean
from console.ui.themes import Palette
from store.reader import AccountRow, Reader


class DecisionDialog(Form[Draft]):
    """Base of the decisions; dismissed with a Draft, or None when cancelled."""

    TYPE: ClassVar[str] = ""

    def __init__(self, row: AccountRow, resource: Account | None, situation: Situation) -> None:
        self.row, self.resource, self.situation = row, resource, situation
        self._changed = self._gone = False
        self._resource_now: Account | None = None
        self.follows: str | None = None
        self.history: list[str] = []
        self._foresight = Foresight()
        super().__init__()

    # ------------------------------------------------------------ what a dialog says

    def background(self) -> list[str]:
        """What more of the account one must know to decide, a line each."""
        return []

    def warnings(self) -> list[str]:
        """What speaks against the decision as it stands, a line each; it can be sent all the same."""
        return []

    def fill(self, wish: Wish) -> None:
        """Set the fields to an earlier wish, as far as it can still be wished."""
        reasons = next((part for part in self.fields if isinstance(part, Reasons)), None)
        if reasons is not None:
            reasons.choose(wish.reason_code)
        if self.note_field is not None:
            self.note_field.value = wish.note or ""

    def recall(self, wish: Wish, follows: str, history: list[str]) -> None:
        """Start from an earlier wish; `follows` is its command, `history` says what became of it."""
        self.follows, self.history = follows, history
        self.fill(wish)

    def approval_words(self) -> str:
        """That a second person must approve the decision, and why where that is known."""
        return tr("ui.dialog.approval")

    def wish(self) -> Wish:
        """What was decided; asked for only when nothing is missing."""
        raise LookupError("a dialog must say what it wishes")

    def also(self) -> list[Wish]:
        """What is decided in the same breath, and goes out after it."""
        return []

    def reasons(self) -> Reasons:
        """The field of the core's reason codes for this type of command."""
        meta = self.situation.meta
        return Reasons(reasons_for(self.TYPE, meta) if meta else ())

    # ------------------------------------------------------------ the form

    def head(self, colours: Palette) -> list[Text]:
        row, exponents = self.row, self.situation.exponents
        name = Text(clean(row.account_id, 72), colours.strong).append(f"  {clean(row.customer_name, 40)}")
        money = f"{formats.money(row.balance_minor, row.currency, exponents)} {formats.currency(row.currency)}"
        state = Text(term("ui.status", clean(row.status, 16)), colours.accent)
        state.append(f"  {tr('ui.dialog.owes', amount=money)}", colours.faint)
        return [name, state, *(Text(words, colours.faint) for words in (*self.background(), *self.history))]

    def obstacle(self) -> str | None:
        return tr("ui.dialog.gone") if self._gone else self.missing()

    def show(self) -> None:
        if self._composed and self.is_running and self.obstacle() is None:
            self._foresight.look(self)
        super().show()

    def remarks(self, colours: Palette) -> list[Text]:
        lines = [Text(tr("ui.dialog.changed", changes=self._changes()), colours.bad)] if self._changed else []
        lines += [Text(warning, colours.bad) for warning in self.warnings()]
        if self.obstacle() is None:
            lines += [Text(words, getattr(colours, grade)) for grade, words in self._foretold()]
        return lines

    def _foretold(self) -> list[foretold.Line]:
        """What is known of the decision's effect, the core's word first."""
        told: list[foretold.Line] = []
        seen, wish, meta = self._foresight.seen, self.wish(), self.situation.meta
        if meta is None:
            return told
        if seen is None or seen.preview is None:
            told.append(("faint", tr(f"ui.dialog.preview.{seen.trouble}" if seen else "ui.dialog.preview.asked")))
            asks = self._asks_approval()
        else:
            told.append(foretold.effect(seen.preview, self.resource, self.situation.exponents))
            asks = seen.preview.approval
        if asks:
            told.append(("warning", self.approval_words()))
        notice = foretold.told(wish, meta)
        if notice is not None:
            told.append(notice)
        if seen is not None and seen.quota is not None and wish.type.startswith("account."):
            told.append(foretold.quota_words(seen.quota, self.row.account_id))
        return told

    def _changes(self) -> str:
        """What of the account is other than when the dialog was opened, where that can be told."""
        if self.resource is None or self._resource_now is None:
            return formats.NOTHING
        found = foretold.differences(self.resource, self._resource_now, self.situation.exponents)
        return " · ".join(found) or formats.NOTHING

    def _asks_approval(self) -> bool:
        meta = self.situation.meta
        return meta is not None and needs_approval(self.wish(), meta, self.resource)

    def follow(self, mirror: Reader | None) -> None:
        """The mirror has changed: the dialog says when the account is no longer what the decision is about.

        What does not count, such as a purchase that was posted, is shown, and the decision stands on that.
        """
        detail = mirror.account(self.row.account_id) if mirror is not None else None
        now = stored.account(detail.doc) if detail is not None else None
        self._gone = detail is None
        self._changed = detail is not None and what_counts(detail.row, now) != what_counts(self.row, self.resource)
        self._resource_now = now
        if detail is not None and now is not None and not self._changed:
            self.row, self.resource = detail.row, now
        self.show()

    def answer(self) -> Draft:
        """The decision, with what was on screen when it was made."""
        seen = max((feed.scanned_to_seq or 0 for feed in self.situation.lanes), default=0)
        shown = DecidedOn(score=self.row.score, rule_ids=rule_ids(self.row.rule_ids) or None, seen_seq=seen or None)
        answers = [part.told() for part in self.fields if isinstance(part, Question)]
        return Draft(self.wish(), self.resource, shown, self.follows, answers, self.also())


def what_counts(row: AccountRow, resource: Account | None) -> tuple[object, ...]:
    """What of an account a decision is about: when it differs from what was on screen, that is said."""
    holds = {hold.hold_id for hold in resource.holds} if resource is not None else set()
    return row.status, row.holds, holds, row.credit_limit_minor
