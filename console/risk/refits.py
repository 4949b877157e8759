"""When a model is due to be fitted anew, and when the new one counts: by the stream's own time, at a place in the feed.

The stream's clock is the newest `recorded_at` of a transaction, but no single one moves it by more than a day: a leap
counts once the next transaction tells of it too, so that one far in the future moves nothing. Where the clock enters
another UTC day, the schedule looks at what it has seen. So a replay comes to the same refits at the same places,
whatever the size of its pages.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

import msgspec
import numpy as np
from msgspec import Struct

from console.risk.columns import DAY, HOUR, Array, Fact, Judgement, of_kind
from console.risk.drift import SHIFTED, counted, shift
from console.risk.model import Matrix, Model

LEAP = DAY
"""How far ahead of what two transactions in a row told one alone moves the clock, µs."""
CAUGHT_KEPT = 20_000
"""The newest transactions of high probability that are remembered until their labels come: months of a desk's work."""


@dataclass(frozen=True)
class Cadence:
    """How often models are fitted. Times are of the stream.

    A first one when `first_frauds` are labelled and the labels of a whole day have had the time to come; then every
    `every_days`; after `soonest_days` already when the frauds labelled since are `news_share` of all before, when of at
    least `fewest_told` of them more were missed than the model's figures let expect, by so many standard `deviations`
    (the drift detection method: Gama and others 2004), or when the probability has shifted (`shifted`, a population
    stability index, over `fewest_rows` at least). The outcome counts `lead_hours` later, or, live, as soon as it is
    there.
    """

    every_days: int = 7
    soonest_days: int = 2
    first_frauds: int = 50
    news_share: float = 0.5
    fewest_told: int = 10
    deviations: float = 3.0
    shifted: float = SHIFTED
    fewest_rows: int = 1_000
    lead_hours: int = 6

    def counts_at(self, clock: int) -> int:
        """When the outcome of a refit counts that is due on the day of `clock` (µs)."""
        return clock // DAY * DAY + self.lead_hours * HOUR


class Due(Struct, frozen=True):
    """A refit that is due: it may know what came before `seq`; `at` is the stream's time there; its outcome counts
    from the first transaction recorded at `counts_at` on."""

    seq: int
    at: int
    counts_at: int
    reason: str


class Seen(Struct):
    """What the schedule remembers of the stream; times in µs.

    `told_at` is what the last transaction told of the time, `agreed` the latest that two in a row told.
    `frauds` are the transactions labelled as fraud so far, `frauds_then` those at the last refit. `recent` counts the
    probability (under "") and the watched features in the bins of the model's reference since the last look. `caught`
    are the seqs at which a model's probability was high, from `judged_from` on, where models began; `told` counts the
    frauds from there that were labelled since the last refit, `missed` those of them that are not among the caught.
    """

    clock: int = 0
    told_at: int = 0
    agreed: int = 0
    began_at: int = 0
    frauds: int = 0
    frauds_then: int = 0
    last_due_at: int = 0
    due: Due | None = None
    version: str = ""
    recent: dict[str, list[float]] = {}
    shifts: dict[str, float] = {}
    judged_from: int | None = None
    caught: list[int] = []
    told: int = 0
    missed: int = 0


class Schedule:
    """Follows the stream and says when a refit is due."""

    def __init__(self, cadence: Cadence) -> None:
        self.cadence = cadence
        self.seen = Seen()

    def clocks(self, facts: Array) -> Array:
        """The stream's time at each row, its own included."""
        counts, told, agreed = self._agreed(facts)
        clocks = np.full(len(facts), self.seen.clock)
        clocks[counts] = np.where(told <= agreed + LEAP, told, agreed)
        return np.maximum(np.maximum.accumulate(clocks), self.seen.clock)

    def _agreed(self, facts: Array) -> tuple[Array, Array, Array]:
        """The rows that tell the time, the time each tells, and the latest that two in a row had told by then."""
        counts = facts["fresh"] & of_kind(facts, Fact.TRANSACTION)
        told = facts["recorded_at"][counts]
        first = [self.seen.told_at] if self.seen.told_at else told[:1]
        before = np.concatenate((first, told))[: len(told)]
        return counts, told, np.maximum(np.maximum.accumulate(np.minimum(told, before)), self.seen.agreed)

    def note(self, facts: Array, clocks: Array) -> None:
        """Take in the next facts, with the stream's time at each."""
        seen = self.seen
        if not seen.began_at and clocks[-1]:
            seen.began_at = int(clocks[np.flatnonzero(clocks)[0]])
        seen.clock = int(clocks[-1])
        _, times, agreed = self._agreed(facts)
        if len(times):
            seen.told_at, seen.agreed = int(times[-1]), int(agreed[-1])
        frauds = facts["judged"][of_kind(facts, Fact.LABEL) & (facts["code"] == int(Judgement.FRAUD))]
        frauds = frauds[frauds != 0]
        seen.frauds += len(frauds)
        if seen.judged_from is not None:
            judged = frauds[frauds >= seen.judged_from].tolist()
            seen.told += len(judged)
            seen.missed += sum(not _is_among(seq, seen.caught) for seq in judged)

    def watch(self, model: Model, seqs: Array, matrix: Matrix, names: tuple[str, ...], probability: Array) -> None:
        """Count what the model in force said of transactions and what it weighs most, to see whether they shift."""
        seen = self.seen
        if seen.judged_from is None:
            seen.judged_from = int(seqs[0])
        seen.caught += seqs[probability >= model.cut].tolist()
        if seen.version != model.version:
            seen.version, seen.recent, seen.shifts = model.version, {}, {}
        for name, before in model.drift.items():
            values = matrix[:, names.index(name)] if name else probability
            counts = counted(values, before.edges)
            seen.recent[name] = (np.asarray(seen.recent.get(name, np.zeros_like(counts))) + counts).tolist()

    def look(self, seq: int, clock: int, model: Model | None, maturity: int) -> Due | None:
        """A new day of the stream begins at a fact: is a refit due there? `maturity` in µs."""
        seen = self.seen
        seen.caught = seen.caught[-CAUGHT_KEPT:]
        self._measure(model)
        if seen.due is not None:
            return None
        reason = self._reason(clock, maturity, model)
        if reason is None:
            return None
        seen.due = Due(seq, clock, self.cadence.counts_at(clock), reason)
        seen.last_due_at, seen.frauds_then = clock // DAY * DAY, seen.frauds
        seen.told = seen.missed = 0
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
        if model is None or seen.version != model.version:
            return None
        spread = math.sqrt(seen.told * model.missed * (1 - model.missed))
        more = seen.missed - seen.told * model.missed > cadence.deviations * spread
        if more and seen.told >= cadence.fewest_told:
            return "missed"
        return "drift" if seen.shifts.get("", 0.0) > cadence.shifted else None

    def freeze(self) -> dict[str, bytes]:
        """The whole state by name; equal states give equal bytes."""
        return {"seen": msgspec.json.encode(self.seen)}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or msgspec.DecodeError when it is not that."""
        self.seen = msgspec.json.decode(state["seen"], type=Seen)


def _is_among(seq: int, rising: list[int]) -> bool:
    place = bisect_left(rising, seq)
    return place < len(rising) and rising[place] == seq
