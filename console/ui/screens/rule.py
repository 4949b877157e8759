"""One rule in full: what it says, when it fires, what to do then, and how it has done."""

from __future__ import annotations

from rich.text import Text

from console.desk.rules import DAYS
from console.language import language, term, tr
from console.risk.packs import Rule
from console.risk.records import RuleRecord
from console.ui import formats
from console.ui.evidence import feature
from console.ui.screens.reading import ReadingScreen
from console.ui.screens.rules import Known, overlap, precision
from console.ui.text import clean
from console.ui.themes import Palette, palette
from console.ui.widgets.lines import Pair

LABEL_WIDTH = 12
OVERLAPS = 6


class RuleScreen(ReadingScreen):
    """A rule's text, condition, thresholds, runbook and record."""

    NAME = "rule"

    def __init__(self, known: Known) -> None:
        super().__init__()
        self._known = known

    def draw(self) -> None:
        colours, one = palette(self.app.theme_variables), self._known
        title = Text(clean(one.rule_id, 24), colours.strong).append(f"  {term('ui.rule_state', one.state)}")
        self.heading.show(title)
        pairs = [*(_rule(one.rule, colours) if one.rule else _gone(colours)), *_record(one.record, colours)]
        self.text.show_pairs(pairs, LABEL_WIDTH)


def _rule(rule: Rule, colours: Palette) -> list[Pair]:
    words = language()
    bounds = " · ".join(f"{clean(name, 40)} {value:g}" for name, value in rule.params.items())
    reads = " · ".join(feature(name) for name in rule.features)
    return [
        _pair("says", rule.text.get(words, ""), colours),
        _pair("looks_for", term("ui.typology", rule.typology), colours),
        _pair("when", clean(rule.when.text, 2000), colours),
        _pair("bounds", bounds or formats.NOTHING, colours),
        _pair("reads", reads, colours),
        _pair("weight", f"{rule.weight:.2f}", colours),
        *([_pair("expires", formats.moment(rule.expires), colours)] if rule.expires is not None else []),
        _pair("action", term("ui.hint", rule.action), colours),
        _pair("runbook", rule.runbook.get(words, ""), colours),
    ]


def _gone(colours: Palette) -> list[Pair]:
    return [_pair("says", tr("ui.rule.gone"), colours)]


def _record(told: RuleRecord | None, colours: Palette) -> list[Pair]:
    if told is None:
        return [_pair("record", tr("ui.rule.off"), colours)]
    counts = tr(
        "ui.rule.counts",
        hits=formats.count(told.hits),
        days=DAYS,
        fraud=formats.count(told.fraud),
        legit=formats.count(told.legit + told.presumed),
        presumed=formats.count(told.presumed),
        unknown=formats.count(told.unknown + told.inconclusive),
    )
    cost = tr("ui.rule.cost", alerts=formats.count(told.alerts), minutes=formats.count(told.minutes))
    return [
        _pair("record", counts, colours),
        _pair("right", precision(told), colours),
        _pair("costs", cost, colours),
        _pair("beside", overlap(told, OVERLAPS) or formats.NOTHING, colours),
    ]


def _pair(label: str, words: str, colours: Palette) -> Pair:
    return Text(tr(f"ui.rule.{label}"), colours.faint), Text(words, colours.plain)
