"""An answer at the foot of a dialog: printed with its key, clicked by the mouse."""

from __future__ import annotations

from textual.message import Message
from textual.widgets import Static


class Answer(Static):
    """Posts Given when it is clicked; the dialog handles the keys."""

    DEFAULT_CSS = """
    Answer { width: auto; height: 1; margin: 0 2 0 0; padding: 0 2; background: $panel; color: $faint; }
    Answer:focus { background: $primary; color: $background; text-style: bold; }
    Answer.-ready { color: $foreground; text-style: bold; }
    """

    class Given(Message):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, words: str, name: str, focusable: bool = False) -> None:
        super().__init__(words, id=name, markup=False)
        self.can_focus = focusable

    def on_click(self) -> None:
        self.post_message(self.Given(self.id or ""))
