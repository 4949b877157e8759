"""Commands as the core has recorded them, everybody's: JSON texts from the mirror."""

from __future__ import annotations

from store import times
from store.mirror_schema import COMMANDED, WAITING, part
from store.reader import Reader

MOST = 1000
"""Waiting commands that are read at most."""

_WAITING = f"SELECT doc FROM resource INDEXED BY resource_waiting WHERE {WAITING} ORDER BY id LIMIT ?"  # noqa: S608

_NOTES = """
SELECT doc FROM resource INDEXED BY resource_by_account
WHERE account = ? AND account >= 0 AND type = 'command' AND deleted = 0 AND instr(doc, '"case.note"') > 0
ORDER BY seq DESC LIMIT ?
"""

_COMMANDED = f"""
SELECT DISTINCT {part("$.target.id")} FROM resource r INDEXED BY resource_commanded
WHERE {COMMANDED} AND {part("$.created_by")} = ? AND {part("$.created_at")} > ? AND {part("$.type")} LIKE 'account.%'
"""  # noqa: S608 - constants


def waiting(mirror: Reader) -> list[str]:
    """The commands that may wait for a second person, at most `MOST`: their `status` says whether they do."""
    return [doc for (doc,) in mirror.rows(_WAITING, (MOST,))]


def command(mirror: Reader, command_id: str) -> str | None:
    """One command, None when the feed has not brought it."""
    found = mirror.rows("SELECT doc FROM resource WHERE type = 'command' AND id = ? AND deleted = 0", (command_id,))
    return found[0][0] if found else None


def notes(mirror: Reader, account: int, most: int) -> list[str]:
    """The commands that may be notes on an account's case, the newest first."""
    return [doc for (doc,) in mirror.rows(_NOTES, (account, most))]


def accounts_commanded(mirror: Reader, subject: str, since: int) -> set[str]:
    """Ids of the accounts that a person has sent account commands to since an instant (µs of wall time)."""
    return {account_id for (account_id,) in mirror.rows(_COMMANDED, (subject, times.text(since)))}
