"""The line in which one types: `:` commands and `/` filters, with completion and a history each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from console.ui.text import clean

Kind = Literal[":", "/"]
HISTORY = 100


class Typed(Input):
    """What is typed. Takes the focus only while the prompt is open.

    A screen with nothing else to focus would else give it, hidden, all its keys.
    """

    def allow_focus(self) -> bool:
        return self.parent is not None and self.parent.has_class("-open") and super().allow_focus()


class Prompt(Horizontal):
    """Hidden until `ask` is called. Posts Entered with what was typed, or Left when it was left with escape."""

    DEFAULT_CSS = """
    Prompt { height: 1; display: none; background: $panel; padding: 0 1; }
    Prompt.-open { display: block; }
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

    def compose(self) -> ComposeResult:
        yield Static(":", id="sign", markup=False)
        yield Typed(max_length=200, select_on_focus=False)

    def ask(self, kind: Kind, words: Iterable[str], text: str = "") -> None:
        """Open the prompt with these words as completions. Typing replaces a filter, and goes on with a command."""
        self._kind = kind
        self._place = len(self.histories[kind])
        self.query_one("#sign", Static).update(kind)
        field = self.query_one(Input)
        field.suggester = SuggestFromList(list(words), case_sensitive=False)
        field.value = text
        self.add_class("-open")
        self.screen.set_focus(field)
        if kind == "/":
            field.action_select_all()
        else:
            field.cursor_position = len(text)

    def close(self) -> None:
        self.remove_class("-open")
        self.query_one(Input).value = ""

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = clean(event.value).strip()
        history = self.histories[self._kind]
        if text and text not in history[-1:]:
            history.append(text)
            del history[:-HISTORY]
        self.close()
        self.post_message(self.Entered(self._kind, text))

    def on_key(self, event: events.Key) -> None:
        field = self.query_one(Input)
        steps: dict[str, Callable[[], object]] = {
            "escape": self._leave,
            "up": lambda: self._recall(-1),
            "down": lambda: self._recall(1),
            "tab": field.action_cursor_right,
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
        field = self.query_one(Input)
        field.value = history[self._place] if self._place < len(history) else ""
        field.cursor_position = len(field.value)
