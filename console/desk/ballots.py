"""What waits for a second person, and deciding it: for the approvals screen and the command line alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from console.core import ballots
from console.core.ballots import WAITING
from console.core.identifiers import new_id
from console.core.instants import Instant
from console.core.messages import Command, CoreMeta, DecidedOn, decoder
from store import recorded
from store.journal import Entry, Intent, Journal
from store.life import BALLOT
from store.reader import Reader

_COMMAND = decoder(Command)
_DECIDED_ON = decoder(DecidedOn)


def waiting(mirror: Reader, now: int) -> list[Command]:
    """The commands that wait for a second person, those with the least time left first. `now` is the core's clock."""
    found = [
        command for command in read(recorded.waiting(mirror)) if command.status == WAITING and command.not_after >= now
    ]
    return sorted(found, key=lambda command: (command.not_after, command.id))


def find(mirror: Reader, command_id: str) -> Command | None:
    """One command as the feed last showed it, None when it did not."""
    text = recorded.command(mirror, command_id)
    return next(read([text]), None) if text else None


def notes(mirror: Reader, account: int, most: int) -> list[Command]:
    """The newest notes on an account's case, the newest first."""
    return [command for command in read(recorded.notes(mirror, account, most)) if command.type == "case.note"]


def read(texts: Iterable[str]) -> Iterator[Command]:
    """The commands in their JSON texts; what can't be read is left out."""
    for text in texts:
        try:
            command: Command = _COMMAND.decode(text)
        except msgspec.MsgspecError:
            continue
        yield command


def decided_on(command: Command) -> DecidedOn | None:
    """What the creator had on screen; None where the core does not tell it in the contract's form."""
    try:
        told: DecidedOn | None = _DECIDED_ON.decode(command.decided_on)
    except msgspec.MsgspecError:
        return None
    return told


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
