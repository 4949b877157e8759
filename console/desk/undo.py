"""Taking a command back by another one, and deciding one again that came to nothing. Nothing is ever unsent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from console.core import instants
from console.core.commands import Wish, limit_of
from console.core.instants import DAY
from console.core.messages import UNREADABLE, Account, CommandRequest, Hold, decoder
from console.desk import stored
from console.desk.tickets import of_machine
from console.language import tr
from store.journal import Entry, Intent
from store.life import FREEZE, State, is_ballot

_REQUEST = decoder(CommandRequest)

PRESSING_FOR = DAY
"""How long what came to nothing is pressed on the operator, µs of the core's clock."""
AGAIN = (State.EXPIRED, State.REVIEW)
"""States in which a command came to nothing, or to something a person must judge, and may be decided again."""


class NoUndo(Exception):
    """Nothing takes this command back; the message says why, for the operator."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(tr(f"desk.undo.{key}", **values))


def compensations(entry: Entry, account: Account | None, core_now: int) -> list[Wish]:
    """The wishes that take an effect back, without a reason yet: usually one, a freeze for each scope released.

    `account` is the account as it is now, `core_now` the core's clock (µs). Raises NoUndo where there is no effect, no
    command that takes it back, or where somebody has decided anew since: a newer decision is never laid over.
    """
    wish = wish_of(entry)
    if wish is None or entry.type not in _UNDOINGS:
        raise NoUndo("close" if entry.type == "account.close" else "never")
    if entry.state is not State.CONFIRMED:
        raise NoUndo("no_effect", state=tr(f"ui.state.{entry.state}"))
    if entry.effect == "already_in_state":
        raise NoUndo("nothing_done")
    if account is None:
        raise NoUndo("unknown")
    if account.version < (entry.resulting_version or 0):
        raise NoUndo("not_seen_yet")
    if account.status == "closed":
        raise NoUndo("closed")
    return _UNDOINGS[entry.type](entry, wish, account, core_now)


def _unfreeze(entry: Entry, wish: Wish, account: Account, _: int) -> list[Wish]:
    """A freeze: its own hold and no other is released."""
    if entry.command_id not in {hold.hold_id for hold in account.holds}:
        raise NoUndo("hold_gone")
    return [Wish("account.unfreeze", account.id, {"hold_ids": [entry.command_id]})]


def _limit_before(entry: Entry, wish: Wish, account: Account, _: int) -> list[Wish]:
    """A limit: back to what it was when this was decided, unless it was set anew since."""
    name, before = wish.params["limit"], seen(entry)
    value = limit_of(before, name) if before is not None else None
    if limit_of(account, name) != wish.params["value_minor"]:
        raise NoUndo("changed_since")
    if value is None:
        raise NoUndo("no_value_before")
    return [Wish("account.set_limit", account.id, {**wish.params, "value_minor": value})]


def _freeze_again(entry: Entry, wish: Wish, account: Account, core_now: int) -> list[Wish]:
    """A release: a new hold for each scope that was released, with the latest end of its holds where that is ahead.

    A scope on which somebody has placed a hold since, by undoing this already or anew, is left as it is.
    """
    before, named = seen(entry), set(wish.params["hold_ids"])
    if before is None:
        raise NoUndo("not_seen")
    released = [hold for hold in before.holds if hold.hold_id in named]
    if not released:
        raise NoUndo("hold_gone")
    known = {hold.hold_id for hold in before.holds}
    since = {hold.scope for hold in account.holds if hold.hold_id not in known}
    scopes = [scope for scope in dict.fromkeys(hold.scope for hold in released) if not since & {scope, "full"}]
    if not scopes:
        raise NoUndo("frozen_since")
    return [Wish(FREEZE, account.id, _placed_again(released, scope, core_now)) for scope in scopes]


def _placed_again(released: Iterable[Hold], scope: str, core_now: int) -> dict[str, Any]:
    """The parameters of one hold that lasts as long as those of its scope would have."""
    ends = [
        hold.expires_at if hold.expires_at and hold.expires_at > core_now else None
        for hold in released
        if hold.scope == scope
    ]
    ahead = [end for end in ends if end is not None]
    return {"scope": scope} | ({"expires_at": max(ahead)} if len(ahead) == len(ends) else {})


_UNDOINGS = {FREEZE: _unfreeze, "account.set_limit": _limit_before, "account.unfreeze": _freeze_again}


def wish_of(entry: Intent) -> Wish | None:
    """What was wished, from the stored bytes; None when they can't be read or are no command's."""
    if is_ballot(entry.type):
        return None
    try:
        asked: CommandRequest = _REQUEST.decode(entry.body)
        params = dict(asked.params)
        if isinstance(params.get("expires_at"), str):
            params["expires_at"] = instants.parse(params["expires_at"])
    except UNREADABLE:
        return None
    target = None if asked.target.type == "account" else asked.target
    return Wish(entry.type, entry.account_id, params, asked.reason_code, asked.note, target)


def seen(entry: Entry) -> Account | None:
    """The account as the operator saw it when deciding; None when it was not told or can't be read."""
    return stored.account(entry.seen)


def open_again(entries: Iterable[Entry]) -> list[Entry]:
    """Those that came to nothing and wait for a person to decide them again, or to leave it; in the same order."""
    known = list(entries)
    followed = {entry.follows for entry in known}
    return [
        entry
        for entry in known
        if entry.state in AGAIN
        and not is_ballot(entry.type)
        and not of_machine(entry)
        and entry.command_id not in followed
    ]


def pressing(entries: Iterable[Entry], now: int) -> list[Entry]:
    """Those of them that came to nothing a short time ago, as after an outage."""
    return [entry for entry in open_again(entries) if now - (entry.settled_at or 0) < PRESSING_FOR]
