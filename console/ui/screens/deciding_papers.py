"""From a screen that shows an application or a limit request to a journaled decision about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from console.core.commands import InvalidWish
from console.core.instants import SECOND, Instant
from console.desk import ailments, deciding, papers, review
from console.desk.review import InForce
from console.language import tr
from console.risk.credit.scorecard import UnusableCard
from console.risk.policy import PolicyError
from console.ui.actions import bindings
from console.ui.screens.base import DeskScreen
from console.ui.submitting import wake
from console.ui.text import clean
from console.ui.widgets.papers import Judged
from store.files import StoreError
from store.journal import Blocked
from store.papers import Paper
from store.reader import AccountRow, Reader

if TYPE_CHECKING:
    from console.ui.dialogs.review import Answered, ReviewDialog

JUDGED_FOR = 20 * SECOND
"""How long a paper's judgement is shown before it is made anew: what others share changes as they apply. A decision
stands on one that was made for it."""
MOST_JUDGED = 5_000
"""Judgements that are kept."""

Key = tuple[str, str, int]


def key_of(paper: Paper) -> Key:
    """By what a judgement is kept: another version is another paper."""
    return paper.type, paper.id, paper.version


def judgement(mirror: Reader, paper: Paper, by: InForce) -> Judged | None:
    """What a paper comes to; None when it can't be read."""
    found = papers.dossier(mirror, paper)
    return Judged(found, review.recommend(found, by)) if found is not None else None


def judge_all(path: Path, wanted: Iterable[Paper], by: InForce) -> dict[Key, Judged | None]:
    """What many papers of a mirror come to, for a thread of its own. Raises StoreError, sqlite3.Error."""
    mirror = Reader(path)
    try:
        return {key_of(paper): judgement(mirror, paper, by) for paper in wanted}
    finally:
        mirror.close()


class Reviewing(DeskScreen):
    """The deciding actions of a screen that shows papers. The paper is the one shown when the key came."""

    BINDINGS = bindings("reviews")

    def __init__(self) -> None:
        super().__init__()
        self._by: InForce | None = None
        self._judged: dict[Key, tuple[int, Judged | None]] = {}

    def paper(self) -> Paper | None:
        """The paper that actions would be about."""
        raise LookupError("a screen must say which paper it shows")

    def by(self) -> InForce | None:
        """The policy and scorecard in force; None, with the reason said, when they can't be used."""
        try:
            journal = self.sight.open_journal() if self.sight.home.journal.exists() else None
            found = review.rules(journal)
            if found != self._by:
                self._judged.clear()
            self._by = found
        except (PolicyError, UnusableCard, StoreError, sqlite3.Error) as error:
            self.desk.say(clean(error), "bad")
        return self._by

    def judge(self, paper: Paper, fresh: bool = False) -> Judged | None:
        """What a paper comes to, made anew now and then, or at once; None when it can't be read."""
        known = self.known(paper)
        if known is not None and not fresh and not self.outdated(paper):
            return known
        mirror, by = self.sight.mirror, self._by or self.by()
        judged = judgement(mirror, paper, by) if mirror is not None and by is not None else None
        self.remember({key_of(paper): judged}, self.sight.situation.now)
        return judged

    def known(self, paper: Paper) -> Judged | None:
        """What a paper came to when it was judged last, however long ago; None when it was not."""
        return self._judged.get(key_of(paper), (0, None))[1]

    def outdated(self, paper: Paper) -> bool:
        """Whether a paper is to be judged anew."""
        return self.sight.situation.now - self._judged.get(key_of(paper), (0, None))[0] >= JUDGED_FOR

    def remember(self, judged: Mapping[Key, Judged | None], at: int) -> None:
        """Keep judgements that were made at an instant (µs)."""
        if len(self._judged) > MOST_JUDGED:
            self._judged.clear()
        self._judged |= {key: (at, one) for key, one in judged.items()}

    def account(self) -> AccountRow | None:
        paper, mirror = self.paper(), self.sight.mirror
        resource = papers.read(paper) if paper is not None else None
        if resource is None or mirror is None or resource.account_id is None:
            return None
        detail = mirror.account(resource.account_id)
        return detail.row if detail is not None else None

    def named(self) -> str | None:
        paper = self.paper()
        return paper.id if paper is not None else super().named()

    # ------------------------------------------------------------ doing

    def do_grant(self, _: str) -> None:
        from console.ui.dialogs.review import GrantDialog

        self._ask(GrantDialog)

    def do_grant_less(self, _: str) -> None:
        from console.ui.dialogs.review import GrantLessDialog

        self._ask(GrantLessDialog)

    def do_turn_down(self, _: str) -> None:
        from console.ui.dialogs.review import TurnDownDialog

        self._ask(TurnDownDialog)

    def do_refer(self, _: str) -> None:
        from console.ui.dialogs.review import ReferDialog

        self._ask(ReferDialog)

    def _ask(self, dialog: type[ReviewDialog]) -> None:
        """Open the dialog of a decision on the paper as it is shown."""
        paper = self.paper()
        judged = self.judge(paper, fresh=True) if paper is not None else None
        if judged is None or self._by is None:
            self.desk.say(tr("review.none_chosen"), "warning")
        elif not judged.found.is_open:
            self.desk.say(tr("desk.paper_decided", status=clean(judged.found.resource.status, 24)), "warning")
        else:
            self.desk.push_screen(dialog(judged, self._by, self.sight.situation), self._decided)

    def _decided(self, answered: Answered | None) -> None:
        """Journal what a dialog was left with and wake the watcher."""
        meta = self.sight.situation.meta
        if answered is None or meta is None:
            return
        judged, by = answered.judged, answered.by
        core_now = Instant(self.sight.situation.core_now)
        try:
            entry = review.decide(
                self.sight.open_journal(), meta, judged.found, judged.advice, by, answered.decision, core_now=core_now
            )
        except (InvalidWish, Blocked) as error:
            self.desk.say(deciding.explain(error), "bad")
            return
        except ailments.UNTAKEN as error:
            self.desk.untaken(error)
            return
        if not isinstance(entry, int):
            wake(self.sight.home, entry.command_id, self.desk.not_nudged)
        self._judged = {key: (0, one) for key, (_, one) in self._judged.items()}
        self.desk.wrote()
        words = {"choice": tr(f"review.choice.{answered.decision.choice}"), "id": clean(judged.found.resource.id, 40)}
        self.desk.say(tr("review.queued", **words))
