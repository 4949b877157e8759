"""The model screen: which model counts, how good each refit was, what the next one waits for, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.widget import Widget

from console.core import instants
from console.desk import ailments
from console.language import term, tr
from console.risk.drift import SHIFTED
from console.risk.model import RULES_ONLY
from console.ui import formats
from console.ui.actions import bindings
from console.ui.evidence import feature
from console.ui.models import Learning, Register, figures, history, register, sparkline
from console.ui.screens.base import DeskScreen
from console.ui.text import clean, fit
from console.ui.themes import Palette, palette
from console.ui.widgets.lines import Lines
from console.ui.widgets.prompt import nothing
from console.ui.widgets.rows import Cell, RowList
from store.journal import JournalError
from store.models import Models, Version

SPARK_WIDTH, MOST_SHIFTS = 40, 4
LONGEST_REASON = 500
COLUMNS = (("version", 18, False), ("day", 10, False), ("due", 12, False), ("standing", 11, False), ("ap", 6, True))
WIDER = (("before", 6, True), ("frauds", 8, True), ("rows", 10, True), ("seconds", 6, True))
ROOMY = 100


class VersionList(RowList):
    """Refits by their place, the newest first."""

    def __init__(self) -> None:
        super().__init__()
        self.versions: Sequence[Version] = ()

    def tell(self, versions: Sequence[Version]) -> None:
        if versions == self.versions:
            return
        under = self.versions[self.cursor].refit.version if self.cursor is not None else None
        self.versions = versions
        place = next((at for at, one in enumerate(versions) if one.refit.version == under), 0 if versions else None)
        self.place(place, show=False)
        self.resize_to_rows()
        self.refresh()

    def total(self) -> int:
        return len(self.versions)

    def key_at(self, index: int) -> int:
        return index

    def name_at(self, index: int) -> str | int | None:
        return self.versions[index].refit.version

    def index_of(self, key: int) -> int | None:
        return key if key < len(self.versions) else None

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        version, colours = self.versions[index], self.palette
        refit, told = version.refit, figures(version)
        standing = {"champion": colours.good, "refused": colours.warning, "failed": colours.bad}
        values = [
            (clean(refit.version, 40), colours.strong),
            (formats.clocked(refit.due_at, "%Y-%m-%d"), colours.plain),
            (term("ui.refit", clean(refit.reason, 24)), colours.plain),
            (term("ui.standing", version.standing), standing.get(version.standing, colours.faint)),
            (_ap(told.ap_challenger if told else None), colours.strong),
            (_ap(told.ap_champion if told else None), colours.faint),
            (formats.count(told.frauds) if told else formats.NOTHING, colours.plain),
            (formats.count(told.rows) if told else formats.NOTHING, colours.plain),
            (f"{refit.seconds:.0f}s", colours.faint),
        ]
        columns = layout(width)
        cells: list[Cell] = [
            (text, size, right, style) for (text, style), (_, size, right) in zip(values, columns, strict=False)
        ]
        rest = width - sum(size for _, size, _ in columns) - len(columns) - 1
        why = term("ui.refused_why", clean(refit.why, 60)) if refit.why else ""
        return [*cells, (why, max(1, rest), False, colours.faint)]


def layout(width: int) -> list[tuple[str, int, bool]]:
    """(name, cells, on the right) of the columns that a width has room for."""
    return [*COLUMNS, *(WIDER if width >= ROOMY else ())]


def _ap(value: float | None) -> str:
    return formats.NOTHING if value is None else f"{value:.3f}"


def _learning(told: Learning, fitted: bool, colours: Palette) -> list[Text]:
    """What the next model waits for, how far the stream has drifted from the present one, and what went wrong."""
    if told.under_way is not None:
        words = tr("ui.model.under_way", version=clean(told.under_way, 40), counts=formats.moment(told.counts_at))
    elif fitted:
        words = tr("ui.model.next", day=formats.day(told.next_due_at))
    else:
        words = tr("ui.model.first", day=formats.day(told.ripe_at))
    labels = tr("ui.model.labels", count=formats.count(told.frauds), needed=formats.count(told.needed))
    lines = [Text(words if fitted else f"{labels} · {words}", colours.plain)]
    shifts = sorted(told.shifts.items(), key=lambda item: -item[1])[:MOST_SHIFTS]
    if shifts:
        line = Text(f"{tr('ui.model.drift')} ", colours.faint)
        for name, index in shifts:
            shown = tr("ui.model.probability") if name == "probability" else feature(name)
            line.append(f"{shown} {index:.2f}  ", colours.warning if index > SHIFTED else colours.plain)
        lines.append(line)
    if told.problem:
        lines.append(Text(clean(told.problem), colours.bad))
    return lines


class ModelScreen(DeskScreen):
    """The register of models of the feed's present epoch."""

    DEFAULT_CSS = """
    ModelScreen #state { padding: 0 1; }
    ModelScreen VersionList { padding: 0 0 0 1; }
    """
    BINDINGS = bindings("model")
    NAME = "model"
    VIEW: ClassVar = ("journal", "v_model", "version")

    def __init__(self) -> None:
        super().__init__()
        self._register = Register(None, RULES_ONLY, (), None)

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("state", tall=True)
        yield Lines("columns", "heading")
        yield VersionList()

    @property
    def table(self) -> VersionList:
        return self.query_one(VersionList)

    def home_focus(self) -> Widget | None:
        return self.table

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        sight = self.sight
        if mirror_changed or journal_changed:
            epoch = next((feed.epoch for feed in sight.situation.lanes), None)
            note = sight.mirror.notes().get("model") if sight.mirror is not None else None
            self._register = register(sight.journal, epoch, note)
            self.table.tell(self._register.versions)
        self._draw()
        super().looked(mirror_changed, journal_changed)

    def _draw(self) -> None:
        colours = palette(self.app.theme_variables)
        self.query_one("#title", Lines).show(Text(tr("ui.model.title"), colours.strong))
        self.query_one("#state", Lines).show(Text("\n").join(self._state()))
        width = self.table.scrollable_content_region.width or self.app.size.width - 2
        heads = [fit(tr(f"ui.model.{name}"), size, right) for name, size, right in layout(width)]
        self.query_one("#columns", Lines).show(Text(" ".join(heads), colours.heading))

    def _state(self) -> list[Text]:
        """What counts, how good the refits were over time, and how many labels there are to learn from."""
        colours, known = palette(self.app.theme_variables), self._register
        if known.in_force == RULES_ONLY:
            lines = [Text(tr("ui.model.none"), colours.warning)]
        else:
            since = next((one.takeover for one in known.versions if one.refit.version == known.in_force), None)
            day = formats.moment(since.at) if since is not None else formats.NOTHING
            lines = [Text(tr("ui.model.in_force", version=clean(known.in_force, 40), since=day), colours.good)]
        values = history(known.versions)
        if values:
            line = Text(f"{tr('ui.model.over_time')} ", colours.faint)
            line.append(sparkline(values, SPARK_WIDTH), colours.accent)
            lines.append(line.append(f"  {min(values):.3f} – {max(values):.3f}", colours.faint))
        if known.learning is not None:
            lines += _learning(known.learning, bool(known.versions), colours)
        for line in lines:
            line.truncate(self.app.size.width - 2, overflow="ellipsis")
        return lines

    # ------------------------------------------------------------ going back

    def do_rollback(self, argument: str) -> None:
        """Let an earlier version count again, `VERSION REASON`; ask for the reason when there is none."""
        version, _, reason = argument.partition(" ")
        reason = reason.strip()
        if not reason:
            self.ask(":", nothing, f"rollback {version or self._chosen()} ")
            return
        epoch, journal = self._register.epoch, self.sight.journal
        if epoch is None or journal is None:
            self.desk.say(tr("ui.model.nothing"), "warning")
            return
        actor = self.sight.situation.subject or "console"
        try:
            to = Models(journal).roll_back(epoch, version, reason[:LONGEST_REASON], actor, instants.now())
        except JournalError as error:
            self.desk.say(tr("ui.model.not_rolled_back", error=clean(error)), "bad")
            return
        except ailments.UNTAKEN as error:
            self.desk.untaken(error)
            return
        self.desk.wrote()
        self.desk.say(tr("ui.model.rolled_back", version=clean(to, 40)))

    def _chosen(self) -> str:
        """The version under the cursor, where one can go back to it; else the rules alone."""
        index = self.table.cursor
        chosen = self.table.versions[index] if index is not None else None
        back = chosen is not None and chosen.standing in ("retired", "rolled_back")
        return chosen.refit.version if chosen is not None and back else RULES_ONLY
