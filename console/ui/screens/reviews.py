"""The review queue: applications and limit requests that wait, with what is recommended for each."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.widget import Widget
from textual.worker import Worker

from console.core.instants import SECOND
from console.core.messages import Application, LimitRequest
from console.desk import papers
from console.language import tr
from console.risk.credit.review import Choice
from console.ui.actions import bindings
from console.ui.filters import Column
from console.ui.reviewing import reasons
from console.ui.screens.deciding_papers import JUDGED_FOR, Reviewing, judge_all
from console.ui.screens.short import ShortList
from console.ui.text import clean, fit
from console.ui.themes import palette
from console.ui.widgets.lines import Lines
from console.ui.widgets.papers import COLUMNS, RIGHT, Item, PaperList
from store import reviews
from store.fields import Field
from store.files import StoreError
from store.life import UNRESOLVED
from store.papers import Paper

CHOICES = tuple(choice.value for choice in Choice)
"""What is recommended, what needs a person most the highest."""


READ_EVERY = SECOND
"""How often the queue is read anew while the mirror changes, µs."""


class ReviewsScreen(ShortList[Item], Reviewing):
    """What waits, the oldest first unless another order is chosen; Enter opens one."""

    DEFAULT_CSS = "ReviewsScreen PaperList { padding: 0 0 0 1; height: 1fr; }"
    BINDINGS: ClassVar = bindings("filter")
    NAME = "reviews"

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[tuple[Paper, Application | LimitRequest]] = []
        self._choices: dict[tuple[str, str], tuple[str, int]] = {}
        self._stale, self._read_at = True, 0
        self._judging: Worker[None] | None = None
        self._judge_from = 0

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        yield Lines("columns", "heading")
        yield PaperList(self.judge)

    @property
    def table(self) -> PaperList:
        return self.query_one(PaperList)

    def home_focus(self) -> Widget | None:
        return self.table

    def paper(self) -> Paper | None:
        current = self.table.current
        return current.paper if current is not None else None

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        situation, journal = self.sight.situation, self.sight.journal
        if journal_changed:
            self.by()
            self._choices = reviews.newest(journal) if journal is not None else {}
        self._stale |= mirror_changed
        if self._stale and (situation.now - self._read_at >= READ_EVERY or not self._waiting):
            self._stale, self._read_at = False, situation.now
            self._waiting = papers.waiting(self.sight.mirror) if self.sight.mirror is not None else []
        self._judge_queue()
        self.table.tell(self.kept(self._items()), situation.exponents)
        self._heading()
        super().looked(mirror_changed, journal_changed)

    @property
    def _is_judging(self) -> bool:
        return self._judging is not None and not self._judging.is_finished

    def _judge_queue(self) -> None:
        """Where all that waits is filtered or sorted, judge it beside everything else; the list follows when it is."""
        now, by, mirror = self.sight.situation.now, self._by, self.sight.home.mirror
        if not (self.filtered or self.sort) or by is None or now < self._judge_from:
            return
        if self._is_judging:
            return
        wanted = [paper for paper, _ in self._waiting if self.outdated(paper)]
        if not wanted:
            return

        async def judge() -> None:
            try:
                self.remember(await asyncio.to_thread(judge_all, mirror, wanted, by), now)
            except (StoreError, OSError, sqlite3.Error) as error:
                self._judge_from = now + JUDGED_FOR
                self.desk.say(clean(error), "bad")
                return
            self._judging = None
            if self.stands:
                self.looked(False, False)

        self._judging = self.run_worker(judge, exclusive=True, group="judging")

    def _items(self) -> list[Item]:
        states = {entry.target_id: entry.state for entry in reversed(self.sight.commands) if entry.state in UNRESOLVED}
        found = []
        for paper, resource in self._waiting:
            choice, _ = self._choices.get((paper.type, paper.id), ("", 0))
            found.append(Item(paper, resource, str(states.get(paper.id, "")), choice))
        return found

    def columns(self) -> Sequence[Column[Item]]:
        return (
            Column(Field("type", "word", tuple(papers.OPEN)), lambda item: item.paper.type),
            Column(Field("id", "id"), lambda item: item.paper.id),
            Column(Field("account", "id"), lambda item: item.resource.account_id),
            Column(Field("asked", "amount"), self._amount),
            Column(Field("points", "count"), self._points),
            Column(Field("advice", "rank", CHOICES), self._choice),
            Column(
                Field("decided", "word", tuple(choice.value for choice in Choice)), lambda item: item.choice or None
            ),
            Column(Field("age", "age"), self._age),
        )

    def text_of(self, item: Item) -> str:
        judged = self.known(item.paper)
        name = judged.found.customer.name_masked if judged and judged.found.customer else None
        words = reasons(judged.advice.reasons) if judged else None
        return " ".join(filter(None, (item.paper.id, item.resource.account_id, name, words)))

    def _amount(self, item: Item) -> float | None:
        minor, exponent = (
            item.resource.requested_limit_minor,
            self.sight.situation.exponents.get(item.resource.currency),
        )
        return None if minor is None or exponent is None else minor / 10**exponent

    def _choice(self, item: Item) -> int | None:
        judged = self.known(item.paper)
        return CHOICES.index(judged.advice.choice) if judged else None

    def _age(self, item: Item) -> float | None:
        judged = self.known(item.paper)
        return judged.found.case.age if judged else None

    def _points(self, item: Item) -> float | None:
        judged = self.known(item.paper)
        return judged.advice.assessment.points if judged else None

    def _heading(self) -> None:
        colours, items = palette(self.app.theme_variables), self.table.items
        title = Text(tr("review.title"), colours.strong)
        kinds = {type_: sum(item.paper.type == type_ for item in items) for type_ in papers.OPEN}
        title.append("  " + tr("review.counts", **kinds), colours.faint)
        if self._by is not None:
            title.append(f"  {clean(self._by.policy_version, 60)}", colours.faint)
        if self._is_judging and any(self.known(paper) is None for paper, _ in self._waiting):
            title.append(f"  {tr('review.judging')}", colours.warning)
        if about := self.about():
            title.append(f"  {about}", colours.accent)
        title.truncate(self.app.size.width - 2, overflow="ellipsis")
        self.query_one("#title", Lines).show(title)
        heads = [fit(tr(f"review.column.{name}") if name else "", size, name in RIGHT) for name, size in COLUMNS]
        self.query_one("#columns", Lines).show(Text(" ".join([*heads, tr("review.column.advice")]), colours.heading))

    def do_look(self, _: str) -> None:
        """Open the paper under the cursor."""
        from console.ui.screens.review import ReviewScreen

        paper = self.paper()
        if paper is not None:
            self.app.push_screen(ReviewScreen(paper.type, paper.id))
        else:
            self.desk.say(tr("review.none_chosen"), "warning")
