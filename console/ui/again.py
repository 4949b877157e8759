"""Undoing a command and deciding one again: the dialog of the decision, filled in, on the account as it is now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from console.core.commands import Wish
from console.core.messages import Account
from console.desk import foretold, stored, undo
from console.desk.undo import NoUndo
from console.language import term, tr
from console.ui import formats
from console.ui.screens.deciding import Recalled, ask
from console.ui.text import clean
from store.journal import Entry
from store.life import State
from store.papers import TYPES as PAPERS

if TYPE_CHECKING:
    from console.ui.app import RiskDesk


def newest(entries: Sequence[Entry], account_id: str) -> Entry | None:
    """Our newest command on an account that had an effect and was not followed by another for its sake."""
    followed = {entry.follows for entry in entries}
    return next(
        (
            entry
            for entry in entries
            if entry.account_id == account_id
            and entry.type.startswith("account.")
            and entry.state is State.CONFIRMED
            and entry.command_id not in followed
        ),
        None,
    )


def take_back(desk: RiskDesk, entry: Entry) -> None:
    """Ask for what undoes a command, or say why nothing does."""
    try:
        wishes = undo.compensations(entry, _account_now(desk, entry), desk.sight.situation.core_now)
    except NoUndo as why:
        desk.say(str(why), "warning")
        return
    _ask_each(desk, entry, wishes, [tr("ui.again.undoes", **_what(entry))])


def decide_again(desk: RiskDesk, entry: Entry, then: Callable[[], None] = lambda: None) -> None:
    """Ask anew, under a new id, what a command that came to nothing had asked; `then` goes on once it is sent.

    An application or a limit request is judged anew: its own screen opens.
    """
    if entry.target_type in PAPERS:
        from console.ui.screens.review import ReviewScreen

        desk.push_screen(ReviewScreen(entry.target_type, entry.target_id))
        return
    wish = undo.wish_of(entry)
    if wish is None:
        desk.say(tr("ui.again.unreadable"), "bad")
        return
    came_to = tr("ui.again.came_to", state=term("ui.state", entry.state), **_what(entry))
    _ask_each(desk, entry, [wish], [came_to, since(desk, entry)], then)


def since(desk: RiskDesk, entry: Entry) -> str:
    """What of the account is no longer as it was when this was decided."""
    before, now = undo.seen(entry), _account_now(desk, entry)
    if before is None or now is None:
        return tr("ui.again.not_seen")
    changes = foretold.differences(before, now, desk.sight.situation.exponents)
    return tr("ui.again.since", changes=" · ".join(changes)) if changes else tr("ui.again.same")


def _ask_each(
    desk: RiskDesk,
    entry: Entry,
    wishes: Sequence[Wish],
    history: list[str],
    then: Callable[[], None] = lambda: None,
) -> None:
    """One dialog after the other; one that is left without sending ends it."""
    if not wishes:
        then()
        return
    recalled = Recalled(wishes[0], entry.command_id, history)
    ask(desk, entry.account_id, wishes[0].type, recalled, lambda: _ask_each(desk, entry, wishes[1:], history, then))


def _what(entry: Entry) -> dict[str, str]:
    return {
        "action": term("ui.command", entry.type),
        "time": formats.day_and_time(entry.created_at),
        "who": clean(entry.created_by, 24),
    }


def _account_now(desk: RiskDesk, entry: Entry) -> Account | None:
    mirror = desk.sight.mirror
    detail = mirror.account(entry.account_id) if mirror is not None else None
    return stored.account(detail.doc) if detail is not None else None
