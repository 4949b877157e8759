"""The backtest screen: a draft of the rules on the past, beside the rules in force, down to the accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text
from textual.widget import Widget

from console.language import term, tr
from console.ui import formats, rules
from console.ui.actions import bindings
from console.ui.backtesting import Behind, Outcome, Run, backtest
from console.ui.screens.running import RunningScreen
from console.ui.text import clean, fit
from console.ui.themes import palette
from console.ui.widgets.lines import Lines
from console.ui.widgets.rows import Cell, RowList

FIGURES = ("alerts", "alerts_per_day", "minutes_per_day", "precision", "fraud", "unknown")
CHANGES = ("new", "lost", "kept")


@dataclass(frozen=True)
class Figure:
    """A line of the result; `group` names the accounts behind it, empty for none."""

    label: str
    live: str
    draft: str
    group: str = ""


def figures(report: Mapping[str, Any], exponents: Mapping[str, int]) -> list[Figure]:
    """A report's lines: what changes, both sides' figures, the money, then rule by rule."""
    live, draft = report["live"], report["draft"]
    lines = [Figure(tr(f"ui.backtest.{name}"), "", _changed(report, name), name) for name in CHANGES]
    lines += [Figure(tr(f"ui.backtest.{name}"), _shown(live[name]), _shown(draft[name])) for name in FIGURES]
    for currency, lost in live["fraud_minor"].items():
        reached = [_share(side["reached_minor"].get(currency, 0), lost, currency, exponents) for side in (live, draft)]
        amount = formats.money(lost, currency, exponents)
        lines.append(Figure(tr("ui.backtest.reached", lost=amount, currency=formats.currency(currency)), *reached))
    for rule in report["rules"]:
        before = formats.NOTHING if rule["live_hits"] is None else f"{rule['live_hits']:,}"
        after = f"{rule['hits']:,}  {_percent(rule['precision'])}"
        state = term("ui.rule_state", rule["state"])
        name = rules.title(rule["rule_id"])
        lines.append(Figure(f"{rule['rule_id']} {state}  {name}", before, after, rule["rule_id"]))
    return lines


def _changed(report: Mapping[str, Any], name: str) -> str:
    share = report.get(f"{name}_precision")
    return f"{report[name]:,}  {_percent(share)}" if share else f"{report[name]:,}"


def _shown(value: Any) -> str:  # noqa: ANN401 - a number, or a share
    return _percent(value) if value is None or isinstance(value, dict) else f"{value:,.5g}"


def _percent(share: Mapping[str, float] | None) -> str:
    return formats.interval(share["value"], share["low"], share["high"]) if share else formats.NOTHING


def _share(reached: int, lost: int, currency: str, exponents: Mapping[str, int]) -> str:
    return f"{formats.money(reached, currency, exponents)}  {formats.percent(reached, lost) or 0}%"


class FigureList(RowList):
    """The lines of a result, by their place."""

    BINDINGS = bindings("figures")

    def __init__(self) -> None:
        super().__init__()
        self.figures: Sequence[Figure] = ()

    def tell(self, lines: Sequence[Figure]) -> None:
        self.figures = lines
        self.place(0 if lines else None)
        self.resize_to_rows()
        self.refresh()

    def total(self) -> int:
        return len(self.figures)

    def key_at(self, index: int) -> int:
        return index

    def index_of(self, key: int) -> int | None:
        return key if key < len(self.figures) else None

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        line, colours = self.figures[index], self.palette
        number = 22 if width >= 100 else 18
        label = max(1, width - 2 * number - 3 - 1)
        return [
            ("▸" if line.group else "", 1, False, colours.accent),
            (line.label, label, False, colours.plain),
            (line.live, number, True, colours.faint),
            (line.draft, number, True, colours.strong),
        ]


class BacktestScreen(RunningScreen):
    """Runs a backtest; leaving the screen ends it."""

    DEFAULT_CSS = "BacktestScreen FigureList { padding: 0 0 0 1; }"
    NAME = "backtest"

    def __init__(self, pack: Path, days: float | None, run: Run = backtest) -> None:
        super().__init__()
        self._pack, self._days, self._do = pack, days, run
        self.outcome: Outcome | None = None

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("state", "heading")
        yield Lines("columns", "heading")
        yield FigureList()

    @property
    def table(self) -> FigureList:
        return self.query_one(FigureList)

    def home_focus(self) -> Widget | None:
        return self.table

    async def work(self) -> None:
        self.outcome = await self._do(self.sight.home, self._pack, self._days, self.progress)

    def tell(self) -> None:
        if self.outcome is not None:
            self.table.tell(figures(self.outcome.report, self.sight.situation.exponents))

    # ------------------------------------------------------------ actions

    def do_look(self, _: str) -> None:
        """Open the accounts behind the number under the cursor."""
        from console.ui.screens.behind import BehindScreen

        index = self.table.cursor
        if self.outcome is None or index is None:
            return
        line = self.table.figures[index]
        rows: Sequence[Behind] = self.outcome.behind.get(line.group, ())
        if rows:
            self.app.push_screen(BehindScreen(lambda: self.table.figures[index].label, rows))
        else:
            self.desk.say(tr("ui.backtest.nobody"), "warning")

    # ------------------------------------------------------------ drawing

    def redraw(self) -> None:
        cursor = self.table.cursor
        self.tell()
        if self.outcome is not None:
            self.table.place(cursor)
        super().redraw()

    def draw(self) -> None:
        colours = palette(self.app.theme_variables)
        title = Text(tr("ui.backtest.title"), colours.strong).append(f"  {clean(self._pack, 100)}", colours.plain)
        title.truncate(self.app.size.width - 2, overflow="ellipsis")
        self.query_one("#title", Lines).show(title)
        self.query_one("#state", Lines).show(self.state())
        heads = (tr("ui.backtest.live"), tr("ui.backtest.draft")) if self.outcome else ("", "")
        number = 22 if self.app.size.width >= 102 else 18
        line = Text(" " * max(1, self.app.size.width - 2 * number - 6), colours.heading)
        for head in heads:
            line.append(f" {fit(head, number, right=True)}")
        self.query_one("#columns", Lines).show(line)

    def came(self) -> str | None:
        if self.outcome is None:
            return None
        report = self.outcome.report
        return tr(
            "ui.backtest.stretch",
            days=f"{report['days']:.0f}",
            begin=report["from"][:10],
            end=report["to"][:10],
            events=formats.count(report["events"]),
            seconds=f"{report['seconds']:.1f}",
        )
