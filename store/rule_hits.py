"""Which rules fired on which events, live and in shadow: written a page at a time, read for the rules' records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.mirror import Mirror
from store.reader import Reader

Named = Sequence[tuple[str, str]]
"""Rules by (id, state), in the order of a hit's bits."""

VERDICTS = {"fraud": 1, "legit": 2, "inconclusive": 3}
"""The words of labels and cases, as the numbers that judgements have everywhere."""

LABELS = """
SELECT t.seq, t.account, t.recorded_at, json_extract(r.doc, '$.verdict') FROM resource r JOIN txn t
    ON t.transaction_id = json_extract(r.doc, '$.target.id')
WHERE r.type = 'label' AND r.deleted = 0 AND json_extract(r.doc, '$.target.type') = 'transaction' ORDER BY r.seq
"""
DECIDED = """
SELECT account, CAST(strftime('%s', json_extract(doc, '$.recorded_at')) AS INTEGER), json_extract(doc, '$.verdict')
FROM resource
WHERE type = 'label' AND deleted = 0 AND account >= 0 AND json_extract(doc, '$.target.type') = 'account'
UNION ALL
SELECT account, CAST(strftime('%s', json_extract(doc, '$.verdict_at')) AS INTEGER), json_extract(doc, '$.verdict')
FROM resource
WHERE type = 'case' AND deleted = 0 AND account >= 0 AND json_extract(doc, '$.verdict') IS NOT NULL
"""
RULE_SETS = "SELECT number, ids FROM rule_set"


def write(mirror: Mirror, rules: Named, to_seq: int, at: int, hits: bytes) -> None:
    """Store a page's hits, inside the page's transaction. `at` (µs) is the last of them."""
    execute = mirror.database.conn.execute
    ids = json.dumps(rules)
    execute("INSERT INTO rule_set (ids) VALUES (?) ON CONFLICT (ids) DO NOTHING", (ids,))
    execute(
        "INSERT INTO rule_page (to_seq, at, rules, hits) SELECT ?, ?, number, ? FROM rule_set WHERE ids = ?",
        (to_seq, at, hits, ids),
    )


def drop(mirror: Mirror, before: int) -> None:
    """Drop the pages whose last hit lies before that instant (µs)."""
    with mirror.transaction():
        mirror.database.conn.execute("DELETE FROM rule_page WHERE at < ?", (before,))


def pages(reader: Reader, since: int, most: int) -> list[tuple[Named, bytes]]:
    """(rules, hits) of the pages since that instant (µs), the newest first, up to about `most` bytes of hits."""
    names = {number: [(id_, state) for id_, state in json.loads(ids)] for number, ids in reader.rows(RULE_SETS)}
    sizes = reader.rows("SELECT to_seq, length(hits) FROM rule_page WHERE at >= ? ORDER BY to_seq DESC", (since,))
    taken, oldest = 0, None
    for to_seq, size in sizes:
        if taken and taken + size > most:
            break
        taken, oldest = taken + size, to_seq
    if oldest is None:
        return []
    rows = reader.rows("SELECT rules, hits FROM rule_page WHERE to_seq >= ? ORDER BY to_seq DESC", (oldest,))
    return [(names[number], hits) for number, hits in rows]


def labels(reader: Reader) -> NDArray[np.int64]:
    """(seq, account, recorded at in µs, verdict) a label on a transaction, the newest last."""
    return _numbers([(*judged, VERDICTS.get(verdict)) for *judged, verdict in reader.rows(LABELS)], 4)


def verdicts(reader: Reader) -> NDArray[np.int64]:
    """(account, at in µs, verdict) of every decision on an account."""
    rows = reader.rows(DECIDED)
    return _numbers([(account, at and at * 1_000_000, VERDICTS.get(verdict)) for account, at, verdict in rows], 3)


def _numbers(rows: Sequence[tuple[Any, ...]], columns: int) -> NDArray[np.int64]:
    return np.array([row for row in rows if None not in row], np.int64).reshape(-1, columns)
