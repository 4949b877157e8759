"""The rules screen: what every rule finds, how often it is right, what that costs, and which rules say the same."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from rich.text import Text
from textual.widget import Widget

from console.desk.rules import DAYS, record
from console.language import term, tr
from console.risk.packs import TYPOLOGIES, Rule
from console.risk.records import RuleRecord
from console.ui import formats, rules
from console.ui.actions import bindings
from console.ui.filters import Column
from console.ui.screens.short import ShortList
from console.ui.text import clean, fit
from console.ui.themes import palette
from console.ui.widgets.lines import Lines
from console.ui.widgets.rows import Cell, RowList
from store.fields import Field
from store.files import StoreError
from store.reader import Reader

if TYPE_CHECKING:
    from console.desk.export import Extract

EVERY_S, SHARE = 15.0, 0.1
"""The records are read again so often at most, and for no more than this share of the time."""
ROOMY = 100
STATES = ("live", "shadow", "off")


@dataclass(frozen=True)
class Known:
    """A rule and its record; a rule that is off has none, one that is no longer in the pack has no text."""

    rule_id: str
    state: str
    rule: Rule | None
    record: RuleRecord | None


def known(told: Sequence[RuleRecord], pack: dict[str, Rule]) -> list[Known]:
    """Every rule of the pack and every one that has hit, those with the most hits first."""
    found = [Known(one.id, one.state, pack.get(one.id), one) for one in told]
    seen = {one.id for one in told}
    found += [Known(rule.id, rule.state, rule, None) for rule in pack.values() if rule.id not in seen]
    return sorted(found, key=_order)


def _order(one: Known) -> tuple[int, str, int]:
    """The most hits first, then ATO-2 before ATO-10."""
    family, _, number = one.rule_id.partition("-")
    return -(one.record.hits if one.record else -1), family, int(number) if number.isdigit() else 0


class RuleList(RowList):
    """Rules by their place."""

    BINDINGS = bindings("figures")

    def __init__(self) -> None:
        super().__init__()
        self.rules: Sequence[Known] = ()

    def tell(self, found: Sequence[Known]) -> None:
        under = self.rules[self.cursor].rule_id if self.cursor is not None else None
        self.rules = found
        place = next((place for place, one in enumerate(found) if one.rule_id == under), 0 if found else None)
        self.place(place, show=False)
        self.resize_to_rows()
        self.refresh()

    def total(self) -> int:
        return len(self.rules)

    def key_at(self, index: int) -> int:
        return index

    def name_at(self, index: int) -> str | int | None:
        return self.rules[index].rule_id

    def index_of(self, key: int) -> int | None:
        return key if key < len(self.rules) else None

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        one, colours = self.rules[index], self.palette
        told = one.record
        state = {"live": colours.good, "shadow": colours.accent}.get(one.state, colours.faint)
        typology = term("ui.typology", one.rule.typology) if one.rule else ""
        hits = formats.NOTHING if told is None else f"{told.hits:,}"
        minutes = formats.NOTHING if told is None else f"{told.minutes / DAYS:,.1f}"
        values = (
            (clean(one.rule_id, 24), colours.strong),
            (term("ui.rule_state", one.state), state),
            (typology, colours.plain),
            (hits, colours.plain),
            (precision(told), colours.plain),
            (minutes, colours.plain),
            (overlap(told, 1), colours.faint),
            (rules.title(one.rule_id), colours.faint),
        )
        return [
            (text, size, right, style) for (text, style), (_, size, right) in zip(values, layout(width), strict=False)
        ]


def layout(width: int) -> list[tuple[str, int, bool]]:
    """(name, cells, on the right) of the columns that a width has room for."""
    columns = [
        ("id", 8, False),
        ("state", 6, False),
        ("typology", 16, False),
        ("hits", 8, True),
        ("precision", 13, True),
        ("minutes", 7, True),
        ("overlap", 12, False),
    ]
    rest = width - sum(size for _, size, _ in columns) - len(columns) - 1
    return [*columns, ("text", rest, False)] if width >= ROOMY else columns


def precision(told: RuleRecord | None) -> str:
    share = told.precision if told else None
    return formats.interval(share.value, share.low, share.high) if share else formats.NOTHING


def overlap(told: RuleRecord | None, most: int) -> str:
    """The rules that fire on the same events, with the share of this one's hits."""
    shares = list(told.overlap.items())[:most] if told else []
    return "  ".join(f"{clean(name, 16)} {share:.0%}" for name, share in shares)


class RulesScreen(ShortList[Known]):
    """Every rule of the pack by its hits in the last 30 days of stream time."""

    DEFAULT_CSS = "RulesScreen RuleList { padding: 0 0 0 1; }"
    BINDINGS = bindings("filter", "arrange")
    NAME = "rules"

    def __init__(self) -> None:
        super().__init__()
        self._known: Sequence[Known] = ()
        self._due = 0.0
        self._reading: asyncio.Task[None] | None = None

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("columns", "heading")
        yield RuleList()

    @property
    def table(self) -> RuleList:
        return self.query_one(RuleList)

    def home_focus(self) -> Widget | None:
        return self.table

    def on_unmount(self) -> None:
        if self._reading is not None:
            self._reading.cancel()

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        if monotonic() >= self._due and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read())
        self._heading()
        super().looked(mirror_changed, journal_changed)

    async def _read(self) -> None:
        began = monotonic()
        try:
            told = await asyncio.to_thread(_records, self.sight.home.mirror)
        except (StoreError, OSError, sqlite3.Error, ValueError) as error:
            self.desk.say(tr("ui.rules.unread", error=clean(error)), "bad")
            told = []
        self._due = monotonic() + max(EVERY_S, (monotonic() - began) / SHARE)
        if self.stands:
            self._known = known(told, rules.rules())
            self.show_rows()

    def show_rows(self) -> None:
        self.table.tell(self.kept(self._known))
        self._heading()

    def columns(self) -> Sequence[Column[Known]]:
        return (
            Column(Field("id", "id"), lambda one: one.rule_id),
            Column(Field("state", "word", STATES), lambda one: one.state),
            Column(Field("typology", "word", TYPOLOGIES), lambda one: one.rule.typology if one.rule else None),
            Column(Field("hits", "count"), lambda one: one.record.hits if one.record else None),
            Column(Field("precision", "score"), lambda one: one.record.precision.value
                if one.record and one.record.precision else None),
            Column(Field("minutes", "count"), lambda one: one.record.minutes / DAYS if one.record else None),
        )  # fmt: skip

    def text_of(self, row: Known) -> str:
        typology = term("ui.typology", row.rule.typology) if row.rule else ""
        return f"{row.rule_id} {term('ui.rule_state', row.state)} {typology} {rules.title(row.rule_id)}"

    def extract(self) -> Extract | None:
        """The records as `riskdesk rules --json` has them."""
        from console.desk.export import Extract

        records = [asdict(one.record) for one in self.table.rules if one.record is not None]
        rows = [[_flat(value) for value in record.values()] for record in records]
        return Extract(list(records[0]), lambda: [rows], len(rows)) if records else None

    def _heading(self) -> None:
        colours = palette(self.app.theme_variables)
        title = Text(tr("ui.rules.title"), colours.strong).append(f"  {tr('ui.rules.about', days=DAYS)}", colours.faint)
        if self.about():
            title.append(f"  {self.about()}", colours.accent)
        title.truncate(self.app.size.width - 2, overflow="ellipsis")
        self.query_one("#title", Lines).show(title)
        width = self.table.scrollable_content_region.width or self.app.size.width - 2
        heads = [fit(tr(f"ui.rules.{name}"), size, right) for name, size, right in layout(width)]
        self.query_one("#columns", Lines).show(Text(" ".join(heads), colours.heading))

    def do_look(self, _: str) -> None:
        """Open the rule under the cursor."""
        from console.ui.screens.rule import RuleScreen

        if self.table.cursor is not None:
            self.app.push_screen(RuleScreen(self.table.rules[self.table.cursor]))


def _flat(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict | list) else value


def _records(mirror: Path) -> list[RuleRecord]:
    """Read in a thread of its own, on a connection of its own."""
    pack = rules.pack()
    if pack is None:
        return []
    reader = Reader(mirror)
    try:
        return record(reader, pack)
    finally:
        reader.close()
