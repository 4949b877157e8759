"""The line in which one types: `:` commands and `/` filters, with completion, a history each, and a line that helps.

The line below it tells what could be typed next, or what is wrong, with a mark under the place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from console.ui.text import clean, fit
from console.ui.themes import palette
from console.ui.widgets.lines import Lines

Kind = Literal[":", "/"]
HISTORY = 100
INDENT = 2
"""Cells before the text: the sign and a space."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a text, in words, and at which character."""

    at: int
    words: str


Completing = Callable[[str], Sequence[str]]
"""Gives what a text could go on to be, the best first."""
Checking = Callable[[str], Fault | None]


def nothing(_: str) -> Sequence[str]:
    """Completes nothing."""
    return ()


def sound(_: str) -> Fault | None:
    """Finds no fault."""
    return None


class Typed(Input):
    """What is typed. Takes the focus only while the prompt is open.

    A screen with nothing else to focus would else give it, hidden, all its keys.
    """

    def allow_focus(self) -> bool:
        return any(node.has_class("-open") for node in self.ancestors) and super().allow_focus()


class FirstOf(Suggester):
    """Shows the best completion behind the cursor."""

    def __init__(self, completing: Completing) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._completing = completing

    async def get_suggestion(self, value: str) -> str | None:
        return next((found for found in self._completing(value) if found.startswith(value)), None)


class Prompt(Vertical):
    """Hidden until `ask` is called. Posts Entered with what was typed, or Left when it was left with escape.

    A text with a fault is not taken: it stays, with the fault below it.
    """

    DEFAULT_CSS = """
    Prompt { height: 2; display: none; background: $panel; padding: 0 1; }
    Prompt.-open { display: block; }
    Prompt Horizontal { height: 1; }
    Prompt #sign { width: 2; color: $primary; text-style: bold; }
    Prompt Input { border: none; height: 1; padding: 0; background: $panel; width: 1fr; }
    Prompt Input:focus { border: none; }
    """

    class Entered(Message):
        def __init__(self, kind: Kind, text: str) -> None:
            super().__init__()
            self.kind, self.text = kind, text

    class Left(Message):
        """The prompt was left without an answer."""

    histories: ClassVar[dict[Kind, list[str]]] = {":": [], "/": []}
    """What was typed in this process, shared by all screens."""

    def __init__(self) -> None:
        super().__init__()
        self._kind: Kind = ":"
        self._place = 0
        self._completing: Completing = nothing
        self._checking: Checking = sound
        self._offered: list[str] = []
        self._taken = 0
        self._fault: Fault | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(":", id="sign", markup=False)
            yield Typed(max_length=200, select_on_focus=False)
        yield Lines("hint")

    def ask(self, kind: Kind, completing: Completing, text: str = "", checking: Checking = sound) -> None:
        """Open the prompt. Typing replaces a filter that is there, and goes on with a command."""
        self._kind, self._completing, self._checking = kind, completing, checking
        self._place, self._offered = len(self.histories[kind]), []
        self.query_one("#sign", Static).update(kind)
        field = self.query_one(Input)
        field.suggester = FirstOf(completing)
        field.value = text
        self.add_class("-open")
        self.screen.set_focus(field)
        if kind == "/":
            field.action_select_all()
        else:
            field.cursor_position = len(text)
        self._help(text)

    def close(self) -> None:
        self.remove_class("-open")
        self.query_one(Input).value = ""

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.has_class("-open"):
            self._help(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = clean(event.value).strip()
        fault = self._checking(text)
        if fault is not None:
            self._fault = fault
            self._tell()
            return
        history = self.histories[self._kind]
        if text and text not in history[-1:]:
            history.append(text)
            del history[:-HISTORY]
        self.close()
        self.post_message(self.Entered(self._kind, text))

    def on_key(self, event: events.Key) -> None:
        steps: dict[str, Callable[[], object]] = {
            "escape": self._leave,
            "up": lambda: self._recall(-1),
            "down": lambda: self._recall(1),
            "tab": self._complete,
        }
        step = steps.get(event.key)
        if step is not None:
            event.stop()
            event.prevent_default()
            step()

    def _leave(self) -> None:
        self.close()
        self.post_message(self.Left())

    def _recall(self, by: int) -> None:
        history = self.histories[self._kind]
        self._place = max(0, min(len(history), self._place + by))
        self._put(history[self._place] if self._place < len(history) else "")

    def _complete(self) -> None:
        """Take the best completion; again, the next one in its place."""
        if self._offered:
            self._taken = (self._taken + 1) % len(self._offered)
            self._put(self._offered[self._taken])

    def _put(self, text: str) -> None:
        field = self.query_one(Input)
        field.value = text
        field.cursor_position = len(text)

    # ------------------------------------------------------------ the line that helps

    def _help(self, text: str) -> None:
        """What could come next; where nothing could, a fault in what stands before the word being typed."""
        if text not in self._offered or len(self._offered) == 1:
            self._offered, self._taken = list(self._completing(text)), -1
        fault = None if self._offered else self._checking(text)
        begun = text[text.rfind(" ") + 1 :]
        self._fault = fault if fault is not None and fault.at < len(text) - len(begun) else None
        self._tell()

    def on_resize(self) -> None:
        if self.has_class("-open"):
            self._tell()

    def _tell(self) -> None:
        text, colours = self.query_one(Input).value, palette(self.app.theme_variables)
        if self._fault is not None:
            self._point(text, self._fault)
            return
        line = Text(" " * INDENT)
        for one in self._offered:
            word = clean(_told(one), 40)
            if cell_len(line.plain) + cell_len(word) + 2 > self._width:
                break
            line.append(f"{word}  ", colours.accent if one == text else colours.faint)
        self.query_one("#hint", Lines).show(line)

    def _point(self, text: str, fault: Fault) -> None:
        """The fault's words beside a mark that stands under its place."""
        hidden = int(self.query_one(Input).scroll_offset.x)
        place = max(0, INDENT + cell_len(text[: fault.at]) - hidden)
        behind = self._width - place - 2
        if behind >= min(cell_len(fault.words), place):
            line = f"{' ' * place}^ {fit(fault.words, behind)}"
        else:
            line = f"{fit(fault.words, place - 1, right=True)} ^"
        self.query_one("#hint", Lines).show(Text(line, palette(self.app.theme_variables).bad))

    @property
    def _width(self) -> int:
        return self.app.size.width - 2


def _told(completion: str) -> str:
    """The last word of a completion; of a field's values the last one."""
    word = completion[completion.rfind(" ") + 1 :]
    return word[max(word.rfind(","), word.rfind(":")) + 1 :] or word
