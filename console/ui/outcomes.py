"""What is said when a command or a decision of ours has come to its end: the state, and why where it was not done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from console.desk.waiting import find
from console.language import term, tr
from console.ui import claims
from console.ui.asked import asks, declined, outcome
from console.ui.sight import Sight
from console.ui.situation import Grade
from console.ui.text import clean
from store.journal import Entry
from store.life import State, is_ballot
from store.reader import Reader

TOLD: dict[State, Grade] = {
    State.CONFIRMED: "info",
    State.AWAITING_APPROVAL: "warning",
    State.REJECTED: "bad",
    State.EXPIRED: "bad",
    State.UNKNOWN: "bad",
    State.REVIEW: "bad",
}
"""The outcomes that are said when they come."""


def told(sight: Sight) -> Iterator[tuple[str, Grade]]:
    """A sentence for each command that has turned, the newest last, with its weight."""
    for entry in reversed(sight.turned):
        if entry.state in TOLD:
            yield _sentence(entry, sight.mirror, sight.situation.core_now), TOLD[entry.state]


def _sentence(entry: Entry, mirror: Reader | None, now: int) -> str:
    """What became of it; `now` is the core's clock."""
    what = {"action": term("ui.command", entry.type), "account": clean(entry.account_id, 72)}
    said = tr("ui.outcome", state=term("ui.state", entry.state), **what)
    why = "" if entry.state in (State.CONFIRMED, State.AWAITING_APPROVAL) else because(entry, mirror, now)
    return f"{said} {why}" if why else said


def because(entry: Entry, mirror: Reader | None, now: int) -> str:
    """Why it came to nothing, in words: who said no and how, who works on the case; empty where nothing is known."""
    if entry.why in ("already_decided", "decided_by_other") or entry.core_status == "rejected":
        about = entry.target_id if is_ballot(entry.type) else entry.command_id
        decided = find(mirror, about) if mirror is not None else None
        if decided is not None and (is_ballot(entry.type) or declined(decided)):
            return outcome(decided)
    held = claims.told_by(entry.problem, now) if entry.why == "already_claimed" else ""
    known = term("ui.because", entry.why or "")
    return held or (known if known != entry.why else "")


def about(ballot: Entry, mirror: Reader | None, exponents: Mapping[str, int]) -> str:
    """What one of our decisions was about and how that ended; empty where the mirror does not know it."""
    command = find(mirror, ballot.target_id) if mirror is not None else None
    return f"{asks(command, None, exponents)} · {outcome(command)}" if command is not None else ""
