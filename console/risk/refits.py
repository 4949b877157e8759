"""When a model is due to be fitted anew, and when the new one counts: by the stream's own time, at a place in the feed.

The stream's clock is the newest `recorded_at` of a transaction. Where it enters another UTC day, the schedule looks at
what it has seen. So a replay comes to the same refits at the same places, whatever the size of its pages.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from msgspec import Struct

from console.risk.columns import DAY, HOUR, Array, Fact, Judgement
from console.risk.drift import SHIFTED, counted, shift
from console.risk.model import Matrix, Model


@dataclass(frozen=True)
class Cadence:
    """How often models are fitted. Times are of the stream.

    A first one when `first_frauds` are labelled and the labels of a whole day have had the time to come; then every
    `every_days`; after `soonest_days` already when the frauds labelled since are `news_share` of all before, or when
    the probability has shifted (`shifted`, a population stability index, over `fewest_rows` at least). The outcome
    counts `lead_hours` later, or, live, as soon as it is there.
    """

    every_days: int = 7
    soonest_days: int = 2
    first_frauds: int = 50
    news_share: float = 0.5
    shifted: float = SHIFTED
    fewest_rows: int = 1_000
    lead_hours: int = 6


class Due(Struct, frozen=True):
    """A refit that is due: it may know what came before `seq`; `at` is the stream's time there; its outcome counts
    from the first transaction recorded at `counts_at` on."""

    seq: int
    at: int
    counts_at: int
    reason: str


class Seen(Struct):
    """What the schedule remembers of the stream; times in µs.

    `frauds` are the transactions labelled as fraud so far, `frauds_then` those at the last refit. `recent` counts the
    probability (under "") and the watched features in the bins of the model's reference since the last look.
    """

    clock: int = 0
    began_at: int = 0
    frauds: int = 0
    frauds_then: int = 0
    last_due_at: int = 0
    due: Due | None = None
    version: str = ""
    recent: dict[str, list[float]] = {}
    shifts: dict[str, float] = {}


class Schedule:
    """Follows the stream and says when a refit is due."""

    def __init__(self, cadence: Cadence) -> None:
        self.cadence = cadence
        self.seen = Seen()

    def clocks(self, facts: Array) -> Array:
        """The stream's time at each row, its own included."""
        counts = facts["fresh"] & (facts["fact"] == Fact.TRANSACTION)
        return np.maximum(np.maximum.accumulate(np.where(counts, facts["recorded_at"], 0)), self.seen.clock)

    def note(self, facts: Array, clocks: Array) -> None:
        """Take in the next facts, with the stream's time at each."""
        seen = self.seen
        if not seen.began_at and clocks[-1]:
            seen.began_at = int(clocks[np.flatnonzero(clocks)[0]])
        seen.clock = int(clocks[-1])
        of_transactions = (facts["fact"] == Fact.LABEL) & (facts["judged"] != 0)
        seen.frauds += int((of_transactions & (facts["code"] == Judgement.FRAUD)).sum())

    def watch(self, model: Model, matrix: Matrix, names: tuple[str, ...], probability: Array) -> None:
        """Count what the model in force said of transactions and what it weighs most, to see whether they shift."""
        seen = self.seen
        if seen.version != model.version:
            seen.version, seen.recent, seen.shifts = model.version, {}, {}
        for name, before in model.drift.items():
            values = matrix[:, names.index(name)] if name else probability
            counts = counted(values, before.edges)
            seen.recent[name] = (np.asarray(seen.recent.get(name, np.zeros_like(counts))) + counts).tolist()

    def look(self, seq: int, clock: int, model: Model | None, maturity: int) -> Due | None:
        """A new day of the stream begins at a fact: is a refit due there? `maturity` in µs."""
        seen = self.seen
        self._measure(model)
        if seen.due is not None:
            return None
        reason = self._reason(clock, maturity, model)
        if reason is None:
            return None
        seen.due = Due(seq, clock, clock // DAY * DAY + self.cadence.lead_hours * HOUR, reason)
        seen.last_due_at, seen.frauds_then = clock // DAY * DAY, seen.frauds
        return seen.due

    def settled(self) -> None:
        """The outcome of the refit that was due counts."""
        self.seen.due = None

    def _measure(self, model: Model | None) -> None:
        seen = self.seen
        if model is None or seen.version != model.version:
            return
        if sum(seen.recent.get("", ())) >= self.cadence.fewest_rows:
            counts = {name: np.asarray(found) for name, found in seen.recent.items()}
            seen.shifts = {name: shift(model.drift[name], found) for name, found in counts.items()}
            seen.recent = {}

    def _reason(self, clock: int, maturity: int, model: Model | None) -> str | None:
        seen, cadence = self.seen, self.cadence
        if not seen.last_due_at:
            ripe = clock - seen.began_at >= maturity + DAY
            return "first" if ripe and seen.frauds >= cadence.first_frauds else None
        days = (clock - seen.last_due_at) // DAY
        if days >= cadence.every_days:
            return "weekly"
        if days < cadence.soonest_days:
            return None
        if seen.frauds - seen.frauds_then >= cadence.news_share * seen.frauds_then:
            return "news"
        told = model is not None and seen.version == model.version
        return "drift" if told and seen.shifts.get("", 0.0) > cadence.shifted else None

    def freeze(self) -> dict[str, bytes]:
        """The whole state by name; equal states give equal bytes."""
        return {"seen": msgspec.json.encode(self.seen)}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or msgspec.DecodeError when it is not that."""
        self.seen = msgspec.json.decode(state["seen"], type=Seen)
