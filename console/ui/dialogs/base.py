"""The frame of every decision dialog. It names the account, says what will happen, and prints the keys that answer.

Cancel has the focus: enter and escape leave without effect. Only `y`, and only when nothing is missing, decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from console.core.commands import Wish, needs_approval, reasons_for
from console.core.messages import Account, DecidedOn, ReasonCode
from console.language import term, tr
from console.ui import formats
from console.ui.dialogs.fields import Field, Reasons, Words
from console.ui.drafts import Draft
from console.ui.reasons import rule_ids
from console.ui.situation import Situation
from console.ui.text import clean
from console.ui.themes import Palette, palette
from console.ui.widgets.answer import Answer
from store.reader import AccountRow, Reader

if TYPE_CHECKING:
    from console.ui.app import RiskDesk

SEND = "y"
WIDTH = 74
EDITS = {
    "backspace": "delete_left",
    "delete": "delete_right",
    "left": "cursor_left",
    "right": "cursor_right",
    "home": "home",
    "end": "end",
}
"""The keys that edit a field's text, and the field's own action for each."""
FRAME = 9
"""Lines of a dialog besides its object, fields and foot: border, consequence, gaps and answers."""


class DecisionDialog(ModalScreen[Draft | None]):
    """Base of the dialogs; dismissed with a Draft, or None when cancelled."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = f"""
    DecisionDialog {{ align: center middle; background: $background 60%; }}
    DecisionDialog #box {{ width: {WIDTH}; height: auto; max-height: 100%; padding: 0 2 0 2; background: $surface;
        border: round $border; border-title-color: $foreground; border-title-style: bold; }}
    DecisionDialog #form {{ height: auto; }}
    DecisionDialog Input {{ display: none; border: none; height: 1; padding: 0 1; background: $panel; }}
    DecisionDialog Input.-open {{ display: block; }}
    DecisionDialog Input:focus {{ border: none; }}
    DecisionDialog #answers {{ height: 1; margin: 1 0 0 0; }}
    """
    TYPE: ClassVar[str] = ""
    NAME: ClassVar[str] = ""

    def __init__(self, row: AccountRow, resource: Account | None, situation: Situation) -> None:
        super().__init__()
        self.row, self.resource, self.situation = row, resource, situation
        self.fields: list[Field] = self.make_fields()
        self._typing: Words | None = None
        self._changed = self._gone = False
        self._composed = False
        self._early: list[events.Key] = []

    # ------------------------------------------------------------ what a dialog says

    def make_fields(self) -> list[Field]:
        """The dialog's fields, in the order they are shown."""
        return []

    def consequence(self) -> str:
        """What will happen, in a sentence."""
        return tr(f"ui.dialog.{self.NAME}.effect")

    def missing(self) -> str | None:
        """What is still needed before the decision can be sent; None when it is complete."""
        return None

    def background(self) -> list[str]:
        """What more of the account one must know to decide, a line each."""
        return []

    def warning(self) -> str | None:
        """What speaks against the decision as it stands; it can be sent all the same."""
        return None

    def ready(self) -> str:
        """What the send key does, when nothing is missing."""
        return tr("ui.dialog.ready", key=SEND)

    def wish(self) -> Wish:
        """What was decided; asked for only when nothing is missing."""
        raise LookupError("a dialog must say what it wishes")

    def reasons(self) -> Reasons:
        """The field of the core's reason codes for this type of command."""
        meta = self.situation.meta
        return Reasons(reasons_for(self.TYPE, meta) if meta else ())

    @property
    def reason(self) -> ReasonCode | None:
        return next((part.chosen for part in self.fields if isinstance(part, Reasons)), None)

    @property
    def reason_code(self) -> str:
        return self.reason.code if self.reason else ""

    @property
    def note(self) -> str | None:
        """The note for the core's record, None when there is none."""
        part = self._note_field()
        return (part.value.strip() or None) if part else None

    def reason_missing(self) -> str | None:
        """What the reason still needs: to be chosen, or the note it asks for."""
        if self.reason is None:
            return tr("ui.dialog.need.reason")
        if self.reason.requires_note and not self.note:
            return tr("ui.dialog.need.note", key="n")
        return None

    # ------------------------------------------------------------ the frame

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Static(id="form", markup=False)
            yield Input(max_length=2000, select_on_focus=False)
            with Horizontal(id="answers"):
                yield Answer(f"{tr('ui.dialog.cancel')}  esc", "cancel", focusable=True)
                yield Answer(f"{tr(f'ui.action.{self.NAME}')}  {SEND}", "send")

    def on_mount(self) -> None:
        self.query_one("#box").border_title = Text(tr(f"ui.dialog.{self.NAME}.title"))
        self.set_focus(self.query_one("#cancel"))
        self._composed = True
        self.show()
        early, self._early = self._early, []
        for event in early:
            self.take(event)

    def show(self) -> None:
        """Draw the form as it stands."""
        colours = palette(self.app.theme_variables)
        width = min(WIDTH, self.app.size.width) - 6
        missing = tr("ui.dialog.gone") if self._gone else self.missing()
        head = self._object(width, colours)
        form = [line for part in self.fields for line in part.lines(width, colours)]
        foot = []
        if self._changed:
            foot.append(Text(tr("ui.dialog.changed"), colours.bad))
        warning = self.warning()
        if warning is not None:
            foot.append(Text(warning, colours.bad))
        if missing is None and self._asks_approval():
            foot.append(Text(tr("ui.dialog.approval"), colours.warning))
        foot.append(Text(missing or self.ready(), colours.warning if missing else colours.good))
        roomy = len(head) + len(form) + len(foot) + FRAME <= self.app.size.height
        gap = [Text()] if roomy else []
        lines = [*head, *gap, Text(self.consequence(), colours.plain), *gap, *form, *gap, *foot]
        self.query_one("#form", Static).update(Text("\n").join(lines))
        self.query_one("#send").set_class(missing is None, "-ready")

    def _asks_approval(self) -> bool:
        meta = self.situation.meta
        return meta is not None and needs_approval(self.wish(), meta, self.resource)

    def _object(self, width: int, colours: Palette) -> list[Text]:
        row, exponents = self.row, self.situation.exponents
        name = Text(clean(row.account_id, 72), colours.strong).append(f"  {clean(row.customer_name, 40)}")
        money = f"{formats.money(row.balance_minor, row.currency, exponents)} {clean(row.currency, 3)}"
        state = Text(term("ui.status", clean(row.status, 16)), colours.accent)
        state.append(f"  {tr('ui.dialog.owes', amount=money)}", colours.faint)
        lines = [name, state, *(Text(words, colours.faint) for words in self.background())]
        for line in lines:
            line.truncate(width, overflow="ellipsis")
        return lines

    def follow(self, mirror: Reader | None) -> None:
        """The mirror has changed: the dialog says when the account is no longer what the decision is about."""
        detail = mirror.account(self.row.account_id) if mirror is not None else None
        self._gone = detail is None
        self._changed = detail is not None and _what_counts(detail.row) != _what_counts(self.row)
        if self._composed and self.is_running:
            self.show()

    # ------------------------------------------------------------ answering

    def take(self, event: events.Key) -> bool:
        """Use a key; False when it means nothing here.

        The app calls this as keys come, instead of sending them through the queues of widgets: so each key acts before
        the next one, and none goes elsewhere while a field opens. Keys that come before the dialog stands wait for it.
        """
        if not self._composed:
            self._early.append(event)
            return True
        if self._typing is not None:
            return self._take_typed(event)
        if event.key in ("escape", "enter"):
            self.dismiss(None)
        elif event.key == SEND:
            self.send()
        else:
            return self._press(event.character or event.key)
        return True

    def _take_typed(self, event: events.Key) -> bool:
        field = self.query_one(Input)
        edit = getattr(field, f"action_{EDITS[event.key]}") if event.key in EDITS else None
        if event.key in ("escape", "enter"):
            self._end_typing()
        elif edit is not None:
            edit()
        elif event.character is not None and event.is_printable:
            field.insert_text_at_cursor(event.character)
        else:
            return False
        self._keep_typed()
        return True

    def _keep_typed(self) -> None:
        """The field's text is the decision's, and is shown as such."""
        if self._typing is not None:
            self._typing.value = self.query_one(Input).value
            self.show()

    def on_answer_given(self, event: Answer.Given) -> None:
        if event.name == "send":
            self.send()
        else:
            self.dismiss(None)

    def on_input_changed(self, event: Input.Changed) -> None:
        """A paste, or a key that only the field itself knows."""
        event.stop()
        self._keep_typed()

    def send(self) -> None:
        """Decide, when nothing is missing and the account is still there by a look of this moment."""
        cast("RiskDesk", self.app).look()
        if self.missing() is None and not self._gone:
            self.dismiss(self.draft())

    def draft(self) -> Draft:
        """The decision, with what was on screen when it was made."""
        seen = max((feed.scanned_to_seq or 0 for feed in self.situation.lanes), default=0)
        shown = DecidedOn(score=self.row.score, rule_ids=rule_ids(self.row.rule_ids) or None, seen_seq=seen or None)
        return Draft(self.wish(), self.resource, shown)

    def _press(self, key: str) -> bool:
        words = next((part for part in self.fields if isinstance(part, Words) and part.key == key), None)
        if words is not None:
            self._type_into(words)
            return True
        used = any(part.press(key) for part in self.fields)
        if used:
            self.show()
        return used

    def _type_into(self, words: Words) -> None:
        self._typing = words
        field = self.query_one(Input)
        field.max_length = words.longest
        field.placeholder = words.hint
        field.value = words.value
        field.cursor_position = len(words.value)
        field.add_class("-open")
        self.set_focus(field)

    def _end_typing(self) -> None:
        self._typing = None
        self.query_one(Input).remove_class("-open")
        self.set_focus(self.query_one("#cancel"))
        self.show()

    def _note_field(self) -> Words | None:
        return next((part for part in self.fields if isinstance(part, Words) and part.key == "n"), None)


def _what_counts(row: AccountRow) -> tuple[object, ...]:
    """What of an account a decision is about: when it differs from what was on screen, that is said."""
    return row.status, row.holds, row.credit_limit_minor
