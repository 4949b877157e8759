"""The plans screen: every decision on many accounts, how far it is, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from console.core import instants
from console.core.instants import SECOND
from console.desk import ailments, bulk
from console.language import term, tr
from console.ui import formats, reason_codes
from console.ui.actions import bindings
from console.ui.filters import Column
from console.ui.plans import Followed, pace, results, to_go
from console.ui.screens.base import DeskScreen
from console.ui.screens.commands import TYPES
from console.ui.screens.short import ShortList
from console.ui.text import clean, fit
from console.ui.themes import Palette, palette
from console.ui.widgets.lines import Lines
from console.ui.widgets.rows import Cell, RowList
from store.fields import Field
from store.plans import Plan, Plans, PlanState

NEWEST = 100
"""Plans that are listed."""
BAR, ROOMY = 8, 110
STATES = tuple(state.lower() for state in PlanState)
STATE_GLYPHS = {
    PlanState.DRAFT: "◇",
    PlanState.RUNNING: "▸",
    PlanState.STOPPED: "■",
    PlanState.DONE: "✓",
    PlanState.DISCARDED: "–",
}


class Steering(DeskScreen):
    """A screen on which a plan is stopped and resumed."""

    BINDINGS: ClassVar = bindings("plans")
    SHOWS_ITEMS: ClassVar[bool] = False

    def number(self) -> int | None:
        """The plan that the keys are about."""
        return None

    def do_stop(self, _: str) -> None:
        """Let no further account begin. Needs no arming: it only holds back."""
        self._turn(Plans.stop, "stopped")

    def do_resume(self, _: str) -> None:
        """Go on with a plan. A draft is taken over by whoever has its accounts before their eyes."""
        number, journal = self.number(), self.sight.journal
        plan = Plans(journal).get(number) if number is not None and journal is not None else None
        if plan is not None and plan.state is PlanState.DRAFT and not self.SHOWS_ITEMS:
            self.desk.say(tr("ui.plan.open_first", number=plan.number), "warning")
        else:
            self._turn(Plans.resume, "resumed")

    def _turn(self, turn: Callable[[Plans, int, int, str], Plan], done: str) -> None:
        from console.ui.submitting import wake

        number, journal = self.number(), self.sight.journal
        if number is None or journal is None:
            return
        try:
            turn(Plans(journal), number, instants.now(), self.sight.situation.subject or "console")
        except ailments.UNTAKEN as error:
            self.desk.untaken(error, "warning")
            return
        if done == "resumed":
            wake(self.sight.home, f"plan {number}", self.desk.not_nudged)
        self.desk.wrote()
        self.desk.say(tr(f"ui.plan.{done}", number=number))


class PlanList(RowList):
    """Plans by their number, the newest first."""

    BINDINGS: ClassVar = bindings("figures")

    def __init__(self) -> None:
        super().__init__()
        self.plans: Sequence[Followed] = ()
        self._now = 0

    def tell(self, plans: Sequence[Followed], now: int) -> None:
        first = not self.plans
        self.plans, self._now = plans, now
        self.resize_to_rows()
        if first and plans:
            self.place(self.key_at(0), show=False)
        self.refresh()

    def total(self) -> int:
        return len(self.plans)

    def key_at(self, index: int) -> int:
        return self.plans[index].plan.number

    def name_at(self, index: int) -> str | int | None:
        return self.plans[index].plan.number

    def index_of(self, key: int) -> int | None:
        return next((place for place, one in enumerate(self.plans) if one.plan.number == key), None)

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        followed, colours = self.plans[index], self.palette
        plan, style = followed.plan, state_style(followed.plan.state, colours)
        counted = results(followed.progress.results, colours).plain.strip()
        waits = term("ui.waits_for", plan.waits_for) if plan.waits_for else ""
        why = term("ui.plan.why", plan.why) if plan.why else ""
        told = "  ".join(part for part in (waits, counted, why) if part)
        values = (
            (str(plan.number), colours.strong),
            (f"{STATE_GLYPHS[plan.state]} {term('plans.state', plan.state)}", style),
            (term("ui.command", plan.order.type), colours.plain),
            (formats.bar(followed.progress.share, BAR), style),
            (followed.done, colours.plain),
            (pace(followed.progress), colours.faint),
            (to_go(followed.progress), colours.plain),
            (told, colours.warning if waits or why else colours.plain),
            (f"{clean(plan.created_by, 16)} {formats.age(self._now - plan.created_at)}", colours.faint),
            (reason_codes.words(plan.order.reason_code), colours.faint),
        )
        return [
            (text, size, right, tone) for (text, tone), (_, size, right) in zip(values, layout(width), strict=False)
        ]


def layout(width: int) -> list[tuple[str, int, bool]]:
    """(name, cells, on the right) of the columns that a width has room for."""
    columns = [
        ("number", 4, True),
        ("state", 9, False),
        ("what", 9, False),
        ("progress", BAR, False),
        ("done", 11, True),
        ("pace", 9, True),
        ("to_go", 7, True),
    ]
    further = [("by", 20, False), ("reason", 16, False)] if width >= ROOMY else []
    taken = sum(size + 1 for _, size, _ in (*columns, *further))
    return [*columns, ("results", max(1, width - taken), False), *further]


def state_style(state: PlanState, colours: Palette) -> Style:
    styles = {PlanState.RUNNING: colours.accent, PlanState.STOPPED: colours.warning, PlanState.DRAFT: colours.warning}
    return styles.get(state, colours.good)


class PlansScreen(ShortList[Followed], Steering):
    """The newest plans of the journal."""

    DEFAULT_CSS = "PlansScreen PlanList { padding: 0 0 0 1; }"
    BINDINGS: ClassVar = bindings("filter", "arrange")
    NAME = "plans"
    VIEW: ClassVar = ("journal", "v_plan", "plan")

    def __init__(self) -> None:
        super().__init__()
        self._settled: dict[int, Followed] = {}
        self._read_at = 0

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("columns", "heading")
        yield PlanList()

    @property
    def table(self) -> PlanList:
        return self.query_one(PlanList)

    def home_focus(self) -> Widget | None:
        return self.table

    def number(self) -> int | None:
        return self.table.cursor

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        now = self.sight.situation.now
        if journal_changed or now - self._read_at >= SECOND:
            self._read_at = now
            self.table.tell(self.kept(self._read(now)), now)
            self._heading()
        super().looked(mirror_changed, journal_changed)

    def columns(self) -> Sequence[Column[Followed]]:
        now = self.sight.situation.now
        return (
            Column(Field("number", "count"), lambda row: row.plan.number),
            Column(Field("state", "word", STATES), lambda row: str(row.plan.state).lower()),
            Column(Field("type", "word", TYPES), lambda row: row.plan.order.type),
            Column(Field("accounts", "count"), lambda row: row.progress.results.accounts),
            Column(Field("done", "percent"), lambda row: 100 * row.progress.share),
            Column(Field("by", "word"), lambda row: row.plan.created_by),
            Column(Field("reason", "word"), lambda row: row.plan.order.reason_code),
            Column(Field("age", "age"), lambda row: now - row.plan.created_at),
        )

    def text_of(self, row: Followed) -> str:
        plan = row.plan
        told = (term("plans.state", plan.state), term("ui.command", plan.order.type), plan.order.note)
        return " ".join(filter(None, (str(plan.number), plan.order.reason_code, plan.created_by, *told)))

    def _read(self, now: int) -> list[Followed]:
        """The plans as they are; those that can't change any more are read once."""
        if self.sight.journal is None:
            return []
        plans = Plans(self.sight.journal)
        found = []
        for plan in plans.recent(NEWEST):
            followed = self._settled.get(plan.number) or Followed(plan, bulk.progress(plans, plan, now))
            if plan.state is PlanState.DONE and not followed.progress.results["AWAITING_APPROVAL"]:
                self._settled[plan.number] = followed
            found.append(followed)
        return found

    def _heading(self) -> None:
        colours = palette(self.app.theme_variables)
        title = Text(tr("ui.plans.title"), colours.strong)
        about = tr("ui.plans.about") if self.table.total() else tr("ui.plans.none")
        title.append(f"  {fit(about, self.app.size.width - 12).rstrip()}", colours.faint)
        if self.about():
            title.append(f"  {self.about()}", colours.accent)
            title.truncate(self.app.size.width - 2, overflow="ellipsis")
        self.query_one("#title", Lines).show(title)
        width = self.table.scrollable_content_region.width or self.app.size.width - 1
        heads = [fit(tr(f"ui.plans.{name}"), size, right) for name, size, right in layout(width)]
        self.query_one("#columns", Lines).show(Text(" ".join(heads), colours.heading))

    def do_look(self, _: str) -> None:
        """Open the plan under the cursor."""
        from console.ui.screens.plan import PlanScreen

        number = self.number()
        if number is not None:
            self.app.push_screen(PlanScreen(number))
