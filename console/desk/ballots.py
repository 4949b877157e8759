"""Deciding what waits for a second person: the one way to a journaled decision, for screen and command line alike."""

from __future__ import annotations

from console.core import ballots
from console.core.identifiers import new_id
from console.core.instants import Instant
from console.core.messages import Command, CoreMeta
from store.journal import Entry, Intent, Journal
from store.life import BALLOT


def cast(
    journal: Journal, meta: CoreMeta, command: Command, choice: str, note: str | None = None, *, core_now: Instant
) -> Entry:
    """Store a decision about a waiting command as QUEUED; it is on disk when this returns. Nudge the watcher then.

    `choice` is approve, reject or cancel. Raises InvalidWish for what the core would refuse, Blocked while another
    decision of this desk about the command is on its way.
    """
    ballots.check(choice, note, command, meta, core_now)
    intent = Intent(
        command_id=new_id(core_now),
        type=f"{BALLOT}{choice}",
        target_type="command",
        target_id=command.id,
        account_id=command.target.id,
        body=ballots.body(choice, note),
        if_match=None,
        not_after=command.not_after,
        created_by=meta.you.subject,
        note=note or None,
    )
    return journal.intend(intent, core_now)
