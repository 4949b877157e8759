"""The open alerts as somebody works through them, straight from a mirror that a watcher writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from store import files

RISKIEST = """
SELECT a.account_id, t.evidence FROM alert t JOIN account a USING (account)
WHERE t.state = 'open' ORDER BY t.level DESC, t.score DESC, t.account LIMIT ?
"""
HITS = "SELECT transaction_id FROM txn WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq"


class OpenAlert(NamedTuple):
    """An account's open alert and the transactions among the hits it keeps."""

    account_id: str
    transaction_ids: list[str]


class Queue:
    """Open alerts and how far the mirror is. Raises store.files.StoreError while there is no mirror with its tables."""

    def __init__(self, path: Path) -> None:
        self._connection = files.reader(path).conn
        self._connection.isolation_level = None
        if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'v_feed'").fetchone():
            self._connection.close()
            raise files.StoreError(f"{path} has no tables yet")

    def close(self) -> None:
        self._connection.close()

    def scanned_to(self) -> int:
        """The seq up to which the feed is mirrored and scored, 0 before the first page."""
        return int(self._connection.execute("SELECT coalesce(max(scanned_to_seq), 0) FROM feed").fetchone()[0])

    def riskiest(self, most: int) -> list[OpenAlert]:
        """Open alerts, the highest scores first."""
        found = self._connection.execute(RISKIEST, (most,)).fetchall()
        return [OpenAlert(account_id, self._hits(evidence)) for account_id, evidence in found]

    def _hits(self, evidence: str) -> list[str]:
        seqs = [hit["seq"] for hit in json.loads(evidence)]
        return [row[0] for row in self._connection.execute(HITS, (json.dumps(seqs),))]
