"""What is known of the desk's surroundings at one moment, and what is wrong with it, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from console import __version__
from console.core.instants import MINUTE, SECOND
from console.core.messages import CoreMeta
from console.desk.ailments import LOW_MB
from console.desk.holds import Ending
from console.language import tr
from console.ui.formats import age, clocked, count
from console.ui.former import Former
from console.ui.text import clean
from store.reader import FeedRow, SetAside

if TYPE_CHECKING:
    from console.ui.plans import Followed
    from store.automatic import Stop

STALE_AFTER = {"changes": 45 * SECOND, "meta": 90 * SECOND, "commands": 30 * SECOND}
"""How long a poller may be silent: a long poll lasts 30 s at most, /meta is asked every 30 s. The rest run rarely."""

CLOCK_OFF = 10 * SECOND
"""How far the core's clock may be from this machine's before it is told."""

LOADING_FROM = 5_000
"""Changes behind from which on history counts as loading, not as lag."""

GAP_TOLD_FOR = 5 * MINUTE
"""How long after it a gap in the feed stays among the notices."""

Grade = Literal["info", "warning", "bad"]


@dataclass(frozen=True)
class Watcher:
    """What the watcher says of itself in the mirror, and whether its process is there."""

    pid: int
    alive: bool
    version: str = ""
    core: str = ""
    state: str = ""
    packs: str | None = None
    started_at: int | None = None

    @property
    def stopped(self) -> bool:
        """Whether it said that it ended."""
        return self.state == "stopped"


@dataclass(frozen=True)
class Situation:
    """One look at the surroundings. Times in microseconds of wall time, `watermark` of stream time.

    `to_approve` counts the commands of others that wait for this person to decide.
    """

    now: int
    mirror: bool = False
    feeds: Sequence[FeedRow] = ()
    meta: CoreMeta | None = None
    watcher: Watcher | None = None
    accounts: int = 0
    quarantined: int = 0
    free_mb: int | None = None
    troubles: Sequence[str] = ()
    journal_error: str = ""
    set_aside: Sequence[SetAside] = ()
    alerts: Mapping[str, int] = field(default_factory=dict)
    commands: Mapping[str, int] = field(default_factory=dict)
    again: int = 0
    former: Former | None = None
    ends: tuple[Ending, ...] = ()
    plans: Sequence[Followed] = ()
    armed_since: int = 0
    armed_until: int = 0
    core: str = ""
    rebuilding: bool = False
    to_approve: int = 0
    stop: Stop | None = None
    export: tuple[str, int, int] | None = None
    """The export under way: its file's name, the rows written, and how many there are, 0 while not known."""

    @property
    def armed(self) -> bool:
        """Whether commands are allowed: for the minutes asked for, and no longer when the clock is set back."""
        return self.armed_since <= self.now < self.armed_until

    @property
    def exponents(self) -> dict[str, int]:
        """Decimal places of each currency the core names."""
        return {currency.code: currency.exponent for currency in self.meta.currencies} if self.meta else {}

    @property
    def may_command(self) -> bool | None:
        """Whether the core lets this person send commands; None while unknown."""
        return None if self.meta is None else "core:command" in self.meta.you.scopes

    @property
    def may_approve(self) -> bool | None:
        """Whether the core lets this person decide what others asked for; None while unknown."""
        return None if self.meta is None else "core:approve" in self.meta.you.scopes

    @property
    def same_version(self) -> bool:
        """Whether the watcher, as far as it has said, is of this console's version; else they refuse each other."""
        return self.watcher is None or self.watcher.version in ("", __version__)

    @property
    def subject(self) -> str:
        return clean(self.meta.you.subject, 40) if self.meta else ""

    @property
    def lanes(self) -> list[FeedRow]:
        """The pollers that read the change feed."""
        return [feed for feed in self.feeds if feed.epoch is not None]

    @property
    def stream_now(self) -> int:
        """The feed's own time: ages of events are told against it, so that a replay's are right too."""
        return max((feed.watermark or 0 for feed in self.lanes), default=0) or self.now

    @property
    def core_now(self) -> int:
        """The core's clock, from which deadlines count: by what /meta said when it was last asked."""
        asked = next((feed.last_ok_at for feed in self.feeds if feed.poller == "meta"), None)
        return self.now + (self.meta.server_time - asked if self.meta is not None and asked else 0)


@dataclass(frozen=True)
class Notice:
    """One line that says what is wrong or under way. `share` is progress in 0..1, where there is one."""

    grade: Grade
    text: str
    share: float | None = None


def read_watcher(text: str | None, alive: Mapping[int, bool] | None = None) -> Watcher | None:
    """The watcher's note. `alive` tells of process ids whether they run; one it does not name counts as running."""
    try:
        told = json.loads(text or "null")
        if not isinstance(told, dict):
            return None
        pid = int(told.get("pid") or 0)
        started = told.get("started_at")
        return Watcher(
            pid,
            (alive or {}).get(pid, True),
            clean(told.get("version"), 24),
            clean(told.get("core"), 80),
            clean(told.get("state"), 40),
            str(told["packs"]) if told.get("packs") else None,
            started if isinstance(started, int) else None,
        )
    except (ValueError, TypeError):
        return None


def stale(feed: FeedRow, now: int) -> bool:
    """Whether a poller's last good answer is too long ago, or an error came after it."""
    if feed.last_ok_at is None:
        return feed.last_error_at is not None
    patience = STALE_AFTER.get(feed.poller)
    silent = patience is not None and now - feed.last_ok_at > patience
    return silent or (feed.last_error_at or 0) > feed.last_ok_at


def notices(situation: Situation) -> list[Notice]:
    """Everything the operator must know before trusting the screen, the worst first."""
    found = [*_automatic_notices(situation), *_house_notices(situation)]
    if not situation.mirror:
        return [*found, Notice("info", tr("ui.notice.waiting"))]
    found += [*_watcher_notices(situation), *_feed_notices(situation), *_plan_notices(situation)]
    if situation.ends:
        found.append(_holds_notice(situation.ends, situation.core_now))
    if situation.again:
        found.append(Notice("warning", tr("ui.notice.again", count=situation.again)))
    if situation.export is not None:
        found.append(_export_notice(*situation.export))
    order = ("bad", "warning", "info")
    return sorted(found, key=lambda notice: order.index(notice.grade))


def _export_notice(name: str, written: int, total: int) -> Notice:
    text = tr("ui.export.under_way", name=clean(name, 40), count=count(written))
    return Notice("info", text, written / total if total else None)


def _holds_notice(ends: tuple[Ending, ...], now: int) -> Notice:
    """Holds that end, or have ended, while their case is open: the most pressing one by name."""
    first = ends[0]
    words = end_words(first, now)
    more = tr("ui.notice.holds_more", count=len(ends) - 1) if len(ends) > 1 else ""
    text = tr("ui.notice.holds", account=clean(first.account_id, 24), words=words) + more
    return Notice("warning" if first.stage == "day" else "bad", text)


def end_words(ending: Ending, now: int) -> str:
    """When a hold ends, or how long ago it did."""
    if ending.stage == "ended":
        return tr("ui.hold.ended", age=age(now - ending.expires_at))
    return tr("ui.hold.ends", left=age(ending.expires_at - now))


def end_mark(ending: Ending, now: int) -> str:
    """The same in a few characters."""
    over = ending.stage == "ended"
    return tr("ui.hold.over" if over else "ui.hold.left", age=age(abs(ending.expires_at - now)))


def _house_notices(situation: Situation) -> list[Notice]:
    """What is wrong with the home's files and its disk."""
    found = [Notice("bad", text) for text in situation.troubles]
    if situation.journal_error:
        found.append(Notice("bad", tr("ui.notice.journal", error=clean(situation.journal_error))))
    if situation.free_mb is not None and situation.free_mb < LOW_MB:
        found.append(Notice("bad", tr("ui.notice.disk", mb=situation.free_mb)))
    off = situation.core_now - situation.now
    if abs(off) > CLOCK_OFF:
        found.append(Notice("warning", tr("ui.notice.clock", seconds=f"{round(off / SECOND):+,}")))
    return found


def _watcher_notices(situation: Situation) -> list[Notice]:
    watcher = situation.watcher
    if watcher is None:
        return [Notice("warning", tr("ui.notice.no_watcher"))]
    if not watcher.alive:
        newest = max((feed.last_ok_at or 0 for feed in situation.feeds), default=0)
        return [Notice("bad", tr("ui.notice.watcher_gone", pid=watcher.pid, since=_since(newest, situation.now)))]
    if not situation.same_version:
        return [Notice("bad", tr("ui.notice.version", theirs=watcher.version, ours=__version__))]
    if situation.rebuilding:
        return [Notice("warning", tr("ui.notice.rebuilding"))]
    return []


def _feed_notices(situation: Situation) -> list[Notice]:
    found = []
    for feed in situation.feeds:
        if stale(feed, situation.now):
            found.append(Notice("bad", _silence(feed, situation.now)))
    for feed in situation.lanes:
        if feed.lag >= LOADING_FROM:
            share = (feed.scanned_to_seq or 0) / max(1, feed.head_seq or 1)
            text = tr("ui.notice.loading", done=count(feed.scanned_to_seq or 0), all=count(feed.head_seq or 0))
            found.append(Notice("info", text, share))
        if feed.gaps and feed.last_error_at is not None and situation.now - feed.last_error_at < GAP_TOLD_FOR:
            found.append(Notice("warning", gap_words(feed)))
    return found


def _automatic_notices(situation: Situation) -> list[Notice]:
    from console.ui.automatic import words

    told = words(situation)
    return [Notice(*told)] if told is not None else []


def _plan_notices(situation: Situation) -> list[Notice]:
    from console.ui.plans import notice

    return [Notice("info", notice(followed), followed.progress.share) for followed in situation.plans]


def gap_words(feed: FeedRow) -> str:
    """How many gaps a feed showed, when the last one was, and why where that is still known."""
    time = clocked(feed.last_error_at, "%H:%M:%S")
    words = tr("ui.notice.gaps", feed=clean(feed.poller, 20), count=feed.gaps, time=time)
    return f"{words}: {clean(feed.last_error, 80)}" if feed.last_error else words


def _silence(feed: FeedRow, now: int) -> str:
    name = clean(feed.poller, 20)
    since = _since(feed.last_ok_at, now)
    if feed.last_error:
        return tr("ui.notice.feed_error", feed=name, since=since, error=clean(feed.last_error, 80))
    return tr("ui.notice.feed_silent", feed=name, since=since)


def _since(instant: int | None, now: int) -> str:
    if not instant:
        return tr("ui.never")
    return tr("ui.since", time=clocked(instant, "%H:%M:%S"), age=age(now - instant))
