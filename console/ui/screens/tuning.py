"""The tuning screen: thresholds that no others beat, as a plot and a table; what the cursor is on becomes a draft."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from rich.text import Text
from textual.widget import Widget

from console.language import tr
from console.paths import Home
from console.ui import formats, rules
from console.ui.actions import bindings
from console.ui.backtesting import told_by
from console.ui.plots import scatter
from console.ui.screens.running import RunningScreen
from console.ui.text import clean, fit
from console.ui.themes import palette
from console.ui.widgets.lines import Lines
from console.ui.widgets.rows import Cell, RowList

RATES = ("disturbance", "coverage", "loss", "minutes")
WIDTH = 10
LEAST_PLOT, OTHER_ROWS = 9, 14
"""Rows of the plot, and those that the rest of the screen needs beside it."""

Report = Mapping[str, Any]
Tune = Callable[[Home, float | None, Callable[[float], None]], Awaitable[Report]]
"""How a search is run: the home, the last days (None: all), and who hears of its progress."""


def days_named(text: str) -> float | None:
    """The days that `:tune DAYS` names, None for all. Raises ValueError."""
    if not text.strip():
        return None
    if not (text.strip().isascii() and text.strip().isdigit() and int(text) > 0):
        raise ValueError(tr("ui.tuning.no_days"))
    return float(text)


async def tune(home: Home, days: float | None, progress: Callable[[float], None]) -> Report:
    """Run `riskdesk policy tune` in a process of its own. Raises BacktestFailed."""
    arguments = ["policy", "tune", "--home", str(home.folder)]
    if rules.folder() is not None:
        arguments += ["--packs", str(rules.folder())]
    if days is not None:
        arguments += ["--days", f"{days:g}"]
    return await told_by(arguments, progress)


class PointList(RowList):
    """The points of the front and, last, what is in force, by their place."""

    def __init__(self) -> None:
        super().__init__()
        self.points: Sequence[Report] = ()

    def tell(self, report: Report) -> None:
        self.points = [*report["front"], report["default"]]
        self.place(report["picked"] - 1)
        self.resize_to_rows()
        self.refresh()

    def total(self) -> int:
        return len(self.points)

    def key_at(self, index: int) -> int:
        return index

    def index_of(self, key: int) -> int | None:
        return key if key < len(self.points) else None

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        point, colours = self.points[index], self.palette
        freeze = formats.NOTHING if point["freeze"] is None else f"{point['freeze']:.3f}"
        rates = point["held"]
        name = str(point["point"]) if point["point"] else tr("tuning.now")
        shown = [
            f"{point['alert']:.3f}",
            freeze,
            *(f"{rates[rate]:.1%}" for rate in RATES[:3]),
            f"{rates['minutes']:,.0f}",
        ]
        return [(name, 5, True, colours.faint), *((cell, WIDTH, True, colours.plain) for cell in shown)]


class TuningScreen(RunningScreen):
    """Runs a search; leaving the screen ends it."""

    DEFAULT_CSS = "TuningScreen PointList, TuningScreen #plot { padding: 0 0 0 1; }"
    BINDINGS = bindings("tuning")
    NAME = "tuning"

    def __init__(self, days: str = "", run: Tune = tune) -> None:
        super().__init__()
        self._days, self._do = days, run
        self.report: Report | None = None

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("state", "heading")
        yield Lines("plot", tall=True)
        yield Lines("columns", "heading")
        yield PointList()

    @property
    def table(self) -> PointList:
        return self.query_one(PointList)

    def home_focus(self) -> Widget | None:
        return self.table

    async def work(self) -> None:
        self.report = await self._do(self.sight.home, days_named(self._days), self.progress)

    def tell(self) -> None:
        if self.report is not None:
            self.table.tell(self.report)

    # ------------------------------------------------------------ actions

    def do_draft_point(self, _: str) -> None:
        """Write the policy with the thresholds under the cursor into a new file in the home."""
        from console.desk.tuned import keep_draft
        from console.risk.tuning import Setting

        index = self.table.cursor
        if self.report is None or index is None:
            return
        point = self.table.points[index]
        stance = str(self.report["policy"]).partition("/")[2]
        try:
            file = keep_draft(self.sight.home, rules.folder(), stance, Setting(point["alert"], point["freeze"]))
        except (OSError, ValueError) as error:
            self.desk.say(tr("ui.tuning.not_drafted", error=clean(error, 200)), "bad")
        else:
            self.desk.say(tr("ui.tuning.drafted", file=file.name))

    # ------------------------------------------------------------ drawing

    def draw(self) -> None:
        colours, width = palette(self.app.theme_variables), self.app.size.width
        title = Text(tr("ui.tuning.title"), colours.strong)
        if self.report is not None:
            title.append(f"  {clean(self.report['policy'])}", colours.plain)
        self.query_one("#title", Lines).show(title)
        self.query_one("#state", Lines).show(self.state())
        self.query_one("#plot", Lines).show(Text("\n".join(self._plot(width - 2, self.app.size.height))))
        line = Text(" " * 6, colours.heading)
        for head in ("alert", "freeze", *RATES) if self.report else ():
            line.append(f" {fit(tr(f'tuning.{head}'), WIDTH, right=True)}")
        self.query_one("#columns", Lines).show(line)

    def _plot(self, width: int, height: int) -> list[str]:
        """Honest customers disturbed across, money lost up, in percent."""
        if self.report is None:
            return []
        front, now = self.report["front"], self.report["default"]
        series = [
            [(100 * one["held"]["disturbance"], 100 * one["held"]["loss"]) for one in part] for part in (front, [now])
        ]
        rows = max(LEAST_PLOT, height - OTHER_ROWS - len(front))
        names = [tr("tuning.front"), tr("tuning.default")]
        return [tr("tuning.plot"), *scatter(series, names, width, rows)]

    def came(self) -> str | None:
        if self.report is None:
            return None
        told = self.report
        return tr("tuning.judged", dominated=told["dominated"], dominating=told["dominating"], of=len(told["front"]))
