"""The audit as a list, newest first: filtered by event, actor, account or words, a bounded stretch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.fields import Field, fields
from store.journal import Journal
from store.query import Listing, Place, Selection, together

STRETCH = 4_000
"""Rows that one statement looks through."""
STRETCHES = 5
"""Statements to one page: a filter that nothing matches ends a page after so many, and the next goes on from there."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A row of the chain. Text that is no UTF-8 comes with replacement characters.

    `account_id` and `command` are those of the command that the row tells of, None where it tells of none.
    """

    seq: int
    at: str
    actor: str
    event: str
    payload: str
    hash: str
    account_id: str | None
    command: str | None


AUDIT = Listing(
    fields(Field("event", "id"), Field("actor", "word"), Field("account", "word")),
    {
        "event": Place("w.event"),
        "actor": Place("w.actor"),
        "account": Place(
            "value",
            "EXISTS (SELECT 1 FROM (SELECT c.account_id AS value UNION ALL SELECT value FROM"
            " json_tree(CASE WHEN json_valid(w.payload) THEN w.payload ELSE '{{}}' END)) WHERE {})",
        ),
    },
    tuple(Place(f"w.{name}") for name in ("payload", "event", "actor")),
)
"""Rows `w` of the chain with their commands `c`; an account is the command's, or named in the payload."""

PAGE = """
SELECT w.seq, CAST(w.at AS BLOB), CAST(w.actor AS BLOB), CAST(w.event AS BLOB), CAST(w.payload AS BLOB),
    CAST(w.hash AS BLOB), c.account_id, c.type
FROM (SELECT *, CASE WHEN json_valid(payload) THEN payload ->> '$.command_id' END AS told FROM audit
    WHERE seq <= ? AND seq > ? - ?) w LEFT JOIN command c ON c.command_id = w.told
WHERE {kept} ORDER BY w.seq DESC LIMIT ?
"""


def newest(journal: Journal, place: int | None = None) -> int:
    """The place of the newest row (up to a place), 0 when there is none."""
    if place is None:
        return int(journal.rows("SELECT coalesce(max(seq), 0) FROM audit")[0][0])
    return int(journal.rows("SELECT coalesce(max(seq), 0) FROM audit WHERE seq <= ?", (place,))[0][0])


def told_at(journal: Journal, event: str = "", *, first: bool = False) -> str | None:
    """When the last row of an event was written, the first one if asked for; None where there is none."""
    order = "ASC" if first else "DESC"
    sql = f"SELECT at FROM audit WHERE ? IN ('', event) ORDER BY seq {order} LIMIT 1"  # noqa: S608 - two words
    rows = journal.rows(sql, (event,))
    return rows[0][0] if rows else None


def page(journal: Journal, kept: Sequence[Selection], place: int, most: int) -> tuple[list[AuditRow], int]:
    """Up to `most` rows from a place on, newest first, and the place from which the next page goes on, 0 at the end.

    With a filter a page may hold fewer rows, or none, and there may be more.
    """
    found: list[AuditRow] = []
    condition, values = together(kept)
    stretch = STRETCH if kept else most
    for _ in range(STRETCHES):
        left = most - len(found)
        rows = journal.rows(PAGE.format(kept=condition), (place, place, stretch, *values, left))
        found += [AuditRow(row[0], *(_text(part) for part in row[1:6]), *row[6:]) for row in rows]
        place = newest(journal, rows[-1][0] - 1 if len(rows) == left else place - stretch)
        if not place or len(found) == most:
            break
    return found, place


def _text(part: bytes) -> str:
    return part.decode("utf-8", "replace")
