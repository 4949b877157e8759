"""The frame every screen stands in: status line, notices, the screen's own body, a line of keys or the prompt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Literal, Self, cast

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from console.core.instants import SECOND
from console.language import tr
from console.ui import actions, screens
from console.ui.situation import Grade
from console.ui.text import clean, fit
from console.ui.themes import palette
from console.ui.visit import Visit
from console.ui.widgets.lines import Lines
from console.ui.widgets.prompt import Checking, Completing, Kind, Prompt, nothing, sound
from console.ui.widgets.rows import RowList
from console.ui.widgets.status import Notices, StatusBar
from store.reader import AccountRow

if TYPE_CHECKING:
    from console.desk.export import Extract
    from console.ui.app import RiskDesk
    from console.ui.sight import Sight

MIN_WIDTH, MIN_HEIGHT = 60, 16
SAID_FOR = 5 * SECOND


class DeskScreen(Screen[None]):
    """Base of the screens. A subclass yields its body and is told of every look.

    A scroll bar's column is kept free in all that scrolls: lines break the same with and without the bar.
    """

    DEFAULT_CSS = """
    DeskScreen { background: $background; }
    DeskScreen VerticalScroll { scrollbar-gutter: stable; }
    DeskScreen .heading { height: 1; padding: 0 1; background: $background; }
    DeskScreen #keys { height: 1; padding: 0 1; color: $faint; }
    DeskScreen #small { display: none; width: 100%; height: 100%; content-align: center middle; }
    DeskScreen.-small > * { display: none; }
    DeskScreen.-small #small { display: block; }
    """
    NAME = ""
    BESIDE: ClassVar[bool] = False
    """Whether it is opened over the screen in front, and not over the watch screen."""
    VIEW: ClassVar[tuple[Literal["mirror", "journal"], str, str] | None] = None
    """The documented view in which each row of the list stands: its file, its name, and the column of `name_at`.

    Without one an export holds the lines as they are shown.
    """

    def __init__(self) -> None:
        super().__init__()
        self._composed = False
        self._said: Text | None = None
        self._said_until = 0
        self.seen_since = 0.0

    @classmethod
    def over(cls, front: DeskScreen, argument: str) -> Self:
        """The screen as it is opened by its name from the screen in front, with what was typed after the name."""
        return cls()

    def compose(self) -> ComposeResult:
        yield StatusBar("status")
        yield Notices("notices", tall=True)
        yield from self.body()
        yield Lines("keys")
        yield Prompt()
        yield Static(id="small", markup=False)

    def body(self) -> Iterable[Widget]:
        """The widgets between the notices and the line of keys."""
        return ()

    @property
    def desk(self) -> RiskDesk:
        return cast("RiskDesk", self.app)

    @property
    def sight(self) -> Sight:
        return self.desk.sight

    @property
    def stands(self) -> bool:
        """Whether the widgets are there and can be shown something: composed, and not being taken down."""
        return self._composed and self.is_running and self.app.is_running

    def account(self) -> AccountRow | None:
        """The account that actions would be about: the one under the cursor, or the one shown."""
        return None

    def named(self) -> str | None:
        """The id of what the cursor is on, or of what is shown."""
        found = self.home_focus() if self._composed else None
        index = found.cursor_index if isinstance(found, RowList) else None
        name = found.name_at(index) if isinstance(found, RowList) and index is not None else None
        row = self.account() if name is None else None
        return row.account_id if row is not None else None if name is None else str(name)

    def summary(self) -> str | None:
        """What the cursor is on, or what is shown, as clean text."""
        found = self.home_focus() if self._composed else None
        index = found.cursor_index if isinstance(found, RowList) else None
        return found.told(index) if isinstance(found, RowList) and index is not None else None

    def extract(self) -> Extract | None:
        """Everything that is listed here, with its filter and order, as rows for a file; None where nothing is."""
        from console.desk.export import Extract
        from console.desk.extracts import listed

        found = self.home_focus()
        if not isinstance(found, RowList):
            return None
        if self.VIEW is None:
            lines = [(found.told(index),) for index in range(found.total())]
            return Extract(("line",), lambda: [lines], len(lines))
        file, view, key = self.VIEW
        path = self.sight.home.mirror if file == "mirror" else self.sight.home.journal
        return listed(path, view, key, [found.name_at(index) for index in range(found.total())])

    def visit(self) -> Visit | None:
        """What opens this again, for the way back; None for a screen that has no name to be opened by."""
        return Visit(self.NAME) if self.NAME in screens.BY_NAME else None

    def crumb(self) -> str:
        """What this screen is called on the way to the one in front; empty for one that its title tells well enough."""
        return tr(f"ui.action.{self.NAME}") if self.NAME in actions.BY_NAME else ""

    def marked(self) -> Sequence[str]:
        """The ids of the marked accounts."""
        return ()

    def leave(self) -> bool:
        """Escape was pressed: whether the screen had something of its own to leave, such as a filter."""
        return False

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        """Show what the last look found. A subclass shows its own body too."""
        if self.desk.screen is self:
            self.desk.visited(self.visit())
        self.query_one(StatusBar).tell(self.sight.situation, self.desk.crumbs())
        self.query_one(Notices).tell(self.sight.situation)
        self.show_keys()

    def redraw(self) -> None:
        """Draw everything anew, in another language or other colours; what `looked` does not draw, a subclass adds."""
        self.on_resize()
        self.looked(True, True)
        self.refresh(layout=True)
        for widget in self.query("*"):
            widget.refresh()

    def show_keys(self) -> None:
        """The line of keys: what can be done here and now, or for some seconds what has just happened."""
        width = self.app.size.width - 2
        said = self._said if self.sight.clock() < self._said_until else None
        self.query_one("#keys", Lines).show(said or self._key_line(width))

    def unseen(self) -> None:
        """Another account has come by itself: until it was painted, nobody can have meant it by a key."""
        self.seen_since = inf
        self.call_after_refresh(self._painted)

    def _painted(self) -> None:
        self.seen_since = monotonic()

    def say(self, text: str, grade: Grade) -> None:
        """Show a message in the line of keys."""
        colours = palette(self.app.theme_variables)
        style = {"bad": colours.bad, "warning": colours.warning, "info": colours.good}[grade]
        self._said = Text(fit(text, self.app.size.width - 2), style)
        self._said_until = self.sight.clock() + SAID_FOR
        self.show_keys()

    def unsay(self) -> None:
        """Take the message away: it is no longer so."""
        self._said_until = 0
        self.show_keys()

    def on_mount(self) -> None:
        self.set_focus(self.home_focus())
        self._composed = True
        self.looked(True, True)

    def on_screen_resume(self) -> None:
        if self.stands:
            self.looked(True, True)

    def on_screen_suspend(self) -> None:
        """Let go of what is painted: Textual keeps hundreds of widgets' caches alive after their screens are gone."""
        for widget in self.walk_children(Widget):
            widget._styles_cache.clear()

    def on_resize(self) -> None:
        width, height = self.app.size
        small = width < MIN_WIDTH or height < MIN_HEIGHT
        self.set_class(small, "-small")
        self.query_one("#small", Static).update(tr("ui.too_small", width=MIN_WIDTH, height=MIN_HEIGHT))
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """Draw what was cut to the terminal's former size."""
        if self.stands:
            self.sight.look_anew()
            self.desk.look()

    def ask(self, kind: Kind, completing: Completing, text: str = "", checking: Checking = sound) -> None:
        """Open the prompt in place of the line of keys."""
        self.query_one("#keys").display = False
        self.query_one(Prompt).ask(kind, completing, text, checking)

    def do_copy(self, _: str) -> None:
        self._copy(clean(self.named()))

    def do_copy_all(self, _: str) -> None:
        self._copy(self.summary() or "")

    def _copy(self, text: str) -> None:
        """Copy a text and say how; keys are attended to meanwhile."""
        if text:
            self.run_worker(self._copied(text), group="copy", exclusive=True)
        else:
            self.say(tr("ui.copied.nothing"), "warning")

    async def _copied(self, text: str) -> None:
        from console.ui.clipboard import copy

        try:
            how = await copy(text, self.sight.home.folder, self.desk.write_raw)
        except OSError as error:
            self.say(tr("ui.copied.failed", error=clean(error)), "bad")
            return
        self.say(f"{how}: {text.splitlines()[0]}", "info")

    def do_export(self, argument: str) -> None:
        """Write what is listed to a file, `FILE.csv` or `FILE.jsonl`; `stop` ends that; ask for a name without one."""
        from console.desk.export import form_of
        from console.ui import exporting

        exporter, extract = self.sight.exporter, self.extract()
        to, overwrite = exporting.wanted(argument)
        if argument == exporting.STOP:
            exporter.stop()
        elif exporter.running:
            self.say(tr("ui.export.running", name=clean(exporter.name)), "warning")
        elif extract is None:
            self.say(tr("ui.export.nothing"), "warning")
        elif not argument:
            self.ask(":", nothing, f"export {self.NAME}.csv")
        elif form_of(to) is None:
            self.say(tr("ui.export.form"), "bad")
        else:
            exporter.start(extract, to, overwrite, self.desk.say_from_thread)

    def on_prompt_entered(self, event: Prompt.Entered) -> None:
        self._end_prompt()
        if event.kind == ":" and event.text:
            self.desk.command(event.text)

    def on_prompt_left(self, _: Prompt.Left) -> None:
        self._end_prompt()

    def _end_prompt(self) -> None:
        self.query_one("#keys").display = True
        self.set_focus(self.home_focus())

    def home_focus(self) -> Widget | None:
        """The widget that has the keys when no prompt is open."""
        return None

    def _key_line(self, width: int) -> Text:
        colours = palette(self.app.theme_variables)
        facts = self.desk.facts()
        line = Text()
        for action in actions.live(self.focused or self):
            if not action.hint or actions.obstacle(action, facts):
                continue
            size = cell_len(line.plain) + cell_len(action.key) + cell_len(action.title) + 3
            if size > width:
                break
            line.append(f"{action.key} ", colours.accent).append(f"{action.title}  ")
        return line if line.plain else Text(fit("", width))
