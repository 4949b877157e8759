"""The mirror's upkeep: its digest for comparison with the core, and the dropping of old events."""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from store import engine_state, rule_hits
from store.digest import OTHERS, TABLES, Buckets, bucket_sums, folded
from store.files import reader
from store.mirror import DROPPED_BEFORE, LOG_CUT, Mirror

DROPPED_BUCKETS = 16_384
"""Dropped events are summed in the contract's finest buckets and folded for a coarser comparison."""

CHUNK = 5_000
"""Events dropped in one transaction, so that the feed never waits long."""

EVENT_TABLES = {"transaction": ("txn", "transaction_id"), "login": ("login", "login_id")}


def mirror_seq(path: Path, lane: str) -> int:
    """The place in the feed up to which a mirror stands; 0 for a new one. Opens a connection of its own."""
    database = reader(path)
    try:
        return _seq(database, lane)
    finally:
        database.close()


def unreadable(path: Path, type_: str) -> set[str]:
    """Ids of a type that the mirror could not take in: quarantined ones, and events that changed after their drop."""
    database = reader(path)
    try:
        return {id_ for (id_,) in database.execute("SELECT DISTINCT id FROM quarantine WHERE type = ?", (type_,))}
    finally:
        database.close()


def _seq(database: Database, lane: str) -> int:
    row = database.execute("SELECT scanned_to_seq FROM feed WHERE lane = ?", (lane,)).fetchone()
    return int(row[0]) if row else 0


def mirror_digest(path: Path, lane: str, type_: str, bucket_count: int) -> tuple[int, Buckets]:
    """(seq, digest) of one type at one moment, dropped events included. Opens a read-only connection of its own."""
    database = reader(path)
    try:
        database.execute("BEGIN")
        seq = _seq(database, lane)
        rows = database.execute(TABLES[type_]) if type_ in TABLES else database.execute(OTHERS, (type_,))
        return seq, bucket_sums(type_, rows, bucket_count, _dropped(database, type_, bucket_count))
    finally:
        database.close()


def _dropped(database: Database, type_: str, bucket_count: int) -> Buckets:
    rows = database.execute("SELECT bucket, count, sum FROM dropped WHERE type = ?", (type_,))
    return folded({b: (count, int(total, 16)) for b, count, total in rows}, DROPPED_BUCKETS, bucket_count)


def drop_events(mirror: Mirror, before: int) -> int:
    """Drop up to `CHUNK` events of each kind that were recorded before that instant (µs); accounts stay.

    Returns how many went, so that a caller can go on until 0. An account's chain simply ends where it was cut.
    """
    if before > mirror.dropped_before:
        with mirror.transaction():
            mirror.note(DROPPED_BEFORE, str(before))
        rule_hits.drop(mirror, before)
        mirror.dropped_before = before
        _drop_facts(mirror, before)
    return sum(_drop(mirror, type_, before) for type_ in EVENT_TABLES)


def _drop_facts(mirror: Mirror, before: int) -> None:
    """Drop the facts log's pages of that age, but none that the engine's stored state does not stand for."""
    stands_at = engine_state.stands_at(engine_state.beside(mirror.path), mirror.identity)
    if stands_at is None:
        return
    with mirror.transaction():
        gone = mirror.database.conn.execute("DELETE FROM engine_page WHERE at < ? AND to_seq <= ?", (before, stands_at))
        if gone.rowcount:
            mirror.note(LOG_CUT, mirror.identity)


def _drop(mirror: Mirror, type_: str, before: int) -> int:
    table, key = EVENT_TABLES[type_]
    execute = mirror.database.conn.execute
    with mirror.transaction():
        rows = execute(
            f"SELECT seq, {key}, version, deleted FROM {table} WHERE seq IN"  # noqa: S608 - names of this module only
            f" (SELECT seq FROM {table} ORDER BY seq LIMIT ?) AND recorded_at < ?",
            (CHUNK, before),
        ).fetchall()
        if not rows:
            return 0
        start = _dropped(mirror.database, type_, DROPPED_BUCKETS)
        sums = bucket_sums(
            type_, ((id_, version) for _, id_, version, gone in rows if not gone), DROPPED_BUCKETS, start
        )
        mirror.database.conn.executemany(
            "INSERT OR REPLACE INTO dropped (type, bucket, count, sum) VALUES (?, ?, ?, ?)",
            ((type_, bucket, count, f"{total:016x}") for bucket, (count, total) in sums.items()),
        )
        mirror.database.conn.executemany(f"DELETE FROM {table} WHERE seq = ?", ((seq,) for seq, *_ in rows))  # noqa: S608
    return len(rows)
