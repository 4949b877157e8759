"""A policy's text: whole for the one in force, else what differs from it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widget import Widget

from console.desk.policy import differing
from console.language import tr
from console.ui.screens.base import DeskScreen
from console.ui.text import clean
from console.ui.themes import palette
from console.ui.widgets.lines import Lines
from store.policies import InForce


class PolicyTextScreen(DeskScreen):
    """Lines of the text, or of a unified diff from the policy in force to the chosen one."""

    DEFAULT_CSS = "PolicyTextScreen VerticalScroll { height: 1fr; padding: 0 1; }"
    NAME = "policy_text"

    def __init__(self, in_force: InForce, chosen: InForce) -> None:
        super().__init__()
        self._in_force, self._chosen = in_force, chosen

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        with VerticalScroll():
            yield Lines("text", tall=True)

    def home_focus(self) -> Widget | None:
        return self.query_one(VerticalScroll)

    def on_mount(self) -> None:
        self.set_focus(self.home_focus())

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        self._draw()
        super().looked(mirror_changed, journal_changed)

    def _draw(self) -> None:
        colours, one = palette(self.app.theme_variables), self._chosen
        same = one.version == self._in_force.version
        title = Text(f"{clean(one.name, 40)} {one.version}", colours.strong)
        title.append(f"  {tr('ui.policy.whole' if same else 'ui.policy.against', stamp=self._in_force.version)}")
        self.query_one("#title", Lines).show(title)
        lines = one.text.splitlines() if same else differing(self._in_force, one)
        styles = {"+": colours.good, "-": colours.bad, "@": colours.accent}
        text = Text("\n").join(
            Text(clean(line, 200), colours.plain if same else styles.get(line[:1], colours.plain)) for line in lines
        )
        self.query_one("#text", Lines).show(text)
