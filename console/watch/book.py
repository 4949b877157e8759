"""The limit review over the whole book, every so many days: what it proposes waits as draft plans for a person."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from console.core import instants
from console.core.instants import DAY
from console.core.messages import CoreMeta
from console.desk import limit_review, review
from console.paths import Home
from console.watch.health import Health
from store import audit_log
from store.journal import WATCHER, Journal
from store.plans import Plan
from store.reader import Reader

log = logging.getLogger("riskdesk.book")


class BookReview:
    """Looks now and then whether a review is due. `days` between two reviews, 0 for none; the first comes so many days
    after the journal was begun. The review itself runs in a thread, on connections of its own."""

    def __init__(self, home: Home, days: int, meta: Callable[[], CoreMeta | None]) -> None:
        self.health = Health("book")
        self.wanted = days > 0
        self._home, self._every, self._meta = home, days * DAY, meta

    async def run(self) -> None:
        """One look."""
        meta = self._meta()
        if not self.wanted or meta is None:
            return
        made = await asyncio.to_thread(review_when_due, self._home, self._every, meta, instants.now())
        for plan in made:
            log.info("limit review: plan %d waits for somebody to confirm it", plan.number)
        self.health.ok(instants.now())


def review_when_due(home: Home, every: int, meta: CoreMeta, now: int) -> list[Plan]:
    """Review the book when the last review, or else the journal's first entry, lies so long back (µs).

    Returns the drafts that were made. Raises what `desk.review.rules` and `desk.limit_review.draft` raise.
    """
    journal = Journal(home.journal)
    try:
        since = audit_log.told_at(journal, limit_review.REVIEWED) or audit_log.told_at(journal, first=True)
        if since is None or now - instants.parse(since) < every:
            return []
        by, mirror = review.rules(journal), Reader(home.mirror)
        try:
            found = [one for one in limit_review.review(mirror, by) if one is not None]
        finally:
            mirror.close()
        return limit_review.draft(journal, meta, found, by, now, WATCHER)
    finally:
        journal.close()
