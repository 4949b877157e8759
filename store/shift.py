"""What a shift leaves behind: the cases somebody holds, and what was decided since an instant."""

from __future__ import annotations

from dataclasses import dataclass

from store.journal import Entry, Journal
from store.life import BALLOT, State
from store.reader import Reader

HELD = """
SELECT a.account, a.account_id, k.claim_expires_at FROM desk_case k JOIN account a USING (account)
WHERE k.status = 'claimed' AND k.claimed_by = ? AND k.claim_expires_at > ? ORDER BY k.claim_expires_at, a.account_id
"""
DECIDED = """
SELECT type, json_extract(CAST(body AS TEXT), '$.params.verdict'), state, count(*) FROM command
WHERE created_at >= ? GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3
"""


@dataclass(frozen=True)
class Held:
    """A claimed case: its account by number and id, and when the claim ends (µs of the core's clock)."""

    account: int
    account_id: str
    until: int


@dataclass(frozen=True)
class Decided:
    """So many commands of a type stand in a state; `verdict` is the word of a verdict, None for any other type."""

    type: str
    verdict: str | None
    state: State
    count: int


def held_by(mirror: Reader, subject: str, now: int) -> list[Held]:
    """The cases that a person holds at an instant of the core's clock, those that end first in front."""
    return [Held(*row) for row in mirror.rows(HELD, (subject, now))]


def decided_since(journal: Journal, since: int) -> list[Decided]:
    """What was decided from an instant (µs) on and where it stands, counted; the most frequent first."""
    rows = journal.rows(DECIDED, (since,))
    return [Decided(type_, verdict, State(state), count) for type_, verdict, state, count in rows]


def not_settled(journal: Journal) -> list[Entry]:
    """What is on its way, unknown, with a second person or up to somebody's judgement, in the order of decision."""
    open_ = [*journal.unresolved(), *journal.in_state(State.REVIEW)]
    return sorted((entry for entry in open_ if not entry.type.startswith(BALLOT)), key=lambda entry: entry.position)
