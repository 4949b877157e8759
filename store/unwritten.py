"""A page that is understood but not written yet, as if it was: what the next page has to know of it.

Pages are understood one ahead of what is written: a page waits for its scores.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from store.batch import Batch, Row

Column = Sequence[Any]

SEQ, ID, VERSION, DOC = 0, 1, 2, -1
"""Places of columns among those of new events: their seq, id and version, and the document as the last."""


class Unwritten:
    """Rows of one page. `transactions` and `logins` are the columns of its new events, up to the document."""

    def __init__(self, batch: Batch, transactions: Sequence[Column], logins: Sequence[Column]) -> None:
        self._batch = batch
        self._new = {"transaction": transactions, "login": logins}
        self._versions: dict[str, dict[str, int]] = {}

    def versions(self, type_: str) -> dict[str, int]:
        """The versions by id of a type's resources on the page; not those of accounts."""
        if type_ not in self._versions:
            self._versions[type_] = self._events(type_) if type_ in self._new else self._resources(type_)
        return self._versions[type_]

    def _resources(self, type_: str) -> dict[str, int]:
        return {id_: row[2] for id_, row in self._rows[type_].items()}

    @cached_property
    def _rows(self) -> defaultdict[str, dict[str, Row]]:
        """The rows of resources by type and id."""
        rows: defaultdict[str, dict[str, Row]] = defaultdict(dict)
        for row in self._batch.resources:
            rows[row[0]][row[1]] = row
        return rows

    def _events(self, type_: str) -> dict[str, int]:
        new, (changed, deleted) = self._new[type_], self._moved(type_)
        versions = dict(zip(new[ID], new[VERSION], strict=True)) if new else {}
        versions |= {row[-1]: row[0] for row in changed}
        return versions | {id_: version for version, id_ in deleted}

    def _moved(self, type_: str) -> tuple[list[Row], list[Row]]:
        """The rows of known events that changed, and of those that were deleted."""
        batch = self._batch
        if type_ == "transaction":
            return batch.changed_transactions, batch.deleted_transactions
        return batch.changed_logins, batch.deleted_logins

    def document(self, type_: str, id_: str) -> tuple[bool, str | None]:
        """Whether the page says something of a resource, and its JSON after the page, None when it is deleted.

        Of events it tells only of transactions.
        """
        if type_ == "transaction":
            return id_ in self._transactions, self._transactions.get(id_)
        row = self._rows[type_].get(id_)
        return row is not None, row[-1] if row and not row[3] else None

    @cached_property
    def _transactions(self) -> dict[str, str | None]:
        new, (changed, deleted) = self._new["transaction"], self._moved("transaction")
        documents: dict[str, str | None] = dict(zip(new[ID], new[DOC], strict=True)) if new else {}
        documents |= {row[-1]: row[-2] for row in changed}
        return documents | {id_: None for _, id_ in deleted}

    @cached_property
    def seqs(self) -> dict[str, int]:
        """The seqs at which the page's new transactions came, by id."""
        new = self._new["transaction"]
        return dict(zip(new[ID], new[SEQ], strict=True)) if new else {}

    @cached_property
    def owners(self) -> dict[int, str | None]:
        """The customers whose accounts (by number) the page says they become, None of those that are gone."""
        return {account: customer for customer, account in self._batch.owners}
