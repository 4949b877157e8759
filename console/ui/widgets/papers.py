"""The list of applications and limit requests that wait for a decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from console.core.messages import Application, LimitRequest
from console.desk.papers import Dossier
from console.language import tr
from console.risk.credit.review import SHARED_MOST, Review
from console.ui import formats
from console.ui.actions import bindings
from console.ui.reviewing import advice, choice_style, reasons
from console.ui.text import clean
from console.ui.widgets.columns import INTENT_GLYPHS, intent_style
from console.ui.widgets.items import ItemList
from console.ui.widgets.rows import Cell
from store.papers import Paper

COLUMNS = (("", 1), ("kind", 5), ("age", 4), ("who", 10), ("paper", 11), ("asked", 11), ("points", 4), ("shares", 3))
"""Names and cells of the columns before the last, which takes the rest: what is recommended."""
RIGHT = ("age", "asked", "points", "shares")


@dataclass(frozen=True)
class Judged:
    """A paper and what it comes to; None where its document can't be read."""

    found: Dossier
    advice: Review


@dataclass(frozen=True)
class Item:
    """A paper that waits, its resource, the state of our command about it, and our newest decision."""

    paper: Paper
    resource: Application | LimitRequest
    state: str = ""
    choice: str = ""


class PaperList(ItemList[Item]):
    """Papers by type and id. `judge` is called for those on screen."""

    BINDINGS = bindings("list", "figures")

    def __init__(self, judge: Callable[[Paper], Judged | None]) -> None:
        super().__init__()
        self._judge = judge
        self._exponents: Mapping[str, int] = {}

    def tell(self, items: Sequence[Item], exponents: Mapping[str, int]) -> None:
        """Show these. The cursor begins on the first; when its paper is gone it stands on none until it is moved."""
        self._exponents = exponents
        self.take(items)
        self.begin()

    def name_of(self, item: Item) -> tuple[str, str]:
        return item.paper.type, item.paper.id

    def cells(self, index: int, width: int) -> Sequence[Cell]:
        item, colours = self.items[index], self.palette
        paper, resource = item.paper, item.resource
        judged = self._judge(paper)
        rest = max(1, width - sum(size + 1 for _, size in COLUMNS) - 1)
        glyph, glyph_style = INTENT_GLYPHS.get(item.state, " "), intent_style(item.state, colours)
        if item.choice and not item.state:
            glyph, glyph_style = "»", colours.warning
        asked = formats.money(resource.requested_limit_minor, resource.currency, self._exponents)
        head: list[Cell] = [
            (glyph, 1, False, glyph_style),
            (tr(f"review.type.{paper.type}"), 5, False, colours.plain),
        ]
        if judged is None:
            return [*head, (tr("review.unreadable"), width - 8 - 1, False, colours.bad)]
        found, told = judged.found, judged.advice
        name = clean(found.customer.name_masked, 40) if found.customer else formats.NOTHING
        others = max((tie.others for tie in found.case.ties if tie.kind in SHARED_MOST), default=0)
        words = " · ".join(
            part for part in (advice(told, found.case.currency, self._exponents), reasons(told.reasons)) if part
        )
        return [
            *head,
            (formats.age(found.case.age), 4, True, colours.plain),
            (name, 10, False, colours.plain),
            (clean(paper.id, 72), 11, False, colours.plain),
            (asked, 11, True, colours.plain),
            (str(told.assessment.points), 4, True, colours.plain),
            (str(others or ""), 3, True, colours.warning),
            (words, rest, False, choice_style(told.choice, colours)),
        ]
