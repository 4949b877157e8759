"""What the console sees of plans, and how it says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text

from console.desk import bulk
from console.desk.bulk import Progress
from console.language import term, tr
from console.ui import formats
from console.ui.themes import Palette
from console.ui.widgets.columns import INTENT_GLYPHS, intent_style
from store.journal import Journal
from store.plans import SKIPPED, WAITING, Plan, Plans, PlanState

GLYPHS = {**INTENT_GLYPHS, SKIPPED: "–", WAITING: "·"}
"""What became of an account of a plan."""
ORDER = ("CONFIRMED", "AWAITING_APPROVAL", "REVIEW", "UNKNOWN", "REJECTED", "EXPIRED", "CANCELLED", SKIPPED)
"""Results in the order in which they are told; what is under way or waits is told by the bar."""


@dataclass(frozen=True)
class Followed:
    """A plan and how it gets on, as of one look."""

    plan: Plan
    progress: Progress

    @property
    def done(self) -> str:
        results = self.progress.results
        return f"{formats.count(results.ended)}/{formats.count(results.accounts)}"


class PlanSight:
    """The plans that run, and those that ended between the last two looks."""

    def __init__(self) -> None:
        self.running: tuple[Followed, ...] = ()
        self.ended: tuple[Followed, ...] = ()

    def look(self, journal: Journal, now: int) -> None:
        plans = Plans(journal)
        before = {followed.plan.number for followed in self.running}
        self.running = tuple(Followed(plan, bulk.progress(plans, plan, now)) for plan in plans.running())
        gone = before - {followed.plan.number for followed in self.running}
        left = [plan for number in sorted(gone) if (plan := plans.get(number)) and plan.state is not PlanState.RUNNING]
        self.ended = tuple(Followed(plan, bulk.progress(plans, plan, now)) for plan in left)

    @property
    def wait_for_credential(self) -> bool:
        return any(followed.plan.waits_for == "credential" for followed in self.running)


def result_words(result: str) -> str:
    """An item's result in words."""
    return tr(f"plans.{result.lower()}") if result in (SKIPPED, WAITING) else term("ui.state", result)


def results(counts: Mapping[str, int], colours: Palette) -> Text:
    """What became of the accounts, `✓ 398  – 2`."""
    line = Text()
    for name in ORDER:
        if counts.get(name):
            line.append(f"{GLYPHS[name]} {formats.count(counts[name])}  ", result_style(name, colours))
    return line


def result_style(result: str, colours: Palette) -> Style:
    return colours.faint if result in (SKIPPED, WAITING) else intent_style(result, colours)


def pace(progress: Progress) -> str:
    """Accounts a minute, empty while nothing can be said."""
    return tr("ui.plan.pace", pace=formats.count(round(progress.per_minute))) if progress.per_minute else ""


def to_go(progress: Progress) -> str:
    """The time that the rest takes, empty while nothing can be said."""
    return span(progress.eta_s) if progress.eta_s is not None else ""


def pace_and_end(progress: Progress) -> str:
    """Both in words."""
    return tr("ui.plan.going", pace=pace(progress), eta=to_go(progress)) if progress.eta_s is not None else ""


def span(seconds: int) -> str:
    """A time to go, `47s` or `3m 20s` or `2h 05m`."""
    minutes, rest = divmod(seconds, 60)
    if minutes < 1:
        return f"{rest}s"
    hours, left = divmod(minutes, 60)
    return f"{hours}h {left:02}m" if hours else f"{minutes}m {rest:02}s"


def notice(followed: Followed) -> str:
    """A running plan in one line."""
    plan = followed.plan
    words = tr("ui.plan.runs", number=plan.number, action=term("ui.command", plan.order.type), done=followed.done)
    told = term("ui.waits_for", plan.waits_for) if plan.waits_for else pace_and_end(followed.progress)
    return f"{words} · {told}" if told else words


def outcome(followed: Followed) -> str:
    """How a plan ended, in one line."""
    counts = followed.progress.results
    told = "  ".join(f"{result_words(name)} {formats.count(counts[name])}" for name in ORDER if counts.get(name))
    state = term("plans.state", followed.plan.state)
    return tr("ui.plan.ended", number=followed.plan.number, state=state, told=told or formats.NOTHING)
