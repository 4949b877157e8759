"""The parts of a decision dialog: reasons by number, choices by a key, texts typed into a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.text import Text

from console.core.messages import ReasonCode
from console.language import tr
from console.ui.text import clean, fit
from console.ui.themes import Palette

LABEL_WIDTH = 10
MAX_REASONS = 9


@dataclass
class Choice:
    """One of several values; its key goes on to the next. `label` is a key of the catalogue."""

    key: str
    label: str
    options: Sequence[tuple[object, str]]
    index: int = 0

    @property
    def value(self) -> object:
        return self.options[self.index][0]

    def press(self, key: str) -> bool:
        if key != self.key:
            return False
        self.index = (self.index + 1) % len(self.options)
        return True

    def lines(self, width: int, colours: Palette) -> list[Text]:
        line = _labelled(self.key, self.label, colours)
        for place, (_, words) in enumerate(self.options):
            chosen = place == self.index
            line.append(f"[{words}]" if chosen else f" {words} ", colours.strong if chosen else colours.faint)
        line.truncate(width, overflow="ellipsis")
        return [line]


@dataclass
class Reasons:
    """The reason codes of a command, chosen by number; `0` turns to the next nine where there are more."""

    codes: Sequence[ReasonCode]
    chosen: ReasonCode | None = None
    first: int = 0

    @property
    def page(self) -> Sequence[ReasonCode]:
        return self.codes[self.first : self.first + MAX_REASONS]

    def press(self, key: str) -> bool:
        if key == "0" and len(self.codes) > MAX_REASONS:
            self.first = (self.first + MAX_REASONS) % (-(-len(self.codes) // MAX_REASONS) * MAX_REASONS)
            return True
        if len(key) != 1 or key not in "123456789"[: len(self.page)]:
            return False
        self.chosen = self.page[int(key) - 1]
        return True

    def lines(self, width: int, colours: Palette) -> list[Text]:
        lines = [self._line(place, code, width, colours) for place, code in enumerate(self.page)]
        if len(self.codes) > MAX_REASONS:
            more = _labelled("", "", colours)
            words = tr("ui.dialog.more_reasons", count=len(self.codes) - len(self.page))
            lines.append(more.append("0 ", colours.accent).append(words, colours.faint))
        return lines

    def _line(self, place: int, code: ReasonCode, width: int, colours: Palette) -> Text:
        line = _labelled("", "ui.dialog.reason" if not place else "", colours)
        chosen = code is self.chosen
        line.append(f"{place + 1} ", colours.accent)
        line.append(f"{'●' if chosen else '○'} {clean(code.title, 60)}", colours.strong if chosen else colours.plain)
        marks = [
            tr(f"ui.dialog.mark.{mark}")
            for mark, on in (
                ("note", code.requires_note),
                ("approval", code.requires_approval),
                ("adverse", code.adverse_action),
            )
            if on
        ]
        line.append(f"  {' · '.join(marks)}" if marks else "", colours.faint)
        line.truncate(width, overflow="ellipsis")
        return line


@dataclass
class Marks:
    """Any of several things, each switched on and off by its letter."""

    label: str
    items: Sequence[tuple[str, str]]
    """Id and words of each."""
    chosen: set[str] = field(default_factory=set)

    def press(self, key: str) -> bool:
        place = ord(key) - ord("a") if len(key) == 1 else -1
        if not 0 <= place < len(self.items):
            return False
        self.chosen ^= {self.items[place][0]}
        return True

    def lines(self, width: int, colours: Palette) -> list[Text]:
        found = []
        for place, (name, words) in enumerate(self.items):
            line = _labelled("", self.label if not place else "", colours)
            chosen = name in self.chosen
            line.append(f"{chr(ord('a') + place)} ", colours.accent)
            line.append(f"{'■' if chosen else '□'} {words}", colours.strong if chosen else colours.plain)
            line.truncate(width, overflow="ellipsis")
            found.append(line)
        return found


@dataclass
class Words:
    """A text typed into the dialog's line, opened by its key. `hint` stands there while it is empty."""

    key: str
    label: str
    hint: str
    value: str = ""
    longest: int = 2000

    def press(self, key: str) -> bool:
        return False

    def lines(self, width: int, colours: Palette) -> list[Text]:
        line = _labelled(self.key, self.label, colours)
        line.append(clean(self.value) or self.hint, colours.strong if self.value else colours.faint)
        line.truncate(width, overflow="ellipsis")
        return [line]


Field = Choice | Reasons | Marks | Words


def _labelled(key: str, label: str, colours: Palette) -> Text:
    line = Text(f"{key:<2}", colours.accent)
    return line.append(fit(tr(label) if label else "", LABEL_WIDTH) + " ", colours.faint)
