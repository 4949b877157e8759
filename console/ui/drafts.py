"""A decision as it leaves a dialog: what is wanted, of which version of the account, and why. Not journaled yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

FREEZE = "account.freeze"
UNFREEZE = "account.unfreeze"
SET_LIMIT = "account.set_limit"
CLOSE = "account.close"
CLAIM = "case.claim"
RELEASE = "case.release"
VERDICT = "case.verdict"
NOTE = "case.note"

NEEDS_IF_MATCH = frozenset((UNFREEZE, SET_LIMIT, CLOSE))


@dataclass(frozen=True)
class Draft:
    """`version` is the account's version that was on screen; `score` and `rule_ids` what it looked like."""

    type: str
    account_id: str
    version: int
    params: Mapping[str, Any] = field(default_factory=dict)
    reason_code: str | None = None
    note: str | None = None
    score: float | None = None
    rule_ids: tuple[str, ...] = ()
    seen_seq: int | None = None

    @property
    def if_match(self) -> int | None:
        return self.version if self.type in NEEDS_IF_MATCH else None


class Refused(Exception):
    """The decision could not be journaled; the message says why, for the operator."""


Submit = Callable[[Draft], str]
"""Journals a draft and wakes the watcher; returns the command's id. Raises Refused."""
