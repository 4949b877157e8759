"""What the frauds really were. Kept beside the log and never in it; nothing over HTTP reads it."""

from __future__ import annotations

from typing import NamedTuple

from console.core.messages import Transaction, decoder
from console.sandbox.bank.database import Database
from console.sandbox.bank.ledger import INTERVENTION_CODES
from console.sandbox.bank.log import Log

_TRANSACTION = decoder(Transaction)


class Episode(NamedTuple):
    """One fraud, or one benign look-alike. `at` is its first instant; `loss_minor` went through, `saved_minor` was
    declined because of an intervention (account frozen, closed or cash blocked)."""

    episode: str
    typology: str
    benign: bool
    accounts: list[str]
    at: int
    acts: int
    loss_minor: int
    saved_minor: int


class Act(NamedTuple):
    """One act of an episode at a stream instant; `loss_minor` is what went through by it."""

    episode: str
    typology: str
    benign: bool
    account: str
    at: int
    loss_minor: int


def remember(
    database: Database,
    *,
    episode: str,
    typology: str,
    account: str,
    at: int,
    resource: str | None,
    loss_minor: int,
    benign: bool,
) -> None:
    """Note one act of an episode: `loss_minor` is what the institution loses if the act goes through."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO truth VALUES (?, ?, ?, ?, ?, ?, ?)",
            (episode, typology, account, at, resource, loss_minor, int(benign)),
        )


def acts(database: Database, log: Log) -> list[Act]:
    """Every act in order."""
    return [
        Act(episode, typology, bool(benign), account, at, _outcome(log, resource, loss_minor)[0])
        for episode, typology, benign, account, at, resource, loss_minor in _rows(database)
    ]


def report(database: Database, log: Log) -> list[Episode]:
    """Every episode in order of its first act."""
    found: dict[str, Episode] = {}
    for name, typology, benign, account, at, resource, loss_minor in _rows(database):
        lost, saved = _outcome(log, resource, loss_minor)
        known = found.get(name) or Episode(name, typology, bool(benign), [], at, 0, 0, 0)
        found[name] = known._replace(
            accounts=known.accounts if account in known.accounts else [*known.accounts, account],
            acts=known.acts + 1,
            loss_minor=known.loss_minor + lost,
            saved_minor=known.saved_minor + saved,
        )
    return list(found.values())


def _rows(database: Database) -> list[tuple[str, str, int, str, int, str | None, int]]:
    with database.lock:
        return database.connection.execute(
            "SELECT episode, typology, benign, account, at, resource, loss_minor FROM truth ORDER BY at, rowid"
        ).fetchall()


def _outcome(log: Log, resource: str | None, loss_minor: int) -> tuple[int, int]:
    """(lost, saved) of one act, by what became of its transaction."""
    row = log.row("transaction", resource) if resource else None
    if row is None or row.data is None:
        return loss_minor, 0
    transaction = _TRANSACTION.decode(row.data)
    if transaction.status == "declined":
        return 0, loss_minor if transaction.decline_code in INTERVENTION_CODES else 0
    return (0 if transaction.status in ("reversed", "expired") else loss_minor), 0
