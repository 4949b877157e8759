"""The stop of everything automatic, from wherever one is, and what a console says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from console.desk import ailments
from console.desk.automatic import stop_words
from console.language import tr
from console.ui.text import clean
from store.automatic import Automatic
from store.journal import JournalError

if TYPE_CHECKING:
    from console.ui.app import RiskDesk
    from console.ui.situation import Grade, Situation

TROUBLES = ("credential", "same_subject", "no_policy")
"""States of the acting watcher in which it can't act and somebody must see to it."""


def halt(desk: RiskDesk) -> None:
    """Stop everything at once. Needs no arming and no core: it only holds back."""

    def stop(acts: Automatic, by: str) -> None:
        acts.stop(desk.sight.situation.now, by, "person")

    _turn(desk, stop, "ui.automatic.halted")


def let_go_on(desk: RiskDesk, reason: str) -> None:
    """Let it go on, with the reason that the audit keeps."""

    def resume(acts: Automatic, by: str) -> None:
        acts.resume(desk.sight.situation.now, by, reason)

    _turn(desk, resume, "ui.automatic.goes_on")


def _turn(desk: RiskDesk, turn: Callable[[Automatic, str], None], said: str) -> None:
    try:
        turn(Automatic(desk.sight.open_journal()), desk.sight.situation.subject or "console")
    except JournalError as error:
        desk.say(clean(error), "warning")
        return
    except ailments.UNTAKEN as error:
        desk.untaken(error)
        return
    desk.wrote()
    desk.say(tr(said))


def words(situation: Situation) -> tuple[Grade, str] | None:
    """(grade, text) of what must be known: a stop, else why the acting watcher can't act; None when all is well."""
    if situation.stop is not None:
        return "bad", tr("ui.automatic.notice", words=stop_words(situation.stop))
    state = next((feed.state for feed in situation.feeds if feed.poller == "automatic"), "")
    return ("warning", tr(f"ui.automatic.{state}")) if state in TROUBLES else None
