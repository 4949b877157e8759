"""The automatic screen: what was done by itself, would have been done and was left, and what is left of the budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from console.core.instants import SECOND
from console.desk import automatic
from console.desk.automatic import Standing
from console.language import term, tr
from console.risk.automatic import Regime, Spent
from console.risk.policy import PolicyError
from console.ui import formats
from console.ui.actions import bindings
from console.ui.automatic import let_go_on
from console.ui.reasons import headline
from console.ui.screens.base import DeskScreen
from console.ui.text import clean, fit
from console.ui.themes import Palette, palette
from console.ui.widgets.columns import INTENT_GLYPHS, intent_style
from console.ui.widgets.lines import Lines
from console.ui.widgets.prompt import nothing
from console.ui.widgets.rows import Cell, RowList
from store.automatic import CLAIMED, SHADOW, SKIPPED, WANTED, Act

GLYPHS = {**INTENT_GLYPHS, SHADOW: "○", SKIPPED: "–", WANTED: "·", CLAIMED: "…"}
ROOMY = 110
RULES_TOLD = 4


class ActList(RowList):
    """Acts by their number, what changed last first."""

    BINDINGS: ClassVar = bindings("figures")

    def __init__(self) -> None:
        super().__init__()
        self.acts: Sequence[Act] = ()
        self._verdicts: Mapping[str, str] = {}
        self._exponents: Mapping[str, int] = {}
        self._now = 0

    def tell(self, told: Standing, exponents: Mapping[str, int], now: int) -> None:
        first = not self.acts
        self.acts, self._verdicts, self._exponents, self._now = told.acts, told.verdicts, exponents, now
        self.resize_to_rows()
        if first and self.acts:
            self.place(self.key_at(0), show=False)
        self.refresh()

    def chosen(self) -> Act | None:
        return next((act for act in self.acts if act.number == self.cursor), None)

    def total(self) -> int:
        return len(self.acts)

    def key_at(self, index: int) -> int:
        return self.acts[index].number

    def index_of(self, key: int) -> int | None:
        return next((place for place, act in enumerate(self.acts) if act.number == key), None)

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        act, colours = self.acts[index], self.palette
        result = act.state or act.result
        style = result_style(result, colours)
        said = self._verdicts.get(act.cause)
        values = {
            "result": (f"{GLYPHS.get(result, ' ')} {term('automatic.result', result)}", style),
            "account": (clean(act.account_id, 72), colours.plain),
            "exposure": (formats.money(act.exposure_minor, act.currency, self._exponents), colours.plain),
            "score": (formats.score(act.score), colours.plain),
            "age": (formats.age(self._now - act.at), colours.faint),
            "said": (term("ui.verdict", said) if said else "", colours.bad if said == "legit" else colours.good),
            "why": (automatic.why(act) or headline(_rules(act), width), colours.faint),
            "policy": (clean(act.policy_version, 30), colours.faint),
        }
        return [(values[name][0], size, right, values[name][1]) for name, size, right in layout(width)]


def layout(width: int) -> list[tuple[str, int, bool]]:
    """(name, cells, on the right) of the columns that a width has room for."""
    columns = [
        ("result", 14, False),
        ("account", 12, False),
        ("exposure", 10, True),
        ("score", 4, True),
        ("age", 3, True),
        ("said", 7, False),
    ]
    further = [("policy", 22, False)] if width >= ROOMY else []
    taken = sum(size + 1 for _, size, _ in (*columns, *further))
    return [*columns, ("why", max(1, width - taken), False), *further]


def result_style(result: str, colours: Palette) -> Style:
    if result in (SKIPPED, WANTED, CLAIMED):
        return colours.faint
    return colours.accent if result == SHADOW else intent_style(result, colours)


def _rules(act: Act) -> str:
    return "[" + ",".join(f'"{clean(rule, 24)}"' for rule in act.rules) + "]"


class AutomaticScreen(DeskScreen):
    """The newest acts of the machine, its budget, and how often each rule was right."""

    DEFAULT_CSS = "AutomaticScreen ActList { padding: 0 0 0 1; }"
    BINDINGS: ClassVar = bindings("automatic", "undo")
    NAME = "automatic"

    def __init__(self) -> None:
        super().__init__()
        self._read_at = 0

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("budget", "heading")
        yield Lines("rules", "heading")
        yield Lines("columns", "heading")
        yield ActList()

    @property
    def table(self) -> ActList:
        return self.query_one(ActList)

    def home_focus(self) -> Widget | None:
        return self.table

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        situation = self.sight.situation
        if self.sight.journal is not None and (journal_changed or situation.now - self._read_at >= SECOND):
            self._read_at = situation.now
            try:
                told = automatic.standing(self.sight.journal, self.sight.mirror, situation.core_now)
            except PolicyError as error:
                self.desk.say(clean(error), "bad")
            else:
                self.table.tell(told, situation.exponents, situation.core_now)
                self._heading(told)
        super().looked(mirror_changed, journal_changed)

    def _heading(self, told: Standing) -> None:
        colours = palette(self.app.theme_variables)
        title = Text(tr("ui.automatic.title"), colours.strong)
        title.append(f"  {mode(told)}", colours.bad if told.stop else colours.faint)
        width = self.table.scrollable_content_region.width or self.app.size.width - 1
        heads = [fit(tr(f"ui.automatic.{name}"), size, right) for name, size, right in layout(width)]
        rules = "  ".join(_rule(one) for one in told.rules[:RULES_TOLD])
        lines = {
            "title": title,
            "budget": Text(budget(told, self.sight.situation.exponents), colours.plain),
            "rules": Text(rules or tr("ui.automatic.no_rules"), colours.faint),
            "columns": Text(" ".join(heads), colours.heading),
        }
        for name, line in lines.items():
            line.truncate(self.app.size.width - 1, overflow="ellipsis")
            self.query_one(f"#{name}", Lines).show(line)

    # ------------------------------------------------------------ actions

    def do_look(self, _: str) -> None:
        """Open the account under the cursor."""
        act = self.table.chosen()
        if act is not None:
            self.desk.open_account(act.account_id)

    def do_undo(self, _: str) -> None:
        """Take back the measure under the cursor by another command."""
        from console.ui.again import take_back

        act = self.table.chosen()
        entry = self.sight.open_journal().get(act.command_id) if act is not None and act.command_id else None
        if entry is None:
            self.desk.say(tr("ui.automatic.nothing_done"), "warning")
        else:
            take_back(self.desk, entry)

    def do_go_on(self, reason: str) -> None:
        """Let it go on after a stop; ask for the reason when none is given."""
        if reason:
            let_go_on(self.desk, reason)
        else:
            self.ask(":", nothing, "go_on ")


def mode(told: Standing) -> str:
    """Stopped, in shadow or acting, by which policy and as whom."""
    if told.stop is not None:
        return automatic.stop_words(told.stop)
    if told.regime is None:
        return tr("ui.automatic.no_policy")
    acting = tr("automatic.shadow" if told.regime.shadow else "automatic.acting")
    who = ", ".join(clean(subject, 24) for subject in told.subjects) or tr("automatic.nobody")
    return tr("automatic.by", mode=acting, policy=told.regime.stamp, who=who)


def budget(told: Standing, exponents: Mapping[str, int]) -> str:
    """What the hour has taken of the budget, and what became of what called for a measure."""
    parts = []
    if told.regime is not None:
        parts += _taken(told.regime, told.shadowed if told.regime.shadow else told.spent, exponents)
    results = sorted(told.results.items(), key=lambda item: -item[1])
    parts += [f"{automatic.result_words(result, left)} {count}" for (result, left), count in results]
    return " · ".join(parts)


def _taken(regime: Regime, taken: Spent, exponents: Mapping[str, int]) -> list[str]:
    told = [tr("ui.automatic.measures", used=formats.count(taken.count), of=formats.count(regime.budget.count))]
    for currency, most in regime.budget.exposure.items():
        used, of = (formats.money(amount, currency, exponents) for amount in (taken.exposure.get(currency, 0), most))
        told.append(f"{used}/{of} {clean(currency, 3)}")
    return told


def _rule(one: automatic.RuleActs) -> str:
    share = one.right
    right = formats.interval(share.value, share.low, share.high) if share else formats.NOTHING
    return tr("ui.automatic.rule", rule=clean(one.rule_id, 12), acts=one.acts, right=right)
