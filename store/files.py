"""Opening the two files: connections for one thread each, pragmas, migrations, permissions."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Literal

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

Durability = Literal["NORMAL", "FULL"]

BUSY_S = 5.0
"""How long a writer waits for another one before it says that the file is locked."""
CHECKPOINT_PAGES = 16_384
"""Pages (4 KiB) in the write-ahead log before it is folded into the file: a hot page is then written once per fold."""


class StoreError(Exception):
    """A file of the store can't be used; the message says which one and what to do."""


def writer(path: Path, migrations: Migrations, durability: Durability, *, keep_before: bool = False) -> Database:
    """Open a file for its one writer, create or migrate it, and keep it readable for its owner only.

    With `keep_before` a file that is about to be migrated is copied first, beside it, as `NAME.before-MIGRATION`.
    Raises StoreError when the file can't be opened or copied, is no database, or was made by a newer version.
    """
    try:
        if not path.exists():  # closing a file that is open elsewhere in this process would drop SQLite's locks on it
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(path, timeout=BUSY_S, cached_statements=256)
        database = Database(connection, execute_plugins=False, recursive_triggers=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={durability}")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        connection.execute("PRAGMA cache_size=-65536")
        connection.execute("PRAGMA temp_store=MEMORY")
        refuse_newer(database, migrations, path)
        pending = migrations.pending(database)
        if keep_before and pending and migrations.applied(database):
            copy(connection, path.with_name(f"{path.name}.before-{pending[0].name}"))
        migrations.apply(database)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{path} can't be opened for writing: {error}") from error
    return database


def reader(path: Path) -> Database:
    """Open a file read-only. Raises StoreError when it is missing or no database."""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5, cached_statements=256)
        connection.execute("PRAGMA query_only=1")
        connection.execute("PRAGMA cache_size=-32768")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{path} can't be read: {error}") from error
    return Database(connection, execute_plugins=False, recursive_triggers=False)


def copy(connection: sqlite3.Connection, to: Path) -> None:
    """Write all that a connection sees now into one file, 0600, complete and on disk before it has its name.

    Others may go on writing meanwhile. Raises StoreError, and then `to` is as it was.
    """
    unfinished = to.with_name(f"{to.name}.{os.getpid()}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(unfinished)) as target:
            connection.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
        sync(unfinished)
        unfinished.replace(to)
        sync(to.parent)
    except (sqlite3.Error, OSError) as error:
        unfinished.unlink(missing_ok=True)
        raise StoreError(f"{to} can't be written: {error}") from error


def sync(path: Path) -> None:
    """Have a file's content, or a folder's names, on disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def refuse_newer(database: Database, migrations: Migrations, path: Path) -> None:
    """Raise StoreError when the file holds migrations that this version does not know."""
    known = {migration.name for migration in migrations.pending(Database(memory=True))}
    unknown = {migration.name for migration in migrations.applied(database)} - known
    if unknown:
        raise StoreError(
            f"{path} was written by a newer riskdesk (it has {', '.join(sorted(unknown))}): upgrade this one"
        )


def interrupted(error: BaseException) -> bool:
    """Whether a statement was only stopped from another thread (`Reader.interrupt`)."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, sqlite3.OperationalError) and code == sqlite3.SQLITE_INTERRUPT


def damaged(error: BaseException) -> bool:
    """Whether an error says that the file itself is broken, not that the disk is full or somebody else writes."""
    return ailment(error) == "damaged"


class Lost(StoreError):
    """A file was deleted, cut short or replaced while it was open: what is written to it goes nowhere."""


class Place:
    """Where an open file stood, to notice when it does so no longer."""

    def __init__(self, path: Path) -> None:
        self._path, facts = path, path.stat()
        self._inode, self._size = facts.st_ino, facts.st_size

    def check(self) -> None:
        """Raise Lost when the path leads nowhere, to another file, or to less of it than there was."""
        try:
            facts = self._path.stat()
        except FileNotFoundError:
            facts = None
        if facts is None or facts.st_ino != self._inode or facts.st_size < self._size:
            raise Lost(f"{self._path} was deleted, cut short or replaced while it was in use")


Ailment = Literal["full", "locked", "closed", "damaged"]
"""What can be wrong with a file: no room on its disk, held by another program, not to be written or opened, broken."""

_AILMENTS: dict[int, Ailment] = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_READONLY: "closed",
    sqlite3.SQLITE_CANTOPEN: "closed",
    sqlite3.SQLITE_PERM: "closed",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}
"""By the primary code of SQLite's error."""
_OF_THE_SYSTEM: dict[int | None, Ailment] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "closed",
    errno.EACCES: "closed",
    errno.EPERM: "closed",
}


def ailment(error: BaseException) -> Ailment | None:
    """What an error says of the file or its disk; None for an error that is about something else."""
    if isinstance(error, Lost):
        return "damaged"
    cause = error.__cause__ or error if isinstance(error, StoreError) else error
    if isinstance(cause, sqlite3.Error):
        return _AILMENTS.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    return _OF_THE_SYSTEM.get(cause.errno) if isinstance(cause, OSError) else None


def set_aside(path: Path) -> Path:
    """Move a damaged file out of the way, if it is still there, and drop its companions; returns its new name."""
    aside = path.with_name(f"{path.name}.damaged")
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    if path.exists():
        path.replace(aside)
    return aside
