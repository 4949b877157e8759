"""The journal as a file: copied while it is in use, proved without being touched, and put back from a copy."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from store import audit, files
from store.files import StoreError
from store.journal_schema import MIGRATIONS

BESIDE = ("-wal", "-shm")
"""What lies beside a database in use, by the ends of their names."""
HEARD_EVERY = 5_000
"""Rows between two words on how far a proof is."""
BUSY_S = 1.0
"""How long a restore waits for others to let go of the journal."""


@dataclass(frozen=True)
class Proof:
    """A chain that was walked: its last row's place and hash (0 and zeros when empty), and its first fault, if any."""

    seq: int
    hash: str
    fault: audit.Fault | None


def prove(
    path: Path, checkpoints: Iterable[audit.Checkpoint] = (), progress: Callable[[float], None] | None = None
) -> Proof:
    """Walk the chain of a journal file, which is only read. Raises StoreError when it can't be.

    `progress` hears now and then which share of the rows, in 0..1, is behind.
    """
    with _reading(path) as database:
        database.execute("BEGIN")
        chain = audit.rows(database.conn)
        if progress is not None:
            chain = _heard(chain, audit.head(database.conn)[0], progress)
        fault = audit.verify(chain, checkpoints)
        return Proof(*audit.head(database.conn), fault)


def _heard(chain: Iterable[audit.Row], last: int, progress: Callable[[float], None]) -> Iterator[audit.Row]:
    for number, row in enumerate(chain):
        if number % HEARD_EVERY == 0:
            progress(min(1.0, number / max(1, last)))
        yield row


def rows(path: Path) -> Iterator[audit.Row]:
    """The chain's rows as of now, one after another. Raises StoreError when the file can't be read."""
    with _reading(path) as database:
        yield from audit.rows(database.conn)


def back_up(path: Path, to: Path) -> Proof:
    """Copy the journal while others use it, and prove the copy. Raises StoreError, also when `to` exists."""
    if to.exists():
        raise StoreError(f"{to} exists already: give another name")
    with _reading(path) as database:
        files.copy(database.conn, to)
    return prove(to)


def restore(copy: Path, path: Path, kept: Path, prepare: Callable[[Path], None] = lambda _arriving: None) -> Proof:
    """Put a copy in the journal's place, and the present journal, if any, to `kept`; returns the copy's proof.

    `prepare` writes what must be in the copy before anybody can use it, and closes it. The caller holds the watcher's
    lock. Raises StoreError, with everything as it was, when the copy is damaged, broken or of a newer version, or when
    somebody still has the journal open.
    """
    arriving = path.with_name(f"{path.name}.arriving")
    try:
        with _reading(copy) as database:
            files.copy(database.conn, arriving)
        proof = _sound(arriving, copy)
        prepare(arriving)
        if path.exists():
            _set_aside(path, kept)
        arriving.replace(path)
        files.sync(path.parent)
    except OSError as error:
        raise StoreError(f"{path} can't be replaced: {error}") from error
    finally:
        for suffix in ("", *BESIDE):
            arriving.with_name(arriving.name + suffix).unlink(missing_ok=True)
    return proof


def _sound(arriving: Path, name: Path) -> Proof:
    """The proof of a copy that may take the journal's place; raises StoreError for any other."""
    with _reading(arriving) as database:
        files.refuse_newer(database, MIGRATIONS, name)
        if not MIGRATIONS.applied(database):
            raise StoreError(f"{name} is no journal")
        damage = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if damage != "ok":
        raise StoreError(f"{name} is damaged: {damage}")
    proof = prove(arriving)
    if proof.fault:
        raise StoreError(f"{name} has a broken audit chain, at row {proof.fault.seq}: {proof.fault.kind}")
    return proof


def _set_aside(path: Path, kept: Path) -> None:
    """Give the present journal a second name, with all that belongs to it.

    Leaving the write-ahead log behind works only while nobody else has the file open, and so proves it.
    """
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_S)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            raise StoreError(f"{path} is in use: close every console of this home") from error
        # too damaged to be folded: it is kept as it lies, log included
    for suffix in BESIDE:
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.replace(kept.with_name(kept.name + suffix))
    os.link(path, kept)


@contextmanager
def _reading(path: Path) -> Iterator[Database]:
    if not path.is_file():
        raise StoreError(f"there is no journal at {path}")
    database = files.reader(path)
    try:
        yield database
    except sqlite3.Error as error:
        raise StoreError(f"{path} can't be read: {error}") from error
    finally:
        database.close()
