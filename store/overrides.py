"""What the desk blocks, allows and snoozes, kept in the journal: who listed it, why, until when, from which seq on.

An entry is written without its place in the feed; the watcher gives it the next one, before the page that begins there,
so that a mirror built anew finds it acting at the same events. Every change is a row of the audit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, fields

from store import audit
from store.journal import Journal, JournalError


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What is to be listed. `expires_at` is an instant of stream time (µs), None for an entry without end.

    `level` (0..4) is what a block raises an alert to; it means nothing in the other lists.
    """

    list: str
    kind: str
    subject: str
    level: int
    reason: str
    expires_at: int | None


@dataclass(frozen=True, kw_only=True)
class ListEntry(Listing):
    """A listing as the journal keeps it. It counts from `from_seq` of `epoch` on, and to `until_seq`; None: not yet.

    `created_at` and `removed_at` are wall time (µs).
    """

    number: int
    created_at: int
    created_by: str
    epoch: str | None
    from_seq: int | None
    until_seq: int | None
    removed_at: int | None
    removed_by: str | None
    removed_for: str | None


_COLUMNS = ", ".join(field.name for field in fields(ListEntry))
_NEW = tuple(field.name for field in fields(Listing))


class Lists:
    """The lists behind one journal handle."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    # ------------------------------------------------------------ the desk's part

    def add(self, listing: Listing, at: int, actor: str) -> ListEntry:
        """List something; the same thing in the same list is replaced, so that an end can be moved."""
        with self._journal.transaction() as connection:
            number = self.place(connection, listing, at, actor)
        return self.get(number)

    def place(self, connection: sqlite3.Connection, listing: Listing, at: int, actor: str) -> int:
        """The same within a transaction of the journal; returns the entry's number."""
        values = [getattr(listing, name) for name in _NEW]
        same = self._select(
            "WHERE removed_at IS NULL AND list = ? AND kind = ? AND subject = ?",
            (listing.list, listing.kind, listing.subject),
        )
        for entry in same:
            _take_back(connection, entry, "replaced", at, actor)
        marks = ", ".join("?" * (len(_NEW) + 2))
        number = connection.execute(
            f"INSERT INTO listing ({', '.join(_NEW)}, created_at, created_by) VALUES ({marks})",  # noqa: S608
            (*values, at, actor),
        ).lastrowid
        audit.append(connection, at, actor, "list.added", {"number": number, **dict(zip(_NEW, values, strict=True))})
        return int(number or 0)

    def remove(self, number: int, reason: str, at: int, actor: str) -> ListEntry:
        """Take an entry back. Raises JournalError when it is unknown or was taken back before."""
        with self._journal.transaction() as connection:
            entry = self.get(number)
            if entry.removed_at is not None:
                raise JournalError(f"entry {number} was taken back before")
            _take_back(connection, entry, reason, at, actor)
        return self.get(number)

    def get(self, number: int) -> ListEntry:
        """An entry by its number. Raises JournalError for an unknown one."""
        found = self._select("WHERE number = ?", (number,))
        if not found:
            raise JournalError(f"no entry {number} in the lists")
        return found[0]

    def entries(self, stream_time: int | None = None) -> list[ListEntry]:
        """Every entry there ever was, the oldest first; with an instant of stream time (µs) those in force then."""
        if stream_time is None:
            return self._select("ORDER BY number")
        return self._select(
            "WHERE removed_at IS NULL AND (expires_at IS NULL OR expires_at > ?) ORDER BY number", (stream_time,)
        )

    # ------------------------------------------------------------ the watcher's part

    def settle(self, epoch: str, next_seq: int) -> list[ListEntry]:
        """Let what was added or taken back since the last call count from that seq on; returns every entry.

        An entry of another epoch counts from the beginning of this one.
        """
        pending = self._journal.rows(
            "SELECT count(*) FROM listing WHERE from_seq IS NULL OR (removed_at IS NOT NULL AND until_seq IS NULL)"
        )
        if pending[0][0]:
            with self._journal.transaction() as connection:
                connection.execute(
                    "UPDATE listing SET epoch = ?, from_seq = ? WHERE from_seq IS NULL", (epoch, next_seq)
                )
                connection.execute(
                    "UPDATE listing SET until_seq = ?, from_seq = CASE WHEN epoch = ? THEN from_seq ELSE 0 END,"
                    " epoch = ? WHERE removed_at IS NOT NULL AND until_seq IS NULL",
                    (next_seq, epoch, epoch),
                )
        return self.entries()

    def _select(self, clause: str, values: Sequence[object] = ()) -> list[ListEntry]:
        names = [field.name for field in fields(ListEntry)]
        return [
            ListEntry(**dict(zip(names, row, strict=True)))
            for row in self._journal.rows(f"SELECT {_COLUMNS} FROM listing {clause}", values)  # noqa: S608
        ]


def _take_back(connection: sqlite3.Connection, entry: ListEntry, reason: str, at: int, actor: str) -> None:
    connection.execute(
        "UPDATE listing SET removed_at = ?, removed_by = ?, removed_for = ? WHERE number = ?",
        (at, actor, reason, entry.number),
    )
    payload = {"number": entry.number, "list": entry.list, "kind": entry.kind, "subject": entry.subject}
    audit.append(connection, at, actor, "list.removed", {**payload, "reason": reason})
