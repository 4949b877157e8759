"""The frame of every dialog: what it is about, fields, what will happen, and the keys that answer.

Cancel has the focus: enter and escape leave without effect. Only `y`, and only when nothing is missing, decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from console.core.messages import ReasonCode
from console.desk.checklist import NOT_APPLICABLE
from console.language import tr
from console.ui.dialogs.fields import MAX_REASONS, Field, Question, Reasons, Words
from console.ui.themes import Palette, palette
from console.ui.widgets.answer import Answer

if TYPE_CHECKING:
    from console.ui.app import RiskDesk

Answered = TypeVar("Answered")
"""What a dialog is dismissed with when it was not cancelled."""

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
FRAME = 4
"""Lines of a dialog besides its form: border, and answers with the gap above them."""
ROOMY = 30
"""A terminal of so many lines shows all reasons at all times."""
LEAST_REASONS = 3


class Form(ModalScreen[Answered | None], Generic[Answered]):
    """Base of the dialogs; dismissed with what was decided, or None when cancelled."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = f"""
    Form {{ align: center middle; background: $background 60%; }}
    Form #box {{ width: {WIDTH}; height: auto; max-height: 100%; padding: 0 2 0 2; background: $surface;
        border: round $border; border-title-color: $foreground; border-title-style: bold; }}
    Form #form {{ height: auto; }}
    Form Input {{ display: none; border: none; height: 1; padding: 0 1; background: $panel; }}
    Form Input.-open {{ display: block; }}
    Form Input:focus {{ border: none; }}
    Form #answers {{ height: 1; margin: 1 0 0 0; }}
    """
    NAME: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[Field] = self.make_fields()
        self._typing: Words | Question | None = None
        self._composed = False
        self._early: list[events.Key] = []

    # ------------------------------------------------------------ what a dialog says

    def make_fields(self) -> list[Field]:
        """The dialog's fields, in the order they are shown."""
        return []

    def head(self, colours: Palette) -> list[Text]:
        """What it is about, a line each."""
        return []

    def consequence(self) -> str:
        """What will happen, in a sentence."""
        return tr(f"ui.dialog.{self.NAME}.effect")

    def missing(self) -> str | None:
        """What is still needed before the decision can be sent; None when it is complete."""
        return None

    def obstacle(self) -> str | None:
        """Why it can't be sent now: something is missing, or more than that; None when it can."""
        return self.missing()

    def remarks(self, colours: Palette) -> Sequence[Text]:
        """What must be known before it is sent, a line each, above what is missing."""
        return ()

    def ready(self) -> str:
        """What the send key does, when nothing is missing."""
        return tr("ui.dialog.ready", key=SEND)

    def answer(self) -> Answered:
        """What was decided; asked for only when nothing stands against it."""
        raise LookupError("a dialog must say what was decided")

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
        self._make_room()
        self.show()
        early, self._early = self._early, []
        for event in early:
            self.take(event)

    def show(self) -> None:
        """Draw the form as it stands."""
        if not (self._composed and self.is_running):
            return
        against = self.obstacle()
        lines = self._lines(against, gap=True)
        if self._height(lines) > self.app.size.height:
            lines = self._lines(against, gap=False)
        self.query_one("#form", Static).update(Text("\n").join(lines))
        self.query_one("#send").set_class(against is None and self._typing is None, "-ready")

    def _lines(self, against: str | None, *, gap: bool) -> list[Text]:
        colours, width = palette(self.app.theme_variables), self._width
        head, space = self.head(colours), [Text()] if gap else []
        for line in head:
            line.truncate(width, overflow="ellipsis")
        form = [line for part in self.fields for line in part.lines(width, colours)]
        foot = [*self.remarks(colours), self._last_line(against, colours)]
        return [*head, *space, Text(self.consequence(), colours.plain), *space, *form, *space, *foot]

    def _last_line(self, against: str | None, colours: Palette) -> Text:
        """What stands against it or what the send key does; while a field is typed into, that the key is text there."""
        if self._typing is not None and (against is None or isinstance(self._typing, Question)):
            return Text(tr("ui.dialog.typing", key=SEND), colours.plain)
        return Text(against or self.ready(), colours.warning if against else colours.good)

    @property
    def _width(self) -> int:
        return min(WIDTH, self.app.size.width) - 6

    def _height(self, lines: Sequence[Text]) -> int:
        """Lines of the terminal that the dialog takes with this form."""
        typed = 1 if self._typing is not None else 0
        return FRAME + typed + sum(len(line.wrap(self.app.console, self._width)) or 1 for line in lines)

    def on_resize(self) -> None:
        if self._composed:
            self._make_room()
            self.show()

    def _make_room(self) -> None:
        """On a small terminal reasons fold once one is chosen, and so many stand at once as there is room for."""
        for part in self.fields:
            if isinstance(part, Reasons):
                part.folding, part.most = self.app.size.height < ROOMY, MAX_REASONS
                spill = self._height(self._lines(self.obstacle(), gap=False)) + 1 - self.app.size.height
                if part.folding:
                    part.most = max(LEAST_REASONS, part.most - max(0, spill))

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
        """Decide, when nothing stands against it by a look of this moment."""
        cast("RiskDesk", self.app).look()
        if self.obstacle() is None:
            self.dismiss(self.answer())

    def _press(self, key: str) -> bool:
        words = next((part for part in self.fields if isinstance(part, Words) and part.key == key), None)
        if words is not None:
            self._type_into(words)
            return True
        used = next((part for part in self.fields if part.press(key)), None)
        if isinstance(used, Question) and used.answer == NOT_APPLICABLE:
            self._type_into(used)
        if used is not None:
            self.show()
        return used is not None

    def _type_into(self, words: Words | Question) -> None:
        self._typing = words
        field = self.query_one(Input)
        field.max_length = words.longest
        field.placeholder = words.hint
        field.value = words.value
        field.cursor_position = len(words.value)
        field.add_class("-open")
        self.set_focus(field)
        self.show()

    def _end_typing(self) -> None:
        self._typing = None
        self.query_one(Input).remove_class("-open")
        self.set_focus(self.query_one("#cancel"))
        self.show()

    # ------------------------------------------------------------ reason and note

    @property
    def reason(self) -> ReasonCode | None:
        return next((part.chosen for part in self.fields if isinstance(part, Reasons)), None)

    @property
    def reason_code(self) -> str:
        return self.reason.code if self.reason else ""

    def reason_missing(self) -> str | None:
        """What the reason still needs: to be chosen, or the note it asks for."""
        if self.reason is None:
            return tr("ui.dialog.need.reason")
        if self.reason.requires_note and not self.note:
            return tr("ui.dialog.need.note", key="n")
        return None

    @property
    def note(self) -> str | None:
        """The note for the core's record, None when there is none."""
        part = self.note_field
        return (part.value.strip() or None) if part else None

    @property
    def note_field(self) -> Words | None:
        return next((part for part in self.fields if isinstance(part, Words) and part.key == "n"), None)
