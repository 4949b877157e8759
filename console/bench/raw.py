"""The yardstick: how fast this machine inserts prebuilt rows into the mirror's own table, doing nothing else."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from store.batch import STATEMENTS
from store.mirror import Mirror

ROUNDS = 3
PER_TRANSACTION = 1_000
DOC = '{"id":"","version":1,"account_id":"","kind":"purchase","status":"posted","amount_minor":0,"currency":"EUR"}'


def raw_rate(rows: int, doc_bytes: int, accounts: int = 5_000) -> float:
    """Rows a second, best of three: prebuilt tuples of `doc_bytes` JSON, 1,000 a transaction, into an empty mirror."""
    doc = DOC.ljust(doc_bytes)
    spread = random.Random(1)
    built = [
        (
            *(seq, f"txn.{seq:012d}", 1, spread.randrange(accounts), 0, seq, seq, 100, "EUR", "mer.1", "purchase"),
            *("posted", doc, 0.01, 0, "rules", None),
        )
        for seq in range(1, rows + 1)
    ]
    return max(_insert(built) for _ in range(ROUNDS))


def _insert(built: Sequence[tuple[object, ...]]) -> float:
    with tempfile.TemporaryDirectory(prefix="riskdesk-bench-") as folder:
        mirror = Mirror(Path(folder) / "raw.db")
        started = time.perf_counter()
        for at in range(0, len(built), PER_TRANSACTION):
            with mirror.transaction():
                mirror.database.conn.executemany(STATEMENTS["new_transactions"], built[at : at + PER_TRANSACTION])
        rate = len(built) / (time.perf_counter() - started)
        mirror.close()
    return rate
