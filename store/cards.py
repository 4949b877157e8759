"""The scorecards that were put in force, kept in the journal: by whom, why, when, and when each was taken back.

The newest that was not taken back is in force; while there is none, the shipped one is. Every change is a row of the
audit. Texts are kept once, by their digest, with those that decisions were made by. Instants are µs of wall time.
"""

from __future__ import annotations

from dataclasses import dataclass

from store import audit, reviews
from store.journal import Journal, JournalError


@dataclass(frozen=True, kw_only=True)
class Card:
    """A scorecard that was put in force; `digest` is that of its text."""

    number: int
    digest: str
    text: str
    actor: str
    reason: str
    applied_at: int


_FIELDS = ("number", "digest", "text", "actor", "reason", "applied_at")
_IN_FORCE = """SELECT c.number, c.digest, s.body, c.actor, c.reason, c.applied_at
FROM scorecard c JOIN review_source s USING (digest) WHERE c.withdrawn_at IS NULL ORDER BY c.number DESC LIMIT 1"""


def in_force(journal: Journal) -> Card | None:
    """The card in force, None while that is the shipped one."""
    rows = journal.rows(_IN_FORCE)
    return Card(**dict(zip(_FIELDS, rows[0], strict=True))) if rows else None


def changed_at(journal: Journal) -> int | None:
    """Since when the card in force is: the last change; None where there was none."""
    changes = "SELECT max(max(applied_at, coalesce(withdrawn_at, 0))) FROM scorecard"
    found: int | None = journal.rows(changes)[0][0]
    return found


def apply(journal: Journal, text: str, reason: str, actor: str, now: int) -> None:
    """Put a card in force. Raises JournalError when it is already."""
    with journal.transaction() as connection:
        before = in_force(journal)
        digest = reviews.keep_source(connection, "card", text)
        if before is not None and before.digest == digest:
            raise JournalError(f"scorecard {digest[:12]} is in force already")
        connection.execute(
            "INSERT INTO scorecard (digest, actor, reason, applied_at) VALUES (?, ?, ?, ?)",
            (digest, actor, reason, now),
        )
        payload = {"from": before.digest if before else None, "to": digest, "reason": reason}
        audit.append(connection, now, actor, "scorecard.applied", payload)


def roll_back(journal: Journal, reason: str, actor: str, now: int) -> None:
    """Take the card in force back. Raises JournalError when that is the shipped one."""
    with journal.transaction() as connection:
        before = in_force(journal)
        if before is None:
            raise JournalError("the shipped scorecard is in force: there is none to go back to")
        connection.execute(
            "UPDATE scorecard SET withdrawn_at = ?, withdrawn_by = ?, withdrawn_for = ? WHERE number = ?",
            (now, actor, reason, before.number),
        )
        after = in_force(journal)
        payload = {"from": before.digest, "to": after.digest if after else None, "reason": reason}
        audit.append(connection, now, actor, "scorecard.rolled_back", payload)
