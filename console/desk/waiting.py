"""What others asked the core for, as the mirror tells it: the commands that wait for a second person, and notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from console.core.messages import UNREADABLE, Command, DecidedOn, decoder
from console.core.second_person import WAITING
from console.desk.papers import read
from store import recorded
from store.papers import TYPES
from store.papers import find as find_paper
from store.reader import AccountDetail, Reader

_COMMAND = decoder(Command)
_DECIDED_ON = decoder(DecidedOn)


def waiting(mirror: Reader, now: int) -> list[Command]:
    """The commands that wait for a second person, those with the least time left first. `now` is the core's clock."""
    found = [
        command for command in _read(recorded.waiting(mirror)) if command.status == WAITING and command.not_after >= now
    ]
    return sorted(found, key=lambda command: (command.not_after, command.id))


def find(mirror: Reader, command_id: str) -> Command | None:
    """One command as the feed last showed it, None when it did not."""
    text = recorded.command(mirror, command_id)
    return next(_read([text]), None) if text else None


def concerned(mirror: Reader, command: Command) -> AccountDetail | None:
    """The account that a command is about: of an application or a limit request the one it names; None for none."""
    account_id: str | None = command.target.id
    if command.target.type in TYPES:
        paper = find_paper(mirror, command.target.type, command.target.id)
        resource = read(paper) if paper is not None else None
        account_id = resource.account_id if resource is not None else None
    return mirror.account(account_id) if account_id else None


def notes(mirror: Reader, account: int, most: int) -> list[Command]:
    """The newest notes on an account's case, the newest first."""
    return [command for command in _read(recorded.notes(mirror, account, most)) if command.type == "case.note"]


def _read(texts: Iterable[str]) -> Iterator[Command]:
    """The commands in their JSON texts; what can't be read is left out."""
    for text in texts:
        try:
            command: Command = _COMMAND.decode(text)
        except UNREADABLE:
            continue
        yield command


def decided_on(command: Command) -> DecidedOn | None:
    """What the creator had on screen; None where the core does not tell it in the contract's form."""
    try:
        told: DecidedOn | None = _DECIDED_ON.decode(command.decided_on)
    except UNREADABLE:
        return None
    return told
