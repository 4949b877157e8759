"""The status line and the notices below it: core, feeds, alerts, commands, and whether one may act."""

from __future__ import annotations

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from console.core.instants import MINUTE
from console.language import term, tr
from console.ui import formats
from console.ui.situation import Notice, Situation, notices, stale
from console.ui.text import clean, fit
from console.ui.themes import GLYPHS, Palette, palette
from console.ui.widgets.columns import INTENT_GLYPHS, intent_style
from console.ui.widgets.lines import Lines
from store.life import UNRESOLVED, State
from store.mirror_schema import LEVELS

Part = tuple[str, Style]
SEPARATOR = "  "
PROGRESS = 20
ROOMY = 100
"""From so many cells on the institution is named although our newest decision is in sight."""
HIGH, LOW = (4, 3), (2, 1)
"""Levels whose open alerts are counted before and after the feeds."""


class StatusBar(Lines):
    """One line. What matters most stands first, and what does not fit is left out from the end of the left side."""

    DEFAULT_CSS = "StatusBar { height: 1; background: $panel; padding: 0 1; }"

    def tell(self, situation: Situation, crumbs: str = "") -> None:
        """Show the situation, and the way to the screen in front where there is room for it."""
        colours = palette(self.app.theme_variables)
        self.show(status_line(situation, self.app.size.width - 2, colours, crumbs))


class Notices(Lines):
    """What is wrong or under way, a line each, none when all is well."""

    DEFAULT_CSS = "Notices { height: auto; max-height: 3; padding: 0 1; } Notices.-quiet { display: none; }"

    def tell(self, situation: Situation) -> None:
        found = notices(situation)
        self.set_class(not found, "-quiet")
        colours = palette(self.app.theme_variables)
        lines = [notice_line(notice, self.app.size.width - 2, colours) for notice in found[:3]]
        self.show(Text("\n").join(lines))


def status_line(situation: Situation, width: int, colours: Palette, crumbs: str = "") -> Text:
    """The status bar's text in exactly `width` cells."""
    former = _former(situation, colours)
    right = [*former, *_holds(situation, colours), *_commands(situation, colours), _arm(situation, colours)]
    taken = _width(right) + 1
    left: list[Part] = []
    for part in (
        *(_institution(situation, colours) if width >= ROOMY or not former else ()),
        *_alerts(situation, colours, HIGH),
        *_feeds(situation, colours),
        *_alerts(situation, colours, LOW),
        *([(crumbs, colours.plain)] if crumbs else _address(situation, colours)),
    ):
        if _width([*left, part]) + len(SEPARATOR) > width - taken:
            break
        left.append(part)
    line = _joined(left)
    line.append(" " * max(1, width - _width(left) - _width(right)))
    return line.append_text(_joined(right))


def notice_line(notice: Notice, width: int, colours: Palette) -> Text:
    style = {"bad": colours.bad, "warning": colours.warning, "info": colours.accent}[notice.grade]
    glyph = {"bad": "◆", "warning": "▲", "info": "●"}[notice.grade]
    if notice.share is None:
        return Text(fit(f"{glyph} {notice.text}", width), style)
    shown = f" {formats.bar(notice.share, PROGRESS)} {int(notice.share * 100)}%"
    text = f"{glyph} {notice.text}"
    return Text(fit(text + shown if cell_len(text + shown) <= width else text, width), style)


def _institution(situation: Situation, colours: Palette) -> list[Part]:
    meta = situation.meta
    return [(clean(meta.institution, 24) if meta else tr("ui.status_bar.no_core"), colours.strong)]


def _address(situation: Situation, colours: Palette) -> list[Part]:
    watcher = situation.watcher
    address = watcher.core if watcher and watcher.core else clean(situation.core, 80)
    address = address.removeprefix("http://").removeprefix("https://")
    return [(address, colours.faint)] if address else []


def _alerts(situation: Situation, colours: Palette, levels: tuple[int, ...]) -> list[Part]:
    counted = [(place, situation.alerts.get(LEVELS[place], 0)) for place in levels]
    return [(f"{GLYPHS[place]}{number:,}", colours.level(place)) for place, number in counted if number]


def _feeds(situation: Situation, colours: Palette) -> list[Part]:
    parts = []
    for feed in situation.feeds:
        name = clean(feed.poller, 12)
        if stale(feed, situation.now):
            silent = None if feed.last_ok_at is None else situation.now - feed.last_ok_at
            parts.append((f"{name} ✗ {formats.age(silent)}", colours.bad))
        elif feed.epoch is not None:
            fresh = None if feed.last_ok_at is None else situation.now - feed.last_ok_at
            lag = f" -{feed.lag:,}" if feed.lag else ""
            parts.append((f"{name} {formats.age(fresh)}{lag}", colours.warning if feed.lag else colours.good))
    return parts


def _former(situation: Situation, colours: Palette) -> list[Part]:
    """Our newest decision and what has become of it."""
    former = situation.former
    if former is None or not former.shown(situation.now):
        return []
    words = f"{INTENT_GLYPHS[former.state]} {clean(former.account_id, 20)} {term('ui.state', former.state)}"
    return [(words, intent_style(former.state, colours))]


def _holds(situation: Situation, colours: Palette) -> list[Part]:
    """How many holds end, or have ended, while their case is open."""
    if not situation.ends:
        return []
    style = colours.warning if situation.ends[0].stage == "day" else colours.bad
    return [(tr("ui.status_bar.holds", count=len(situation.ends)), style)]


def _commands(situation: Situation, colours: Palette) -> list[Part]:
    """How much waits for us, is unsure or under way; our newest decision is told by itself."""
    unknown = situation.commands.get("UNKNOWN", 0)
    review = situation.commands.get("REVIEW", 0)
    told = situation.former.under_way if situation.former and situation.former.state is not State.UNKNOWN else 0
    pending = sum(situation.commands.get(state, 0) for state in UNRESOLVED) - unknown - told
    parts = []
    if situation.to_approve:
        parts.append((tr("ui.status_bar.to_approve", count=situation.to_approve), colours.warning))
    if unknown + review:
        parts.append((tr("ui.status_bar.unsure", count=unknown + review), colours.bad))
    if pending > 0:
        parts.append((tr("ui.status_bar.pending", count=pending), colours.accent))
    return parts


def _arm(situation: Situation, colours: Palette) -> Part:
    who = situation.subject
    if not situation.armed:
        state, style = tr("ui.status_bar.read_only"), colours.faint
    else:
        left = situation.armed_until - situation.now
        state, style = tr("ui.status_bar.armed", minutes=-(-left // MINUTE)), colours.warning + Style(bold=True)
    return (f"{who} {state}" if who else state), style


def _width(parts: list[Part]) -> int:
    return sum(cell_len(text) for text, _ in parts) + len(SEPARATOR) * max(0, len(parts) - 1)


def _joined(parts: list[Part]) -> Text:
    return Text(SEPARATOR).join([Text(text, style) for text, style in parts])
