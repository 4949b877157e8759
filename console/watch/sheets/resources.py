"""What is stored as it came, one row a resource; and the sheet of types of which the engine learns nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

from console.risk.columns import Array
from console.watch.numbering import Who
from console.watch.taken import Taken
from store.batch import Batch, Row


def resource_rows(taken: Taken, accounts: Array | None = None) -> list[Row]:
    """Rows of `resource`, the last one of each; `accounts` are the numbers of those they concern."""
    type_, seqs = taken.type, taken.seqs.tolist()
    owners: Sequence[int] = [-1] * len(seqs) if accounts is None else accounts.tolist()
    ids, versions = taken.column("id"), taken.column("version")
    rows = list(zip(repeat(type_), ids, versions, repeat(0), owners, seqs, taken.docs))
    if taken.deletes:
        gone = [delete.change for delete in taken.deletes]
        rows += [(type_, change.id, change.version, 1, -1, change.seq, "") for change in gone]
        rows.sort(key=lambda row: row[5])
        ids = [row[1] for row in rows]
    return list(dict(zip(ids, rows, strict=True)).values())


class Others:
    """Resources that are only kept: of the account that they name or judge, where they do."""

    def __init__(self, taken: Taken, who: Who) -> None:
        self._taken = taken
        self._who = who

    def facts(self) -> list[Array]:
        return []

    def store(self, batch: Batch) -> None:
        concerned = [_account_id(resource) for resource in self._taken.resources]
        accounts = self._who.accounts.known(self._taken.seqs, concerned)
        batch.resources += resource_rows(self._taken, accounts)


def _account_id(resource: object) -> str | None:
    account_id: str | None = getattr(resource, "account_id", None)
    target = getattr(resource, "target", None)
    if account_id is None and target is not None and target.type == "account":
        account_id = target.id
    return account_id or None
