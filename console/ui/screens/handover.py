"""The hand-over screen: what is open at the end of a shift, in writing; kept in a file by a key."""

from __future__ import annotations

from rich.text import Text

from console.desk import ailments, handover
from console.language import tr
from console.ui.actions import bindings
from console.ui.screens.base import DeskScreen
from console.ui.screens.reading import ReadingScreen
from console.ui.text import clean
from console.ui.themes import Palette, palette


class HandoverScreen(ReadingScreen):
    """As of the moment it was opened."""

    BINDINGS = bindings("handover")
    NAME = "handover"

    def __init__(self, hours: int = handover.HOURS) -> None:
        super().__init__()
        self._hours = hours
        self._told: handover.Handover | None = None

    @classmethod
    def over(cls, front: DeskScreen, argument: str) -> HandoverScreen:
        told = argument.isascii() and argument.isdecimal() and 1 <= int(argument) <= handover.MOST_HOURS
        return cls(int(argument) if told else handover.HOURS)

    def on_mount(self) -> None:
        try:
            self._told = handover.gather(
                self.sight.mirror, self.sight.open_journal(), self.sight.situation, self._hours
            )
        except ailments.UNTAKEN as error:
            self.desk.untaken(error)

    def summary(self) -> str | None:
        return handover.markdown(self._told) if self._told is not None else None

    def do_save(self, _: str) -> None:
        """Keep it in a file of the home."""
        text = self.summary()
        if text is None:
            return
        to = handover.named(self.sight.home.folder, self.sight.clock())
        try:
            handover.save(text, to)
        except OSError as error:
            self.desk.say(tr("handover.not_saved", why=clean(error)), "bad")
        else:
            self.desk.say(tr("handover.saved", file=clean(to, 200)))

    def draw(self) -> None:
        if self._told is None:
            return
        colours = palette(self.app.theme_variables)
        title, *lines = handover.markdown(self._told).splitlines()
        self.heading.show(Text(title.removeprefix("# "), colours.strong))
        self.text.show(Text("\n").join(_line(line, colours) for line in lines[1:]))


def _line(line: str, colours: Palette) -> Text:
    if line.startswith("## "):
        return Text(line.removeprefix("## "), colours.heading)
    return Text(line, colours.plain)
