"""Opening the two files: connections for one thread each, pragmas, migrations, permissions."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Literal

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

Durability = Literal["NORMAL", "FULL"]

CHECKPOINT_PAGES = 16_384
"""Pages (4 KiB) in the write-ahead log before it is folded into the file: a hot page is then written once per fold."""


class StoreError(Exception):
    """A file of the store can't be used; the message says which one and what to do."""


def writer(path: Path, migrations: Migrations, durability: Durability) -> Database:
    """Open a file for its one writer, create or migrate it, and keep it readable for its owner only.

    Raises StoreError when the file can't be opened, is no database, or was made by a newer version.
    """
    try:
        if not path.exists():  # closing a file that is open elsewhere in this process would drop SQLite's locks on it
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(path, timeout=10, cached_statements=256)
        database = Database(connection, execute_plugins=False, recursive_triggers=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={durability}")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        connection.execute("PRAGMA cache_size=-65536")
        connection.execute("PRAGMA temp_store=MEMORY")
        refuse_newer(database, migrations, path)
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


def refuse_newer(database: Database, migrations: Migrations, path: Path) -> None:
    """Raise StoreError when the file holds migrations that this version does not know."""
    known = {migration.name for migration in migrations.pending(Database(memory=True))}
    unknown = {migration.name for migration in migrations.applied(database)} - known
    if unknown:
        raise StoreError(
            f"{path} was written by a newer riskdesk (it has {', '.join(sorted(unknown))}): upgrade this one"
        )
