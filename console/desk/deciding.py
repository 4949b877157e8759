"""Deciding: the one way from an operator's wish to a journaled command, for dialogs and command line alike."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence

from console.core import commands
from console.core.commands import Expected, InvalidWish, Wish
from console.core.identifiers import new_id
from console.core.instants import Instant
from console.core.messages import Account, CoreMeta, DecidedOn, encode
from console.core.vocabulary import NEEDS_IF_MATCH
from console.desk.quota import expected
from console.desk.undo import wish_of
from console.language import term, tr
from store.journal import Blocked, Entry, Intent, Journal
from store.life import BLOCKING, FREEZE, SETTLED, State, changes_state
from store.overrides import Listing, Lists

CAME_TO_NOTHING = SETTLED - {State.CONFIRMED}
LOOK_S = 0.02
"""Seconds between looks at the journal while somebody waits for an outcome."""


def decide(
    journal: Journal,
    meta: CoreMeta,
    wish: Wish,
    *,
    core_now: Instant,
    account: Account | None = None,
    decided_on: DecidedOn | None = None,
    follows: str | None = None,
    checklist: Sequence[Mapping[str, str]] = (),
    also: Sequence[Wish] = (),
    snooze: Listing | None = None,
) -> Entry:
    """Fix a decision and store it as QUEUED; it is on disk when this returns. Nudge the watcher then.

    `account` is the account as the operator saw it: its version becomes If-Match. `core_now` is the core's clock, from
    which the deadline counts. `follows` is the command that this one undoes or decides again, `checklist` what was
    answered before (see `desk.checklist`). `also` and `snooze` are decided in the same breath, such as a verdict beside
    a freeze: all of it is stored or none. Raises InvalidWish for what the core would refuse and for what another
    console has undone or decided again already, Blocked while another state-changing command of the account is
    unresolved.
    """

    def fixed(wished: Wish, follows: str | None = None) -> Intent:
        return fix(
            meta,
            wished,
            core_now=core_now,
            account=account,
            if_match=if_match(journal, wished, account),
            decided_on=decided_on,
            follows=follows,
            second_person=expected(journal, meta, wished, core_now),
        )

    intent, together = fixed(wish, follows), [fixed(other) for other in also]

    def beside(connection: sqlite3.Connection) -> None:
        _check_first(journal, intent)
        if snooze is not None:
            Lists(journal).place(connection, snooze, core_now, meta.you.subject)

    return journal.intend(intent, core_now, checklist, beside, together)


def _check_first(journal: Journal, intent: Intent) -> None:
    """Raise InvalidWish when the same follows the same command already; asked in the transaction that stores it."""
    for other in journal.followers(intent.follows) if intent.follows else ():
        alike = other.type == intent.type and _scope(other) == _scope(intent)
        if alike and other.command_id != intent.command_id and other.state not in CAME_TO_NOTHING:
            raise InvalidWish("followed", type=other.type, state=other.state)


def _scope(intent: Intent) -> object:
    """The scope of a freeze: what was released may come back as a hold for each."""
    wish = wish_of(intent)
    return wish.params.get("scope") if wish is not None else None


def fix(
    meta: CoreMeta,
    wish: Wish,
    *,
    core_now: Instant,
    account: Account | None,
    if_match: int | None,
    decided_on: DecidedOn | None = None,
    follows: str | None = None,
    second_person: Expected = "no",
    until: Instant | None = None,
) -> Intent:
    """A checked wish with everything that will travel; nothing is stored. Raises InvalidWish.

    After `until` the core must not begin it, whatever its deadline would be otherwise.
    """
    commands.check(wish, meta, core_now)
    not_after = commands.deadline(wish, meta, account, core_now, second_person=second_person)
    if until is not None:
        not_after = min(not_after, until)
    message = commands.request(wish, not_after, decided_on)
    return Intent(
        command_id=new_id(core_now),
        type=wish.type,
        target_type=message.target.type,
        target_id=message.target.id,
        account_id=wish.account_id,
        body=encode(message),
        if_match=if_match,
        not_after=message.not_after,
        created_by=meta.you.subject,
        reason_code=wish.reason_code,
        note=wish.note,
        seen=encode(account).decode() if account is not None else None,
        follows=follows,
    )


def if_match(journal: Journal, wish: Wish, account: Account | None) -> int | None:
    """The version that the operator decided on.

    A freeze leaves it out while another command of the desk may still change the account: nothing holds a freeze up.
    """
    if not changes_state(wish.type):
        return None
    if account is None:
        if wish.type in NEEDS_IF_MATCH:
            raise InvalidWish("version_unknown")
        return None
    if wish.type == FREEZE and any(
        entry.state in BLOCKING and changes_state(entry.type) for entry in journal.for_account(wish.account_id)
    ):
        return None
    return account.version


def wait_for(journal: Journal, command_id: str, timeout_s: float) -> Entry:
    """Wait until a command is settled or waits for a second person; returns it as it stands then or at the timeout.

    Raises KeyError for a command that the journal does not have.
    """
    end = time.monotonic() + timeout_s
    while True:
        entry = journal.get(command_id)
        if entry is None:
            raise KeyError(command_id)
        if entry.state in SETTLED or entry.state is State.AWAITING_APPROVAL or time.monotonic() >= end:
            return entry
        time.sleep(LOOK_S)


def explain(error: InvalidWish | Blocked) -> str:
    """Why a wish was not taken, in the reader's language."""
    if isinstance(error, Blocked):
        return tr("desk.blocked", type=term("ui.command", error.by.type), state=term("ui.state", error.by.state))
    return tr(f"desk.{error.key}", **error.values)
