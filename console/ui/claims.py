"""Who works on an account's case, until when. A claim past its time is open, whether or not the core has said so."""

from __future__ import annotations

import json

from console.core.instants import Instant, parse
from console.language import tr
from console.ui import formats
from console.ui.situation import Situation
from console.ui.text import clean
from store.reader import AccountRow


def holder(row: AccountRow, now: int) -> str | None:
    """Who holds the case at an instant of the core's clock; None when nobody does."""
    return row.claimed_by if row.claimed_by is not None and (row.claim_expires_at or 0) > now else None


def others(row: AccountRow, situation: Situation) -> str | None:
    """That somebody else works on it and until when, in words; None when nobody else does."""
    who, meta = holder(row, situation.core_now), situation.meta
    if who is None or (meta is not None and who == meta.you.subject):
        return None
    return words(who, row.claim_expires_at or 0, situation.core_now)


def words(who: str, until: int, now: int) -> str:
    """Who, until when and how long that is from an instant on."""
    return tr("ui.claim.held", who=clean(who, 24), time=formats.clocked(until, "%H:%M"), left=formats.age(until - now))


def told_by(problem: str | None, now: int) -> str:
    """Who holds the case by what the core's `already_claimed` shows; empty when it does not say."""
    try:
        current = json.loads(problem or "null")["current"]
        who, until = str(current["claimed_by"]), parse(current["claim_expires_at"])
    except (ValueError, TypeError, KeyError):
        return ""
    return words(who, until, Instant(now))
