"""The desk's policies, kept in the journal: every version's text, which one is in force with which stance, proposals.

A change of policy is written without its place in the feed; the watcher gives it the next one, before the page that
begins there, so that a mirror built anew finds it at the same events. Every change is a row of the audit. Wall time is
`decided_at`, stream time `since`, both in µs.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, fields
from typing import Literal

from store import audit
from store.journal import WATCHER, Journal, JournalError

Kind = Literal["shipped", "applied", "automatic", "rolled_back"]
ProposalState = Literal["open", "applied", "dismissed", "superseded"]


@dataclass(frozen=True, kw_only=True)
class Text:
    """A version of a policy: `version` is the digest of its text."""

    version: str
    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class InForce:
    """A policy with a stance that was put in force. It counts from `from_seq` of `epoch` on; None: not yet."""

    position: int
    version: str
    stance: str
    kind: Kind
    since: int
    actor: str
    reason: str
    decided_at: int
    epoch: str | None
    from_seq: int | None
    name: str
    text: str

    @property
    def stamp(self) -> str:
        """What alerts, commands and decisions made under it carry."""
        return f"{self.version}/{self.stance}"


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A move that somebody, or the watcher, proposed. `because` and `effect` are JSON; `since` is stream time (µs)."""

    number: int
    version: str
    stance: str
    since: int
    because: str
    effect: str | None
    made_at: int
    made_by: str
    state: ProposalState
    settled_at: int | None
    settled_by: str | None
    settled_for: str | None


_MOVE = tuple(field.name for field in fields(InForce) if field.name not in ("name", "text"))
_PROPOSAL = tuple(field.name for field in fields(Proposal))
_IN_FORCE = (
    f"SELECT {', '.join(f'm.{name}' for name in _MOVE)}, p.name, p.text"  # noqa: S608 - names of this module
    " FROM policy_move m JOIN policy p USING (version)"
)


def in_force(journal: Journal) -> InForce | None:
    """The policy in force, one that has not reached the watcher yet included; None before the first."""
    return next(iter(_moves(journal, "ORDER BY m.position DESC LIMIT 1")), None)


def _moves(journal: Journal, clause: str, *values: object) -> list[InForce]:
    names = (*_MOVE, "name", "text")
    return [InForce(**dict(zip(names, row, strict=True))) for row in journal.rows(f"{_IN_FORCE} {clause}", values)]


class Policies:
    """The policies behind one journal handle."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    # ------------------------------------------------------------ reading

    def history(self) -> list[InForce]:
        """Everything that ever was in force, the newest first."""
        return _moves(self._journal, "ORDER BY m.position DESC")

    def text(self, version: str) -> Text | None:
        """A version's text, by its whole digest."""
        rows = self._journal.rows("SELECT version, name, text FROM policy WHERE version = ?", (version,))
        return Text(version=rows[0][0], name=rows[0][1], text=rows[0][2]) if rows else None

    def open_proposal(self) -> Proposal | None:
        """The proposal that waits for somebody."""
        return next(iter(self.proposals("WHERE state = 'open' ORDER BY number DESC LIMIT 1")), None)

    def proposals(self, clause: str = "ORDER BY number DESC") -> list[Proposal]:
        rows = self._journal.rows(f"SELECT {', '.join(_PROPOSAL)} FROM policy_proposal {clause}")  # noqa: S608 - above
        return [Proposal(**dict(zip(_PROPOSAL, row, strict=True))) for row in rows]

    # ------------------------------------------------------------ deciding

    def apply(
        self, text: Text, stance: str, reason: str, actor: str, *, now: int, since: int, kind: Kind = "applied"
    ) -> InForce:
        """Put a policy in force with a stance, from the watcher's next page on. An open proposal is settled by it.

        Raises JournalError when the same is in force already.
        """
        with self._journal.transaction() as connection:
            before = in_force(self._journal)
            if before and (before.version, before.stance) == (text.version, stance):
                raise JournalError(f"{before.stamp} is in force already")
            _keep(connection, text, now, actor)
            _settle_proposals(connection, text.version, stance, now, actor, reason)
            _move(connection, text, stance, kind, since, actor, reason, now, before)
        return self._need()

    def roll_back(self, version: str | None, reason: str, actor: str, *, now: int, since: int) -> InForce:
        """Put back in force what was before the present, or a version with the stance that it had last.

        Raises JournalError when there is nothing to go back to.
        """
        with self._journal.transaction() as connection:
            past = self.history()
            to = _before(past) if version is None else _last_of(past, version)
            text = Text(version=to.version, name=to.name, text=to.text)
            _settle_proposals(connection, to.version, to.stance, now, actor, reason)
            _move(connection, text, to.stance, "rolled_back", since, actor, reason, now, past[0])
        return self._need()

    def propose(
        self,
        text: Text,
        stance: str,
        because: object,
        effect: object,
        actor: str,
        *,
        now: int,
        since: int,
    ) -> Proposal:
        """Propose a move, with its reason and its predicted effect as JSON values; it replaces an open proposal."""
        with self._journal.transaction() as connection:
            _keep(connection, text, now, actor)
            _settle_proposals(connection, None, None, now, actor, "")
            number = connection.execute(
                "INSERT INTO policy_proposal (version, stance, since, because, effect, made_at, made_by, state)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, 'open')",
                (text.version, stance, since, json.dumps(because), _text(effect), now, actor),
            ).lastrowid
            payload = {"number": number, "version": text.version, "stance": stance, "because": because}
            audit.append(connection, now, actor, "policy.proposed", {**payload, "effect": effect})
        return self.proposals(f"WHERE number = {int(number or 0)}")[0]

    def tell_effect(self, number: int, effect: object) -> None:
        """Add to an open proposal what it is predicted to do."""
        with self._journal.transaction() as connection:
            connection.execute("UPDATE policy_proposal SET effect = ? WHERE number = ?", (json.dumps(effect), number))

    def dismiss(self, number: int, reason: str, actor: str, *, now: int) -> None:
        """Let an open proposal go without applying it. Raises JournalError when it is not open."""
        with self._journal.transaction() as connection:
            if not any(one.number == number for one in self.proposals("WHERE state = 'open'")):
                raise JournalError(f"proposal {number} is not open")
            _end(connection, number, "dismissed", now, actor, reason)

    # ------------------------------------------------------------ the watcher's part

    def settle(self, epoch: str, next_seq: int, now: int) -> list[InForce]:
        """Let what was put in force since the last call count from that seq on; returns what counted in this epoch.

        What was in force when the epoch began counts from its beginning. Nothing counts before what was in force before
        it: while a new mirror is still behind that, it waits for its place.
        """
        waiting = _moves(self._journal, "WHERE m.from_seq IS NULL ORDER BY m.position")
        if waiting:
            with self._journal.transaction() as connection:
                latest = "SELECT coalesce(max(from_seq), 0) FROM policy_move WHERE epoch = ?"
                from_seq = max(next_seq, connection.execute(latest, (epoch,)).fetchone()[0])
                connection.execute(
                    "UPDATE policy_move SET epoch = ?, from_seq = ? WHERE from_seq IS NULL", (epoch, from_seq)
                )
                for move in waiting:
                    payload = {"version": move.version, "stance": move.stance, "epoch": epoch, "from_seq": from_seq}
                    audit.append(connection, now, WATCHER, "policy.in_force", payload)
        return self.counting(epoch)

    def counting(self, epoch: str) -> list[InForce]:
        """What counted in an epoch, in the order of the feed: first what was in force when it began, from seq 0 on."""
        here = _moves(self._journal, "WHERE m.epoch = ? ORDER BY m.position", epoch)
        first = here[0].position if here else 1 << 62
        clause = "WHERE m.from_seq IS NOT NULL AND m.position < ? ORDER BY m.position DESC LIMIT 1"
        return [*_moves(self._journal, clause, first), *here]

    def _need(self) -> InForce:
        found = in_force(self._journal)
        if found is None:
            raise JournalError("no policy is in force")
        return found


def _keep(connection: sqlite3.Connection, text: Text, at: int, actor: str) -> None:
    """Keep a version's text, once."""
    known = connection.execute("SELECT 1 FROM policy WHERE version = ?", (text.version,)).fetchone()
    if known:
        return
    connection.execute(
        "INSERT INTO policy (version, name, text, kept_at, kept_by) VALUES (?, ?, ?, ?, ?)",
        (text.version, text.name, text.text, at, actor),
    )
    payload = {"version": text.version, "name": text.name, "text": text.text}
    audit.append(connection, at, actor, "policy.kept", payload)


def _move(
    connection: sqlite3.Connection, text: Text, stance: str, kind: Kind, since: int, actor: str, reason: str, at: int,
    before: InForce | None,
) -> None:  # fmt: skip
    connection.execute(
        "INSERT INTO policy_move (version, stance, kind, since, actor, reason, decided_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (text.version, stance, kind, since, actor, reason, at),
    )
    payload = {"from": before.stamp if before else None, "to": f"{text.version}/{stance}", "reason": reason}
    audit.append(connection, at, actor, f"policy.{kind}", payload)


def _settle_proposals(
    connection: sqlite3.Connection, version: str | None, stance: str | None, at: int, actor: str, reason: str
) -> None:
    """End the open proposals: applied where this is what was proposed, else superseded."""
    waiting = connection.execute("SELECT number, version, stance FROM policy_proposal WHERE state = 'open'").fetchall()
    for number, *proposed in waiting:
        state: ProposalState = "applied" if proposed == [version, stance] else "superseded"
        _end(connection, number, state, at, actor, reason)


def _end(connection: sqlite3.Connection, number: int, state: ProposalState, at: int, actor: str, reason: str) -> None:
    connection.execute(
        "UPDATE policy_proposal SET state = ?, settled_at = ?, settled_by = ?, settled_for = ? WHERE number = ?",
        (state, at, actor, reason, number),
    )
    payload = {"number": number, "state": state, "reason": reason}
    audit.append(connection, at, actor, "policy.proposal_settled", payload)


def _before(past: list[InForce]) -> InForce:
    """What was in force before the present was put there, rollbacks taken out with what they took back."""
    stack: list[InForce] = []
    for move in reversed(past):
        if move.kind == "rolled_back":
            while stack and stack[-1].stamp != move.stamp:
                stack.pop()
        if not stack or stack[-1].stamp != move.stamp:
            stack.append(move)
    if len(stack) < 2:
        raise JournalError("nothing was in force before: name the version to go back to")
    return stack[-2]


def _last_of(past: list[InForce], version: str) -> InForce:
    """The newest move to a version, named by its digest or the beginning of one."""
    found = [move for move in past if move.version.startswith(version)] if version else []
    if not found:
        raise JournalError(f"policy {version} was never in force")
    if len({move.version for move in found}) > 1:
        raise JournalError(f"several versions begin with {version}: give more of it")
    if found[0].position == past[0].position:
        raise JournalError(f"{past[0].stamp} is in force already")
    return found[0]


def _text(value: object) -> str | None:
    return None if value is None else json.dumps(value)
