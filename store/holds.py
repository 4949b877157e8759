"""Holds of accounts whose case is not resolved: an open alert, or a claimed case without a verdict."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from store.reader import Reader

UNRESOLVED = """
SELECT account FROM alert WHERE state = 'open'
UNION SELECT account FROM desk_case WHERE status = 'claimed' AND verdict IS NULL
"""

_HOLDS = "json_each(a.doc, '$.holds') h"
_HELD = f"""
SELECT a.account_id, json_extract(h.value, '$.hold_id'), json_extract(h.value, '$.scope'),
    json_extract(h.value, '$.expires_at')
FROM ({UNRESOLVED}) u JOIN account a USING (account), {_HOLDS}
WHERE a.deleted = 0 AND instr(a.doc, '"expires_at"') > 0 AND json_extract(h.value, '$.expires_at') IS NOT NULL
"""  # noqa: S608 - constants of this module only
_STANDING = f"""
SELECT a.account_id, json_extract(h.value, '$.hold_id'), json_extract(h.value, '$.scope')
FROM account a, {_HOLDS} WHERE a.deleted = 0 AND a.account_id IN (SELECT value FROM json_each(?))
"""  # noqa: S608 - constants of this module only
_OPEN = f"""
SELECT account_id FROM account
WHERE deleted = 0 AND account_id IN (SELECT value FROM json_each(?)) AND account IN ({UNRESOLVED})
"""  # noqa: S608 - constants of this module only


class Held(NamedTuple):
    """A hold that ends by itself; `expires_at` as the core wrote it."""

    account_id: str
    hold_id: str
    scope: str
    expires_at: str


def ending(mirror: Reader) -> list[Held]:
    """The holds with an end on accounts whose case is not resolved."""
    return [Held(*row) for row in mirror.rows(_HELD)]


def unresolved(mirror: Reader, account_ids: Iterable[str]) -> set[str]:
    """Which of these accounts have a case that is not resolved."""
    return {account_id for (account_id,) in mirror.rows(_OPEN, (json.dumps(sorted(account_ids)),))}


def standing(mirror: Reader, account_ids: Iterable[str]) -> list[tuple[str, str, str]]:
    """(account, hold, scope) of every hold that stands on these accounts."""
    return mirror.rows(_STANDING, (json.dumps(sorted(account_ids)),))
