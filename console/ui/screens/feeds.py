"""The feeds screen: how every poller of the watcher is doing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widget import Widget

from console.language import term, tr
from console.ui import formats
from console.ui.screens.base import DeskScreen
from console.ui.situation import Situation, gap_words, stale
from console.ui.text import clean, fit
from console.ui.themes import Palette, palette
from console.ui.widgets.lines import Lines
from store.reader import FeedRow

if TYPE_CHECKING:
    from console.desk.export import Extract

LABEL_WIDTH = 14


class FeedsScreen(DeskScreen):
    """The watcher, the core, and each poller with its age, lag, rate, gaps and last error."""

    DEFAULT_CSS = "FeedsScreen VerticalScroll { height: 1fr; padding: 0 1; }"
    NAME = "feeds"

    def body(self) -> Iterable[Widget]:
        yield Lines("title", "heading")
        with VerticalScroll():
            yield Lines("health", tall=True)

    def home_focus(self) -> Widget | None:
        return self.query_one(VerticalScroll)

    def extract(self) -> Extract | None:
        from console.desk.extracts import whole

        return whole(self.sight.home.mirror, "v_feed") if self.sight.mirror is not None else None

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        colours, situation = palette(self.app.theme_variables), self.sight.situation
        self.query_one("#title", Lines).show(Text(tr("ui.feeds.title"), colours.strong))
        blocks = [surroundings(situation, colours)]
        blocks += [poller(feed, situation, colours) for feed in situation.feeds]
        blocks += [set_aside(situation, colours)] if situation.set_aside else []
        width = max(20, self.app.size.width - 4)
        lines = [line for block in blocks for line in (*block, Text())]
        for line in lines:
            line.truncate(width, overflow="ellipsis")
        self.query_one("#health", Lines).show(Text("\n").join(lines))
        super().looked(mirror_changed, journal_changed)


def surroundings(situation: Situation, colours: Palette) -> list[Text]:
    """The watcher and the core, a line for each thing known."""
    watcher, meta = situation.watcher, situation.meta
    lines = []
    if watcher is not None:
        state = watcher.state if watcher.alive else tr("ui.feeds.gone")
        words = f"pid {watcher.pid}  {watcher.version}  {state}"
        lines.append(_labelled(tr("ui.feeds.watcher"), words, colours, bad=not watcher.alive))
        lines.append(_labelled(tr("ui.feeds.core"), watcher.core, colours))
    if meta is not None:
        lines.append(_labelled(tr("ui.feeds.institution"), clean(meta.institution, 60), colours))
        roles = ", ".join(clean(role, 24) for role in meta.you.roles)
        lines.append(_labelled(tr("ui.feeds.you"), f"{clean(meta.you.subject, 40)}  {roles}", colours))
    lines.append(_labelled(tr("ui.feeds.accounts"), formats.count(situation.accounts), colours))
    if situation.quarantined:
        aside = formats.count(situation.quarantined)
        lines.append(_labelled(tr("ui.feeds.quarantined"), aside, colours, bad=True))
    return lines


def set_aside(situation: Situation, colours: Palette) -> list[Text]:
    """The newest changes that could not be understood, by name, with what was wrong with each."""
    lines = [Text(tr("ui.feeds.set_aside", count=len(situation.set_aside)), colours.bad)]
    for change in situation.set_aside:
        name = f"{clean(change.type, 24)} {clean(change.id, 72) or tr('ui.feeds.nameless')}"
        line = Text(f"  {name}", colours.plain).append(f"  seq {change.seq}  ", colours.faint)
        lines.append(line.append(clean(change.reason, 120), colours.faint))
    return lines


def poller(feed: FeedRow, situation: Situation, colours: Palette) -> list[Text]:
    """One poller."""
    silent = stale(feed, situation.now)
    last = None if feed.last_ok_at is None else situation.now - feed.last_ok_at
    head = Text(f"{'✗' if silent else '●'} {clean(feed.poller, 24)}", colours.bad if silent else colours.good)
    head.append(f"  {clean(term('ui.feed_state', feed.state), 40)}", colours.faint)
    ok = f"{formats.moment(feed.last_ok_at)}  ({formats.age(last)})"
    lines = [head, _labelled(tr("ui.feeds.last_ok"), ok, colours, bad=silent)]
    if feed.epoch is not None:
        place = f"{formats.count(feed.scanned_to_seq or 0)} / {formats.count(feed.head_seq or 0)}"
        lag = tr("ui.feeds.behind", count=formats.count(feed.lag)) if feed.lag else tr("ui.feeds.level")
        lines.append(_labelled(tr("ui.feeds.place"), f"{place}  {lag}", colours))
        lines.append(_labelled(tr("ui.feeds.watermark"), formats.moment(feed.watermark), colours))
        lines.append(_labelled(tr("ui.feeds.rate"), f"{feed.rate:,.0f}/s", colours))
        lines.append(_labelled(tr("ui.feeds.gaps"), gap_words(feed) if feed.gaps else "0", colours))
        lines.append(_labelled(tr("ui.feeds.epoch"), clean(feed.epoch, 40), colours))
    if feed.last_error:
        said = f"{formats.moment(feed.last_error_at)}  {clean(feed.last_error)}"
        lines.append(_labelled(tr("ui.feeds.error"), said, colours, bad=silent))
    return lines


def _labelled(label: str, words: str, colours: Palette, bad: bool = False) -> Text:
    line = Text("  " + fit(label, LABEL_WIDTH) + " ", colours.faint)
    return line.append(words, colours.bad if bad else colours.plain)
