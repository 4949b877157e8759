"""The parts of a decision dialog: reasons by number, choices by a key, texts typed into a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rich.text import Text

from console.core.messages import ReasonCode
from console.desk.checklist import NOT_APPLICABLE, YES
from console.language import tr
from console.ui.text import clean, fit
from console.ui.themes import Palette

LABEL_WIDTH = 10
MAX_REASONS = 9


class Field(Protocol):
    """A part of a dialog: a key that is its own is used, and it is drawn as lines of at most `width` cells."""

    def press(self, key: str) -> bool: ...

    def lines(self, width: int, colours: Palette) -> list[Text]: ...


@dataclass
class Choice:
    """One of several values; its key goes on to the next. `label` is a key of the catalogue."""

    key: str
    label: str
    options: Sequence[tuple[object, str]]
    index: int = 0
    shown: bool = True

    @property
    def value(self) -> object:
        return self.options[self.index][0]

    def press(self, key: str) -> bool:
        if key != self.key or not self.shown:
            return False
        self.index = (self.index + 1) % len(self.options)
        return True

    def lines(self, width: int, colours: Palette) -> list[Text]:
        if not self.shown:
            return []
        line = labelled(self.key, self.label, colours)
        for place, (_, words) in enumerate(self.options):
            chosen = place == self.index
            line.append(f"[{words}]" if chosen else f" {words} ", colours.strong if chosen else colours.faint)
        line.truncate(width, overflow="ellipsis")
        return [line]


@dataclass
class Reasons:
    """The reason codes of a command, chosen by number; `0` turns to the next page where there are more.

    `most` are shown at once. Where room is scarce (`folding`) the others are put away once one is chosen, until `0`.
    """

    codes: Sequence[ReasonCode]
    chosen: ReasonCode | None = None
    first: int = 0
    most: int = MAX_REASONS
    folding: bool = False

    @property
    def page(self) -> Sequence[ReasonCode]:
        return self.codes[self.first : self.first + self.most]

    def choose(self, code: str | None) -> None:
        """Choose a reason by its code, when it is listed."""
        self.chosen = next((reason for reason in self.codes if reason.code == code), None)

    @property
    def folded(self) -> bool:
        return self.folding and self.chosen is not None and len(self.codes) > 1

    def press(self, key: str) -> bool:
        if key == "0" and self.folded:
            self.chosen = None
            return True
        if key == "0" and len(self.codes) > self.most:
            self.first = (self.first + self.most) % (-(-len(self.codes) // self.most) * self.most)
            return True
        if len(key) != 1 or key not in "123456789"[: len(self.page)]:
            return False
        self.chosen = self.page[int(key) - 1]
        return True

    def lines(self, width: int, colours: Palette) -> list[Text]:
        if self.folded and self.chosen is not None:
            place = self.page.index(self.chosen) if self.chosen in self.page else None
            line = self._line(place, self.chosen, width, colours)
            return [line.append("  0 ", colours.accent).append(tr("ui.dialog.other_reason"), colours.faint)]
        lines = [self._line(place, code, width, colours) for place, code in enumerate(self.page)]
        if len(self.codes) > self.most:
            more = labelled("", "", colours)
            words = tr("ui.dialog.more_reasons", count=len(self.codes) - len(self.page))
            lines.append(more.append("0 ", colours.accent).append(words, colours.faint))
        return lines

    def _line(self, place: int | None, code: ReasonCode, width: int, colours: Palette) -> Text:
        line = labelled("", "ui.dialog.reason" if not place or self.folded else "", colours)
        chosen = code is self.chosen
        line.append("  " if place is None else f"{place + 1} ", colours.accent)
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
            line = labelled("", self.label if not place else "", colours)
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
    shown: bool = True

    def press(self, key: str) -> bool:
        return False

    def lines(self, width: int, colours: Palette) -> list[Text]:
        if not self.shown:
            return []
        line = labelled(self.key, self.label, colours)
        line.append(clean(self.value) or self.hint, colours.strong if self.value else colours.faint)
        line.truncate(width, overflow="ellipsis")
        return [line]


@dataclass
class Question:
    """A check that must be answered: its key says yes, pressed again that it does not apply, with a note why."""

    key: str
    check_id: str
    words: str
    answer: str | None = None
    value: str = ""
    longest: int = 200

    @property
    def hint(self) -> str:
        return tr("ui.dialog.check.why")

    @property
    def answered(self) -> bool:
        return self.answer == YES or (self.answer == NOT_APPLICABLE and bool(self.value.strip()))

    def told(self) -> dict[str, str]:
        """The question and its answer, as they are journaled."""
        told = {"id": self.check_id, "question": self.words, "answer": self.answer or ""}
        return told | ({"note": self.value.strip()} if self.answer == NOT_APPLICABLE else {})

    def press(self, key: str) -> bool:
        if key != self.key:
            return False
        self.answer = NOT_APPLICABLE if self.answer == YES else YES
        return True

    def lines(self, width: int, colours: Palette) -> list[Text]:
        style = colours.good if self.answered else colours.warning
        line = Text(f"{self.key:<2}", colours.accent)
        glyph = {YES: "■", NOT_APPLICABLE: "–"}.get(self.answer or "", "□")
        line.append(f"{glyph} {clean(self.words, 200)}", style)
        lines = [line]
        if self.answer == NOT_APPLICABLE:
            why = clean(self.value) or self.hint
            lines.append(Text(f"    {tr('ui.dialog.check.not_applicable')}: {why}", colours.faint))
        for each in lines:
            each.truncate(width, overflow="ellipsis")
        return lines


def labelled(key: str, label: str, colours: Palette) -> Text:
    line = Text(f"{key:<2}", colours.accent)
    return line.append(fit(tr(label) if label else "", LABEL_WIDTH) + " ", colours.faint)
