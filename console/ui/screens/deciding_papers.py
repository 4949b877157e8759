"""From a screen that shows an application or a limit request to a journaled decision about it."""

from __future__ import annotations

import sqlite3
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
from store.reader import AccountRow

if TYPE_CHECKING:
    from console.ui.dialogs.review import Answered, ReviewDialog

JUDGED_FOR = 20 * SECOND
"""How long a paper's judgement is shown before it is made anew: what others share changes as they apply. A decision
stands on one that was made for it."""
MOST_JUDGED = 5_000
"""Judgements that are kept."""


class Reviewing(DeskScreen):
    """The deciding actions of a screen that shows papers. The paper is the one shown when the key came."""

    BINDINGS = bindings("reviews")

    def __init__(self) -> None:
        super().__init__()
        self._by: InForce | None = None
        self._judged: dict[tuple[str, str, int], tuple[int, Judged | None]] = {}

    def paper(self) -> Paper | None:
        """The paper that actions would be about."""
        raise LookupError("a screen must say which paper it shows")

    def by(self) -> InForce | None:
        """The policy and scorecard in force; None, with the reason said, when they can't be used."""
        try:
            journal = self.sight.open_journal() if self.sight.home.journal.exists() else None
            self._by = review.rules(journal)
        except (PolicyError, UnusableCard, StoreError, sqlite3.Error) as error:
            self.desk.say(clean(error), "bad")
        return self._by

    def judge(self, paper: Paper, fresh: bool = False) -> Judged | None:
        """What a paper comes to, made anew now and then, or at once; None when it can't be read."""
        now, key = self.sight.situation.now, (paper.type, paper.id, paper.version)
        at, known = self._judged.get(key, (0, None))
        if now - at < JUDGED_FOR and known is not None and not fresh:
            return known
        if len(self._judged) > MOST_JUDGED:
            self._judged.clear()
        mirror, by = self.sight.mirror, self._by or self.by()
        found = papers.dossier(mirror, paper) if mirror is not None and by is not None else None
        judged = Judged(found, review.recommend(found, by)) if found is not None and by is not None else None
        self._judged[key] = now, judged
        return judged

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
            self.desk.say(clean(ailments.untaken(error, self.sight.home.folder)), "bad")
            return
        if not isinstance(entry, int):
            wake(self.sight.home, entry.command_id, self.desk.not_nudged)
        self.sight.forget_journal_version()
        self._judged.clear()
        self.desk.look()
        words = {"choice": tr(f"review.choice.{answered.decision.choice}"), "id": clean(judged.found.resource.id, 40)}
        self.desk.say(tr("review.queued", **words))
