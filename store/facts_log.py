"""The facts log: what the engine was told, as the mirror keeps it, for those who replay it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from store.files import StoreError
from store.reader import Reader


class FactsLog:
    """The log of one mirror, read-only. Raises StoreError when the file is missing or no database.

    Each page is read by a statement of its own, so that the writer is never held up.
    """

    def __init__(self, path: Path) -> None:
        self._reader = Reader(path)

    def close(self) -> None:
        self._reader.close()

    def size(self) -> int:
        """Bytes of all pages."""
        return int(self._reader.rows("SELECT coalesce(sum(length(facts)), 0) FROM engine_page")[0][0])

    def ends(self) -> tuple[bytes, bytes] | None:
        """The oldest and the newest page, None for an empty log."""
        found = [
            self._reader.rows(f"SELECT facts FROM engine_page ORDER BY to_seq {order} LIMIT 1")  # noqa: S608 - below
            for order in ("ASC", "DESC")
        ]
        return (found[0][0][0], found[1][0][0]) if all(found) else None

    def pages(self) -> Iterator[bytes]:
        """The pages, oldest first. Raises StoreError when the mirror is built anew meanwhile."""
        seq = -1
        while rows := self._reader.rows(
            "SELECT to_seq, facts FROM engine_page WHERE to_seq > ? ORDER BY to_seq LIMIT 1", (seq,)
        ):
            ((seq, facts),) = rows
            yield facts
            if self._reader.replaced():
                raise StoreError(f"{self._reader.path} is being built anew: try again when it has caught up")

    def epoch(self) -> str | None:
        """The epoch of the feed that the facts came from."""
        return next((feed.epoch for feed in self._reader.feeds() if feed.epoch is not None), None)

    def note(self, key: str) -> str | None:
        """What the watcher wrote down under a key, JSON text."""
        return self._reader.notes().get(key)

    def accounts(self, numbers: Iterable[int]) -> dict[int, tuple[str, str | None]]:
        """(account id, currency) by account number."""
        wanted = json.dumps([int(number) for number in numbers])
        rows = self._reader.rows(
            "SELECT account, account_id, currency FROM account WHERE account IN (SELECT value FROM json_each(?))",
            (wanted,),
        )
        return {number: (account_id, currency) for number, account_id, currency in rows}
