"""The core's own SQLite file: schema, transactions, one lock."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS fact (
    name TEXT PRIMARY KEY, value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log (
    seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, recorded_at INTEGER NOT NULL,
    start INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS resource (
    kind INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT NULL, guard INTEGER,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (
    lane INTEGER NOT NULL, owner TEXT NOT NULL, occurred_at INTEGER NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (lane, owner, occurred_at, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deadline (
    at INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (at, kind, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS command (
    id TEXT PRIMARY KEY, caller TEXT NOT NULL, request TEXT NOT NULL, body BLOB NOT NULL, if_match TEXT,
    type TEXT NOT NULL, target TEXT NOT NULL, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS command_of_caller ON command (caller, at);
CREATE TABLE IF NOT EXISTS truth (
    episode TEXT NOT NULL, typology TEXT NOT NULL, account TEXT NOT NULL, at INTEGER NOT NULL,
    resource TEXT, loss_minor INTEGER NOT NULL, benign INTEGER NOT NULL
) STRICT;
"""
"""`log.body` is the ready-made JSON of a change; the resource's own JSON lies in it from byte `start` to the last but
one (`start` 0: a delete). `resource` names the latest change of each resource; `guard` is the version at which what an
operator decides on last changed. `history` orders transactions and logins by owner and business time."""

IN_MEMORY = ":memory:"


class Database:
    """One connection, shared by threads under one lock. Work in a `transaction()` becomes visible at once or never."""

    def __init__(self, path: Path | None, *, durable: bool) -> None:
        self.lock = threading.RLock()
        self.connection = sqlite3.connect(
            IN_MEMORY if path is None else path, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        #: called after a transaction that changed something
        self.on_commit: list[Callable[[], None]] = []
        self.on_rollback: list[Callable[[], None]] = []
        self._depth = 0
        self._changes = 0
        self._prepare(durable)

    def _prepare(self, durable: bool) -> None:
        execute = self.connection.execute
        execute("PRAGMA page_size = 8192")
        execute(f"PRAGMA journal_mode = {'WAL' if durable else 'MEMORY'}")
        execute(f"PRAGMA synchronous = {'NORMAL' if durable else 'OFF'}")
        execute("PRAGMA cache_size = -131072")
        self.connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One unit of work; nested ones join the outermost. An exception undoes all of it."""
        with self.lock:
            if self._depth == 0:
                self.connection.execute("BEGIN IMMEDIATE")
                self._changes = self.connection.total_changes
            self._depth += 1
            try:
                yield self.connection
            except BaseException:
                self._leave(commit=False)
                raise
            self._leave(commit=True)

    def _leave(self, *, commit: bool) -> None:
        self._depth -= 1
        if self._depth:
            return
        changed = self.connection.total_changes != self._changes
        self.connection.execute("COMMIT" if commit else "ROLLBACK")
        if changed:
            for tell in self.on_commit if commit else self.on_rollback:
                tell()

    def fact(self, name: str) -> str | None:
        """A remembered value of the core itself."""
        with self.lock:
            row = self.connection.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, name: str, value: str) -> None:
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def close(self) -> None:
        with self.lock:
            self.connection.close()
