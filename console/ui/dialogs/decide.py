"""Decide: verdict, reason and what is done about it in one step. A number picks what it was, `y` sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.text import Text

from console.core import commands
from console.core.commands import VERDICT_TRANSACTIONS, Wish, reasons_for
from console.core.messages import Account, CoreMeta, Hold, ReasonCode
from console.core.vocabulary import HOLD_SCOPES
from console.desk import lists
from console.desk.checklist import words
from console.desk.reasons import suggested
from console.language import term, tr
from console.risk.packs import Check
from console.ui import claims, reasons
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.fields import Choice, Field, Marks, Question, Reasons, Words, labelled
from console.ui.drafts import Draft
from console.ui.situation import Situation
from console.ui.text import clean
from console.ui.themes import Palette
from console.ui.widgets.portrait import hold_words
from store.overrides import Listing
from store.reader import AccountRow

VERDICT, FREEZE, RELEASE = "case.verdict", "account.freeze", "account.unfreeze"
SNOOZES = ("8h", "1d", "3d", None)
"""How long an alert that nobody could judge stays out of the queue: a shift, a day, three; or not at all."""
CHECK_KEYS = "ABCDEFGHIJKL"


@dataclass(frozen=True)
class Way:
    """What it was, and what is done about it."""

    name: str
    verdict: Literal["fraud", "legit", "inconclusive"]
    freezes: bool = False


WAYS = (
    Way("fraud_freeze", "fraud", freezes=True),
    Way("fraud", "fraud"),
    Way("legit", "legit"),
    Way("inconclusive", "inconclusive"),
)


@dataclass
class Ways:
    """The ways to decide, by number."""

    chosen: Way | None = None

    def press(self, key: str) -> bool:
        if len(key) != 1 or key not in "1234":
            return False
        self.chosen = WAYS[int(key) - 1]
        return True

    def lines(self, width: int, colours: Palette) -> list[Text]:
        lines = []
        for place, way in enumerate(WAYS):
            line = Text(f"{place + 1} ", colours.accent)
            chosen = way is self.chosen
            line.append(
                f"{'●' if chosen else '○'} {tr(f'ui.dialog.decide.{way.name}')}",
                colours.strong if chosen else colours.plain,
            )
            line.truncate(width, overflow="ellipsis")
            lines.append(line)
        return lines


@dataclass
class PutAway(Reasons):
    """The reasons behind a key: it opens them, and a number then chooses one and puts them away again."""

    key: str = "r"
    open: bool = False
    suggested: bool = False

    @property
    def folded(self) -> bool:
        return False

    def offer(self, codes: Sequence[ReasonCode], suggested: str | None) -> None:
        """List these from now on, with the suggested one chosen where it is listed; one that was chosen stays so."""
        kept = self.chosen if self.chosen in codes and not self.suggested else None
        self.codes, self.first = codes, 0
        self.choose(suggested)
        self.suggested = self.chosen is not None and kept is None
        self.chosen = kept or self.chosen

    def press(self, key: str) -> bool:
        if key == self.key and self.codes:
            self.open = not self.open
            return True
        if not self.open:
            return False
        if super().press(key) and key != "0":
            self.open = self.suggested = False
        return key.isdecimal()

    def lines(self, width: int, colours: Palette) -> list[Text]:
        if not self.codes:
            return []
        if self.open:
            return super().lines(width, colours)
        line = labelled(self.key, "ui.dialog.reason", colours)
        told = clean(self.chosen.title, 60) if self.chosen else tr("ui.dialog.none")
        line.append(told, colours.strong if self.chosen else colours.faint)
        line.append(f"  {tr('ui.dialog.decide.suggested')}" if self.suggested else "", colours.faint)
        line.truncate(width, overflow="ellipsis")
        return [line]


class DecideDialog(DecisionDialog):
    """On the transactions of the alert's hits where there are any; `checks` are asked before a hold is released."""

    NAME: ClassVar[str] = "decide"

    def __init__(
        self,
        row: AccountRow,
        resource: Account | None,
        situation: Situation,
        found: tuple[Sequence[str], Sequence[Check], Sequence[str]] = ((), (), ()),
    ) -> None:
        """`found`: the transactions of the alert's hits, the checks, the kinds of fraud that its rules look for."""
        hits, self._checks, self._kinds = found
        self._hits = hits[-VERDICT_TRANSACTIONS:]
        super().__init__(row, resource, situation)

    # ------------------------------------------------------------ fields

    def make_fields(self) -> list[Field]:
        self.ways, self.reasons_field = Ways(), PutAway(())
        self.scope = Choice("s", "ui.dialog.scope", [(scope, term("ui.scope", scope)) for scope in HOLD_SCOPES])
        holds = self.resource.holds if self.resource else []
        self.marks = Marks("ui.dialog.decide.releases", [(hold.hold_id, hold_words(hold)) for hold in holds])
        self.marks.chosen = {hold.hold_id for hold in holds if self._is_ours(hold)}
        lettered = zip(CHECK_KEYS, self._checks, strict=False)
        self.questions = [Question(letter, check.id, words(check)) for letter, check in lettered]
        spans = [(span, span or tr("ui.dialog.none")) for span in SNOOZES]
        self.snooze = Choice("z", "ui.dialog.decide.snooze", spans)
        self.note_words = Words("n", "ui.dialog.note", tr("ui.dialog.none"))
        return self._asked()

    def _is_ours(self, hold: Hold) -> bool:
        meta = self.situation.meta
        return meta is not None and hold.placed_by == meta.you.subject and hold.releasable_by == "operator"

    def _asked(self) -> list[Field]:
        """The fields of the way that is chosen. An open list of reasons has the numbers, so it stands first."""
        way = self.ways.chosen
        more: list[Field] = []
        if way is not None and way.freezes:
            more = [self.scope]
        elif way is not None and way.verdict == "legit" and self.marks.items:
            more = [self.marks, *(self.questions if self.marks.chosen else ())]
        elif way is not None and way.verdict == "inconclusive":
            more = [self.snooze]
        if self.reasons_field.open:
            return [self.reasons_field, self.note_words]
        return [self.ways, *([self.reasons_field] if way else []), *more, *([self.note_words] if way else [])]

    def _press(self, key: str) -> bool:
        before = self.ways.chosen, self._acts()
        used = super()._press(key)
        if (self.ways.chosen, self._acts()) != before:
            self._offer_reasons()
        self.fields = self._asked()
        if used:
            self.show()
        return used

    def _offer_reasons(self) -> None:
        """The reasons that fit the way; where none is suggested and one is needed, they stand open."""
        way, meta = self.ways.chosen, self.situation.meta
        if way is None or meta is None:
            return
        wanted = suggested(self._kinds, meta, FREEZE) if way.verdict == "fraud" else None
        self.reasons_field.offer(self._codes(way, meta), wanted)
        self.reasons_field.open = self._needs_reason() and self.reasons_field.chosen is None

    def _codes(self, way: Way, meta: CoreMeta) -> list[ReasonCode]:
        """Reasons that the core lists for the verdict and what goes with it; where none is for both, for the latter."""
        judged = reasons_for(VERDICT, meta)
        if way.verdict == "inconclusive":
            return judged
        beside = reasons_for(FREEZE if way.verdict == "fraud" else RELEASE, meta)
        both = [code for code in beside if VERDICT in code.commands]
        return both or (beside if self._acts() else judged)

    @property
    def reason(self) -> ReasonCode | None:
        return self.reasons_field.chosen

    @property
    def note_field(self) -> Words | None:
        return self.note_words

    # ------------------------------------------------------------ what it says

    def background(self) -> list[str]:
        """Why the alert is there."""
        told = reasons.sentence(self.row.rule_ids) if self.row.alert_state == "open" else ""
        return [told or tr("ui.watch.no_alert")]

    def consequence(self) -> str:
        way = self.ways.chosen
        if way is None:
            return tr("ui.dialog.decide.effect.none")
        until = tr("ui.dialog.freeze.until_released")
        what = tr(f"ui.dialog.freeze.effect.{self.scope.value}", until=until) if way.freezes else ""
        told = tr(f"ui.dialog.decide.effect.{'release' if self._acts() == RELEASE else way.name}", what=what)
        if way.verdict == "inconclusive" or not self._hits:
            return told
        return f"{told} {tr('ui.dialog.decide.judged', count=len(self._hits))}"

    def warnings(self) -> list[str]:
        held = claims.others(self.row, self.situation)
        told = [held] if held is not None and self.situation.may_approve else []
        way = self.ways.chosen
        if way is not None and way.freezes and self.row.status == "frozen":
            told.append(tr("ui.dialog.decide.frozen", count=self.row.holds))
        return told

    def missing(self) -> str | None:
        held, way = claims.others(self.row, self.situation), self.ways.chosen
        if held is not None and not self.situation.may_approve:
            return held
        if way is None:
            return tr("ui.dialog.decide.need")
        if way.freezes and self.row.status == "closed":
            return tr("ui.need.not_closed")
        if self.reasons_field.open:
            return tr("ui.dialog.need.reason")
        if self.reason is not None or self._needs_reason():
            missing = self.reason_missing()
            if missing is not None:
                return missing
        if self._acts() == RELEASE and not all(question.answered for question in self.questions):
            return tr("ui.dialog.need.checks")
        return None

    # ------------------------------------------------------------ what is decided

    def _acts(self) -> str | None:
        """The type of command that goes with the verdict, None for the verdict alone."""
        way = self.ways.chosen
        if way is not None and way.freezes:
            return FREEZE
        return RELEASE if way is not None and way.verdict == "legit" and self.marks.chosen else None

    def _needs_reason(self) -> bool:
        way = self.ways.chosen
        asked = way is not None and way.verdict != "inconclusive"
        return asked and (self._acts() is not None or bool(self.reasons_field.codes))

    def wish(self) -> Wish:
        """What is done, of which the core tells the effect; the verdict where nothing else is."""
        account_id = self.row.account_id
        match self._acts():
            case "account.freeze":
                return commands.freeze(account_id, self.reason_code, self.note, scope=str(self.scope.value))
            case "account.unfreeze":
                return commands.unfreeze(account_id, sorted(self.marks.chosen), self.reason_code, self.note)
        return self._verdict()

    def also(self) -> list[Wish]:
        return [self._verdict()] if self._acts() is not None else []

    def _verdict(self) -> Wish:
        """The verdict, with the reason where the core lists it for verdicts too."""
        way = self.ways.chosen
        if way is None:
            raise LookupError("nothing is decided yet")
        judged = self._hits if way.verdict != "inconclusive" else ()
        code = self.reason.code if self.reason is not None and VERDICT in self.reason.commands else None
        return commands.verdict(self.row.account_id, way.verdict, judged, code, self.note)

    def answer(self) -> Draft:
        told = super().answer()
        return Draft(
            told.wish, told.account, told.decided_on, checklist=told.checklist, also=told.also, snooze=self._snoozed()
        )

    def _snoozed(self) -> Listing | None:
        way, span = self.ways.chosen, self.snooze.value
        if way is None or way.verdict != "inconclusive" or not isinstance(span, str):
            return None
        now = self.situation.stream_now
        why = " ".join((self.note or "").split())[: lists.LONGEST_REASON]
        return lists.snoozing(
            self.row.account_id,
            lists.until(span, now),
            why if why.isprintable() and why else term("ui.verdict", way.verdict),
            stream_time=now,
        )
