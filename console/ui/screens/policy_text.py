"""A policy's text: whole for the one in force, else what differs from it."""

from __future__ import annotations

from rich.text import Text

from console.desk.policy import differing
from console.language import tr
from console.ui.screens.reading import ReadingScreen
from console.ui.text import clean
from console.ui.themes import palette
from store.policies import InForce


class PolicyTextScreen(ReadingScreen):
    """Lines of the text, or of a unified diff from the policy in force to the chosen one."""

    NAME = "policy_text"

    def __init__(self, in_force: InForce, chosen: InForce) -> None:
        super().__init__()
        self._in_force, self._chosen = in_force, chosen

    def draw(self) -> None:
        colours, one = palette(self.app.theme_variables), self._chosen
        same = one.version == self._in_force.version
        title = Text(f"{clean(one.name, 40)} {one.version}", colours.strong)
        title.append(f"  {tr('ui.policy.whole' if same else 'ui.policy.against', stamp=self._in_force.version)}")
        self.heading.show(title)
        lines = one.text.splitlines() if same else differing(self._in_force, one)
        styles = {"+": colours.good, "-": colours.bad, "@": colours.accent}
        text = Text("\n").join(
            Text(clean(line, 200), colours.plain if same else styles.get(line[:1], colours.plain)) for line in lines
        )
        self.text.show(text)
