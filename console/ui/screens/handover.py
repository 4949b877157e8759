"""The hand-over screen: what is open at the end of a shift, in writing; kept in a file by a key."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widget import Widget

from console.desk import ailments, handover
from console.language import tr
from console.ui.actions import bindings
from console.ui.screens.base import DeskScreen
from console.ui.text import clean
from console.ui.themes import Palette, palette
from console.ui.widgets.lines import Lines


class HandoverScreen(DeskScreen):
    """As of the moment it was opened."""

    DEFAULT_CSS = "HandoverScreen VerticalScroll { height: 1fr; padding: 0 1; }"
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

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        with VerticalScroll():
            yield Lines("text", tall=True)

    def home_focus(self) -> Widget | None:
        return self.query_one(VerticalScroll)

    def on_mount(self) -> None:
        self.set_focus(self.home_focus())
        try:
            self._told = handover.gather(
                self.sight.mirror, self.sight.open_journal(), self.sight.situation, self._hours
            )
        except ailments.UNTAKEN as error:
            self.desk.say(clean(ailments.untaken(error, self.sight.home.folder)), "bad")
        self._draw()

    def redraw(self) -> None:
        self._draw()
        super().redraw()

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

    def _draw(self) -> None:
        if self._told is None:
            return
        colours = palette(self.app.theme_variables)
        title, *lines = handover.markdown(self._told).splitlines()
        self.query_one("#title", Lines).show(Text(title.removeprefix("# "), colours.strong))
        self.query_one("#text", Lines).show(Text("\n").join(_line(line, colours) for line in lines[1:]))


def _line(line: str, colours: Palette) -> Text:
    if line.startswith("## "):
        return Text(line.removeprefix("## "), colours.heading)
    return Text(line, colours.plain)
