"""One application or limit request in full: what is recommended and why, the flow of checks, who stands behind it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widget import Widget

from console.language import term, tr
from console.ui import reviewing
from console.ui.actions import bindings
from console.ui.screens.deciding_papers import Reviewing
from console.ui.text import clean
from console.ui.themes import Palette, palette
from console.ui.widgets.lines import Lines, Pair
from console.ui.widgets.papers import Judged
from console.ui.widgets.portrait import command_words
from store import papers, reviews
from store.papers import Paper

LABEL_WIDTH = 14
EARLIER = 5
"""Decisions of this desk about it that are shown, the newest."""


class ReviewScreen(Reviewing):
    """A paper by its type and id."""

    DEFAULT_CSS = """
    ReviewScreen VerticalScroll { height: 1fr; padding: 0 1; }
    """
    BINDINGS = bindings("figures", "list")
    NAME = "review"

    def __init__(self, type_: str, id_: str) -> None:
        super().__init__()
        self._named = type_, id_

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("flow", "heading", tall=True)
        with VerticalScroll():
            yield Lines("text", tall=True)

    def home_focus(self) -> Widget | None:
        return self._pane

    def paper(self) -> Paper | None:
        return papers.find(self.sight.mirror, *self._named) if self.sight.mirror is not None else None

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        if journal_changed:
            self.by()
        self._draw()
        super().looked(mirror_changed, journal_changed)

    def _draw(self) -> None:
        colours, paper = palette(self.app.theme_variables), self.paper()
        judged = self.judge(paper) if paper is not None else None
        title = Text(f"{tr(f'review.type.{self._named[0]}')} {clean(self._named[1], 72)}", colours.strong)
        if judged is None:
            title.append(f"  {tr('review.gone' if paper is None else 'review.unreadable')}", colours.bad)
            self.query_one("#title", Lines).show(title)
            return
        found, exponents = judged.found, self.sight.situation.exponents
        title.append(f"  {term('review.status', clean(found.resource.status, 24))}", colours.accent)
        title.append(f"  {tr('approvals.version', version=found.paper.version)}", colours.faint)
        self.query_one("#title", Lines).show(title)
        self.query_one("#flow", Lines).show(reviewing.flow(judged.advice, colours))
        lines = self._lines(judged, exponents, colours)
        self.query_one("#text", Lines).show_pairs(lines, LABEL_WIDTH)

    def _lines(self, judged: Judged, exponents: dict[str, int], colours: Palette) -> list[Pair]:
        found, advice, by, situation = judged.found, judged.advice, self._by, self.sight.situation
        if by is None:
            return []
        currency, journal = found.case.currency, self.sight.journal
        words = reviewing.advice(advice, currency, exponents)
        told = reviewing.reasons(advice.reasons)
        line = Text(words, reviewing.choice_style(advice.choice, colours) + colours.strong)
        line.append(f"  {told}" if told else "", colours.plain)
        kept = reviews.about(journal, found.type, found.resource.id) if journal is not None else []
        ours = [entry for entry in self.sight.commands if entry.target_id == found.resource.id]
        return [
            (Text(tr("review.label.advice"), colours.faint), line),
            *(
                (Text(tr("review.label.command"), colours.faint), command_words(one, situation.now, colours))
                for one in ours
            ),
            *reviewing.earlier(kept[:EARLIER], situation.core_now, exponents, colours),
            *reviewing.submitted(found, exponents, colours),
            *reviewing.person(found, exponents, colours),
            *reviewing.steps(advice, currency, exponents, colours),
            *reviewing.offered(advice, currency, exponents, colours),
            *reviewing.known(found, colours),
            *reviewing.points(advice, by, colours),
            *reviewing.judged_by(by, colours),
        ]

    def do_down(self, _: str) -> None:
        self._pane.scroll_down(animate=False)

    def do_up(self, _: str) -> None:
        self._pane.scroll_up(animate=False)

    def do_page_down(self, _: str) -> None:
        self._pane.scroll_page_down(animate=False)

    def do_page_up(self, _: str) -> None:
        self._pane.scroll_page_up(animate=False)

    def do_top(self, _: str) -> None:
        self._pane.scroll_home(animate=False)

    def do_bottom(self, _: str) -> None:
        self._pane.scroll_end(animate=False)

    @property
    def _pane(self) -> VerticalScroll:
        return self.query_one(VerticalScroll)

    def do_look(self, _: str) -> None:
        """Open the person's account."""
        row = self.account()
        if row is None:
            self.desk.say(tr("approvals.no_account"), "warning")
        else:
            self.desk.open_account(row.account_id)
