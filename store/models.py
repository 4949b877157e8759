"""The desk's models, kept in the journal: every refit with its outcome and figures, and from which seq each one counts.

A mirror that is built anew uses the stored models at the stored places of the same epoch, so it gives the same scores.
Every refit, takeover and rollback is a row of the audit.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from store import audit
from store.journal import WATCHER, Journal, JournalError

Outcome = Literal["promoted", "refused", "failed"]
Standing = Literal["champion", "waiting", "retired", "rolled_back", "refused", "failed"]
RULES_ONLY = "rules"
"""The version that stands for no model: rules alone give the score."""


@dataclass(frozen=True, kw_only=True)
class Refitted:
    """A refit's outcome. It was due at a seq and at an instant of stream time (µs); `why` is a short code, or ''.

    `reason` says why it was due; `figures` is JSON or None; `body` is the model itself where it was promoted. From
    `settled_seq` on the outcome counted: None while the watcher still waits for that place in the feed.
    """

    epoch: str
    version: str
    due_seq: int
    due_at: int
    reason: str
    outcome: Outcome
    why: str
    figures: str | None
    fitted_at: int
    seconds: float
    settled_seq: int | None = None
    body: bytes | None = None


@dataclass(frozen=True)
class Takeover:
    """A version counts for everything from `seq` on; None while a rollback has not reached the watcher yet.

    `kind` is 'promoted' or 'rollback'. `at` is stream time, `decided_at` wall time (µs).
    """

    position: int
    epoch: str
    seq: int | None
    at: int | None
    version: str
    kind: str
    actor: str
    reason: str
    decided_at: int


@dataclass(frozen=True)
class Version:
    """A refit as the desk sees it: how it stands, and from where on it counted, if ever."""

    refit: Refitted
    standing: Standing
    takeover: Takeover | None


_REFIT = "epoch, version, due_seq, due_at, reason, outcome, why, figures, fitted_at, seconds, settled_seq"
_TAKEOVER = "position, epoch, seq, at, version, kind, actor, reason, decided_at"


class Models:
    """The register of models behind one journal handle."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    # ------------------------------------------------------------ the watcher's part

    def add(self, refit: Refitted) -> None:
        """Store what a refit gave, before it counts, in place of an earlier one of the same epoch and version."""
        with self._journal.transaction() as connection:
            values = [getattr(refit, name) for name in (*_REFIT.split(", "), "body")]
            marks = ", ".join("?" * len(values))
            connection.execute(f"INSERT OR REPLACE INTO model ({_REFIT}, body) VALUES ({marks})", values)  # noqa: S608
            payload = {
                "version": refit.version,
                "epoch": refit.epoch,
                "due_seq": refit.due_seq,
                "reason": refit.reason,
                "why": refit.why,
                "figures": json.loads(refit.figures) if refit.figures else None,
                "digest": hashlib.sha256(refit.body).hexdigest() if refit.body else None,
            }
            audit.append(connection, refit.fitted_at, WATCHER, f"model.{refit.outcome}", payload)

    def outcome(self, epoch: str, due_seq: int) -> Refitted | None:
        """What the refit that was due at a seq gave, without the model itself; None when there was none."""
        return next(iter(self._refits("WHERE epoch = ? AND due_seq = ?", epoch, due_seq)), None)

    def body(self, epoch: str, version: str) -> bytes | None:
        """A model's bytes, None when they are not kept."""
        row = self._rows("SELECT body FROM model WHERE epoch = ? AND version = ?", epoch, version)
        return row[0][0] if row else None

    def settle(self, epoch: str, seq: int, at: int, version: str, now: int) -> None:
        """Let a refit's outcome count from a seq on; a promoted model takes over there."""
        with self._journal.transaction() as connection:
            connection.execute(
                "UPDATE model SET settled_seq = ? WHERE epoch = ? AND version = ?", (seq, epoch, version)
            )
            promoted = connection.execute(
                "SELECT 1 FROM model WHERE epoch = ? AND version = ? AND outcome = 'promoted'", (epoch, version)
            ).fetchone()
            if not promoted:
                return
            connection.execute(
                "INSERT INTO takeover (epoch, seq, at, version, kind, actor, reason, decided_at)"
                " VALUES (?, ?, ?, ?, 'promoted', ?, '', ?)",
                (epoch, seq, at, version, WATCHER, now),
            )
            payload = {"version": version, "epoch": epoch, "from_seq": seq}
            audit.append(connection, now, WATCHER, "model.in_force", payload)

    def reach(self, epoch: str, seq: int, at: int, now: int) -> list[Takeover]:
        """Let the rollbacks that were decided meanwhile count from a seq on; returns them."""
        waiting = self._takeovers("WHERE seq IS NULL AND epoch = ? ORDER BY position", epoch)
        if not waiting:
            return []
        with self._journal.transaction() as connection:
            for each in waiting:
                connection.execute("UPDATE takeover SET seq = ?, at = ? WHERE position = ?", (seq, at, each.position))
                payload = {"version": each.version, "epoch": epoch, "from_seq": seq}
                audit.append(connection, now, WATCHER, "model.in_force", payload)
        return waiting

    def takeovers(self, epoch: str) -> list[Takeover]:
        """Which version counted from where on in an epoch, in the order of the feed."""
        return self._takeovers("WHERE epoch = ? AND seq IS NOT NULL ORDER BY seq, position", epoch)

    def prune(self, epoch: str) -> None:
        """Let go of the bytes of models that no rebuild of this epoch's mirror needs; their figures stay."""
        with self._journal.transaction() as connection:
            connection.execute("UPDATE model SET body = NULL WHERE epoch <> ? AND body IS NOT NULL", (epoch,))

    # ------------------------------------------------------------ the desk's part

    def epoch(self) -> str | None:
        """The epoch of the newest refit, None before the first."""
        rows = self._rows("SELECT epoch FROM model ORDER BY fitted_at DESC, due_seq DESC LIMIT 1")
        return rows[0][0] if rows else None

    def versions(self, epoch: str) -> list[Version]:
        """Every refit of an epoch, newest first."""
        taken = self._takeovers("WHERE epoch = ? ORDER BY seq IS NULL, seq, position", epoch)
        refits = self._refits("WHERE epoch = ? ORDER BY due_seq DESC", epoch)
        return [Version(refit, _standing(refit, taken), _promotion(refit, taken)) for refit in refits]

    def in_force(self, epoch: str) -> str:
        """The version that counts, a rollback that has not reached the watcher included."""
        taken = self._takeovers("WHERE epoch = ? ORDER BY seq IS NULL, seq, position", epoch)
        return taken[-1].version if taken else RULES_ONLY

    def roll_back(self, epoch: str, version: str | None, reason: str, actor: str, now: int) -> str:
        """Let an earlier version count again, by default the one before the present; returns its name.

        `RULES_ONLY` turns the model off. It counts from the watcher's next page on. Raises JournalError when there is
        nothing to go back to, and for a version that never was promoted or is not kept.
        """
        present = self.in_force(epoch)
        wanted = version or self._before(epoch, present)
        if wanted == present:
            raise JournalError(f"{wanted} is in force already")
        kept = "SELECT 1 FROM model WHERE epoch = ? AND version = ? AND outcome = 'promoted' AND body IS NOT NULL"
        if wanted != RULES_ONLY and not self._rows(kept, epoch, wanted):
            raise JournalError(f"there is no model {wanted} to go back to")
        with self._journal.transaction() as connection:
            connection.execute(
                "INSERT INTO takeover (epoch, version, kind, actor, reason, decided_at)"
                " VALUES (?, ?, 'rollback', ?, ?, ?)",
                (epoch, wanted, actor, reason, now),
            )
            payload = {"from": present, "to": wanted, "epoch": epoch, "reason": reason}
            audit.append(connection, now, actor, "model.rolled_back", payload)
        return wanted

    def _before(self, epoch: str, present: str) -> str:
        """The version that counted before the present one was promoted."""
        order = [taken.version for taken in self.takeovers(epoch) if taken.kind == "promoted"]
        if present not in order:
            raise JournalError("no model is in force: name the version to go to")
        place = order.index(present)
        return order[place - 1] if place else RULES_ONLY

    def _refits(self, clause: str, *values: object) -> list[Refitted]:
        names = _REFIT.split(", ")
        rows = self._rows(f"SELECT {_REFIT} FROM model {clause}", *values)  # noqa: S608 - names of this module
        return [Refitted(**dict(zip(names, row, strict=True))) for row in rows]

    def _takeovers(self, clause: str, *values: object) -> list[Takeover]:
        rows = self._rows(f"SELECT {_TAKEOVER} FROM takeover {clause}", *values)  # noqa: S608 - names of this module
        return [Takeover(*row) for row in rows]

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._journal.rows(sql, values)


def _promotion(refit: Refitted, taken: list[Takeover]) -> Takeover | None:
    return next((each for each in taken if each.version == refit.version and each.kind == "promoted"), None)


def _standing(refit: Refitted, taken: list[Takeover]) -> Standing:
    if refit.outcome != "promoted":
        return refit.outcome
    places = [place for place, each in enumerate(taken) if each.version == refit.version]
    if not places:
        return "waiting"
    if places[-1] == len(taken) - 1:
        return "champion"
    return "rolled_back" if taken[places[-1] + 1].kind == "rollback" else "retired"
