"""The bell: tells the configured channels of new critical alerts, a feed that stands still, commands to look into.

What is told holds no personal data and no token: counts, or ids, or ids with scores and rules, as the settings say.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from console.core import instants
from console.core.instants import SECOND
from console.language import term, tr
from console.paths import Home
from console.settings import Notify
from console.watch import channels
from console.watch.channels import Channel, Letter
from console.watch.health import Health
from console.watch.outside import OutsideError
from store.automatic import Automatic, Stop
from store.files import StoreError
from store.journal import Entry, Journal
from store.life import State
from store.reader import CriticalAlert, Reader

TOLD_EVERY = 30 * SECOND
"""The least time between two letters of one kind, µs; what comes in between is told in one."""
MOST_LINES = 10
NEWEST = 500
"""Commands that are looked at for ones in review."""
NOT_OF_AN_ID = re.compile(r"[^\w.:\-]")
LONGEST = 72

T = TypeVar("T")


class Bell:
    """Looks for news every second and puts it into the channels' boxes; a thread of its own empties them."""

    def __init__(
        self,
        home: Home,
        settings: Notify,
        journal: Journal,
        feed: Health,
        caught_up: asyncio.Event,
        clock: Callable[[], int] = instants.now,
    ) -> None:
        """`feed` is the change feed's health; before `caught_up` nothing of the past is told."""
        self.health = Health("notify")
        self._home, self._settings, self._journal = home, settings, journal
        self._feed, self._caught_up, self._clock = feed, caught_up, clock
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="bell")
        self._channels: list[Channel] | None = None
        self._mirror: Reader | None = None
        self._alerts = News[CriticalAlert](TOLD_EVERY)
        self._reviews = News[Entry](TOLD_EVERY)
        self._stops = News[Stop](TOLD_EVERY)
        self._started, self._stalled = clock(), False

    @property
    def wanted(self) -> bool:
        """Whether anybody is to be told."""
        return bool(self._settings.webhooks or self._settings.command or channels.named(self._home))

    async def learn(self) -> None:
        """Take what the mirror holds as known: called before the feed is followed, so that all after it is news."""
        if self.wanted:
            await asyncio.get_running_loop().run_in_executor(self._worker, self._look_at_alerts)

    async def run(self) -> None:
        """One round. Raises OutsideError while a channel does not take what it is sent."""
        reviewed = [entry for entry in self._journal.recent(NEWEST) if entry.state is State.REVIEW]
        self._reviews.note((entry.command_id, entry) for entry in reviewed)
        self._stops.note((stop.at, stop) for stop in Automatic(self._journal).stops(1))
        await asyncio.get_running_loop().run_in_executor(self._worker, self._round)

    def close(self) -> None:
        """Let go of what waits."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def still(self) -> bool:
        """Whether the feed stands still: nothing came for so long, not even an empty page."""
        last = max(self._feed.last_ok_at or 0, self._started)
        return self._clock() - last > self._settings.stalled_after_s * SECOND

    # ------------------------------------------------------------ in the bell's own thread

    def _round(self) -> None:
        """Open, look, send."""
        if self._channels is None:
            self._channels = channels.channels(channels.addresses(self._home, self._settings))
        self._look_at_alerts()
        for letter in self._letters():
            for channel in self._channels:
                channel.post(letter)
        for channel in self._channels:
            channel.deliver(channels.now())
        sent, failed = (sum(getattr(one, name) for one in self._channels) for name in ("sent", "failed"))
        self.health.state = tr("notify.counts", sent=sent, failed=failed)
        failing = [channel.name for channel in self._channels if channel.failing]
        if failing:
            raise OutsideError(tr("notify.not_taken", channels=", ".join(failing)))
        self.health.ok(self._clock())

    def _look_at_alerts(self) -> None:
        """At first, what is in the mirror is known; then nothing counts as news before the feed was read to its end."""
        if self._alerts.learned and not self._caught_up.is_set():
            return
        if self._mirror is not None and self._mirror.replaced():
            self._mirror.close()
            self._mirror = None
        try:
            self._mirror = self._mirror or Reader(self._home.mirror)
            found = self._mirror.critical_alerts()
        except (StoreError, OSError, sqlite3.OperationalError):
            found = []  # there is no mirror yet, or no table in it
        self._alerts.note(((alert.alert_id, alert.resurfaced), alert) for alert in found)

    def _letters(self) -> Iterator[Letter]:
        """What is to be told, of the kinds that are wanted."""
        wanted, now = self._settings.events, self._clock()
        alerts, reviews, still = self._alerts.due(now), self._reviews.due(now), self.still()
        turned, self._stalled = still != self._stalled, still
        if alerts and "critical_alert" in wanted:
            yield Letter(tr("notify.critical", count=len(alerts)), self._body(map(self._alert, alerts)), "failure")
        if reviews and "review" in wanted:
            yield Letter(tr("notify.review", count=len(reviews)), self._body(map(self._review, reviews)), "warning")
        if (stops := self._stops.due(now)) and "automatic_stopped" in wanted:
            why = ", ".join(term("automatic.stop", plain(stop.why)) for stop in stops)
            yield Letter(tr("notify.stopped", why=why), tr("notify.see"), "failure")
        if turned and "feed_stalled" in wanted:
            seconds = self._settings.stalled_after_s
            title = tr("notify.stalled", seconds=seconds) if still else tr("notify.moves")
            yield Letter(title, tr("notify.see"), "failure" if still else "success")

    def _body(self, lines: Iterable[str]) -> str:
        """The lines that are told, the first ten of them."""
        told = [line for line in lines if line]
        more = [tr("notify.more", count=len(told) - MOST_LINES)] if len(told) > MOST_LINES else []
        return "\n".join([*told[:MOST_LINES], *more]) or tr("notify.see")

    def _alert(self, alert: CriticalAlert) -> str:
        if self._settings.detail == "counts":
            return ""
        if self._settings.detail == "ids":
            return plain(alert.account_id)
        rules = " ".join(plain(rule) for rule in json.loads(alert.rule_ids or "[]"))
        return f"{plain(alert.account_id)}  {alert.score:.2f}  {rules}"

    def _review(self, entry: Entry) -> str:
        if self._settings.detail == "counts":
            return ""
        return f"{plain(entry.command_id)}  {plain(entry.type)}  {plain(entry.account_id)}"


class News(Generic[T]):
    """Things seen for the first time, gathered until they may be told. What the first look finds is known already."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._known: set[object] = set()
        self._waiting: list[T] = []
        self._told_at = -every
        self.learned = False

    def note(self, found: Iterable[tuple[object, T]]) -> None:
        """Take what is there now, each with what it is known by."""
        for key, one in found:
            if key not in self._known:
                self._known.add(key)
                if self.learned:
                    self._waiting.append(one)
        self.learned = True

    def due(self, now: int) -> list[T]:
        """What is to be told now; empty while the last telling is too short a time ago."""
        if not self._waiting or now - self._told_at < self._every:
            return []
        told, self._waiting, self._told_at = self._waiting, [], now
        return told


def plain(word: str) -> str:
    """An id as it may go out: letters, digits and `.:-_`, everything else a question mark."""
    return NOT_OF_AN_ID.sub("?", word)[:LONGEST]
