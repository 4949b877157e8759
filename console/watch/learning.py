"""Learning in step with the feed: rows kept for it, refits begun where they are due, models taking over at a place.

A page is cut where the outcome of a refit counts, or would if one was due where a day of the stream begins, and where a
stored takeover stands, so that the same stream gives the same models and scores in pages of any size. Behind, or in a
replay, the page waits for its refit; live it goes on and the model takes over with the first page after it is ready.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from threading import Thread

import numpy as np

from console.core import instants
from console.risk.columns import DAY, HOUR, Array
from console.risk.engine import Engine, Learned, Scored
from console.risk.learner import Parameters
from console.risk.model import RULES_ONLY, Model, UnusableModel
from console.risk.refits import Cadence, Due, Schedule
from console.risk.training import Moment, unpacked
from console.watch.health import Health
from console.watch.keeping import Keeping, Kept
from console.watch.refit import Answer, Fitting, Job, Running
from store.journal import Journal
from store.models import Models, Outcome, Refitted, Takeover

log = logging.getLogger("riskdesk.model")

LIVE_WITHIN = HOUR
"""A page whose newest transaction is no older than this (µs) is live: its refit is not waited for."""
MATURITY = 30 * DAY
"""How long labels take to come at a core that does not say."""
KEPT_BEYOND = 30 * DAY
"""Training rows are kept so much longer than any fit looks back: one may be late."""


Piece = tuple[Array, Scored]
"""Consecutive facts of a page, and what the engine says of them."""


@dataclass(frozen=True)
class School:
    """How often and how to fit, what begins a fit, the wall clock (µs), and whether pages never wait for a fit."""

    cadence: Cadence = field(default_factory=Cadence)
    parameters: Parameters = field(default_factory=Parameters)
    begin: Callable[[Job], Running] = Fitting
    now: Callable[[], int] = instants.now
    beside: bool = False


class Learning:
    """Scores pages by rules and the model in force, and brings up the next model. For one thread.

    `mirror` is where what it keeps of a page is written, by others: refits read it there.
    """

    def __init__(self, school: School, journal: Path, engine: Engine, mirror: Path) -> None:
        self.health = Health("model")
        self.schedule = Schedule(school.cadence)
        self.maturity = MATURITY
        self.waited_s = 0.0
        """Seconds in which pages have waited for refits; none while the stream is live."""
        self._school = school
        self._engine = engine
        self._mirror = mirror
        self._journal = Journal(journal)
        self._models = Models(self._journal)
        self._epoch = ""
        self._takeovers: list[Takeover] = []
        self._unusable: set[str] = set()
        self._fitting: Running | None = None
        self._stopping = False
        self._keeping = Keeping(engine.learned, [rule.id for rule in engine.pack.active])

    # ------------------------------------------------------------ pages

    def page(self, facts: Array, epoch: str) -> Iterator[Piece]:
        """Score the next facts of an epoch's feed, in pieces with one model each.

        A piece's features can be read until the next piece is asked for. Raises console.watch.refit.Stopped while the
        watcher ends.
        """
        self._enter(epoch)
        if len(facts):
            now = self._school.now()
            if self._models.reach(epoch, int(facts["seq"][0]), self.schedule.seen.clock, now):
                self._takeovers = self._models.takeovers(epoch)
            self._keeping.begin(facts)
            self._resume()
        yield from self._pieces(facts, fresh=True)

    def replay(self, facts: Array, epoch: str) -> Iterator[Piece]:
        """Score facts that were scored before, after a restart: rows are stored and takeovers known already."""
        self._enter(epoch)
        yield from self._pieces(facts, fresh=False)

    def warm(self, facts: Array) -> Iterator[Piece]:
        """Take in history from a snapshot: it is learned from, and no refit is due in it."""
        self._keeping.begin(facts)
        scored = self._engine.page(facts)
        yield facts, scored
        if len(facts):
            self._keeping.keep(facts, np.flatnonzero(scored.place >= 0)[scored.learned.place], scored, slice(None))
            self.schedule.note(facts, self.schedule.clocks(facts))

    def kept(self, facts: Array) -> Kept | None:
        """What was kept of the page of those facts, once it is scored; None where they bring nothing to keep."""
        return self._keeping.last if len(facts) else None

    def written(self, to_seq: int | None) -> None:
        """What was kept up to a seq is in the mirror's file: refits find it there."""
        self._keeping.written(to_seq)

    def _enter(self, epoch: str) -> None:
        if epoch != self._epoch:
            self._epoch, self._takeovers = epoch, self._models.takeovers(epoch)
            self._models.prune(epoch)

    def _pieces(self, facts: Array, *, fresh: bool) -> Iterator[Piece]:
        if not len(facts):
            yield facts, self._engine.page(facts)
            return
        clocks = self.schedule.clocks(facts)
        start = 0
        while start < len(facts):
            self._arrive(int(facts["seq"][start]), int(clocks[start]), fresh)
            stop = self._next_cut(facts, clocks, start)
            piece = facts[start:stop]
            scored = self._engine.page(piece)
            yield piece, scored
            self._follow(piece, clocks[start:stop], scored, fresh)
            start = stop

    def _follow(self, facts: Array, clocks: Array, scored: Scored, fresh: bool) -> None:
        """Take in what a piece told, day by day: a refit that is due where a day begins knows what came before."""
        rows = np.flatnonzero(scored.place >= 0)[scored.learned.place]
        days = (np.flatnonzero(np.diff(clocks // DAY)) + 1).tolist()
        for begin, end in pairwise((0, *days, len(facts))):
            if begin:
                self._look(int(facts["seq"][begin]), int(clocks[begin]))
            part = slice(*np.searchsorted(rows, (begin, end)).tolist())
            if len(rows[part]):
                self._watch(facts["seq"][rows[part]], scored.learned, part)
            if fresh:
                self._keeping.keep(facts[begin:end], rows[part] - begin, scored, part)
            self.schedule.note(facts[begin:end], clocks[begin:end])

    def _next_cut(self, facts: Array, clocks: Array, start: int) -> int:
        """The next row at which the outcome of a refit counts, or would if one was due where the next day begins, or
        at which a stored takeover stands."""
        clock, cuts = int(clocks[start]), []
        day = int(np.searchsorted(clocks, (clock // DAY + 1) * DAY))
        if day < len(clocks):
            cuts = [int(np.searchsorted(clocks, self.schedule.cadence.counts_at(int(clocks[day]))))]
        due = self.schedule.seen.due
        if due is not None and clock < due.counts_at:
            cuts.append(int(np.searchsorted(clocks, due.counts_at)))
        settled = self._settled(due) if due else None
        seqs = [taken.seq for taken in self._takeovers if taken.seq is not None] + ([settled] if settled else [])
        cuts += [int(np.searchsorted(facts["seq"], seq)) for seq in seqs if seq > facts["seq"][start]]
        return min((cut for cut in cuts if cut > start), default=len(facts))

    def _arrive(self, seq: int, clock: int, fresh: bool) -> None:
        """What happens just before a piece: a takeover, the end of a refit, a new day with perhaps a new refit."""
        if self.schedule.seen.due is not None:
            self._settle(self.schedule.seen.due, seq, clock, fresh)
        self._take_stored(seq)
        self._look(seq, clock)

    def _look(self, seq: int, clock: int) -> None:
        """Begin the refit that is due at a fact, if a new day begins with it and one is."""
        schedule = self.schedule
        if clock // DAY > schedule.seen.clock // DAY and schedule.seen.clock:
            due = schedule.look(seq, clock, self._engine.model, self.maturity)
            if due is not None and self._models.outcome(self._epoch, due.seq) is None:
                self._begin(due)

    # ------------------------------------------------------------ refits

    def _resume(self) -> None:
        """Begin a refit again that was under way when the last watcher ended."""
        due = self.schedule.seen.due
        if due is not None and self._fitting is None and self._models.outcome(self._epoch, due.seq) is None:
            self._begin(due)

    def _begin(self, due: Due) -> None:
        Thread(target=import_module, args=("xgboost",), daemon=True).start()  # or the page of the takeover waits for it
        champion, unwritten = self._in_force(due.seq), self._keeping.unwritten
        log.info("refit %s is due (%s)", _version(due), due.reason)
        self._fitting = self._school.begin(
            Job(
                mirror=str(self._mirror),
                version=_version(due),
                moment=Moment(due.seq, due.at, self.maturity),
                features=self._engine.learned,
                weights={rule.id: rule.weight for rule in self._engine.pack.live},
                parameters=self._school.parameters,
                champion=self._models.body(self._epoch, champion[0]) if champion else None,
                filed_before=unwritten[0].from_seq if unwritten else due.seq,
                layouts=dict([self._keeping.layout]),
                pages=[page for kept in unwritten for page in kept.pages],
                judgements=[label for kept in unwritten for label in kept.judgements],
            )
        )
        if self._stopping:
            self._fitting.stop()

    def _settled(self, due: Due) -> int | None:
        stored = self._models.outcome(self._epoch, due.seq)
        return stored.settled_seq if stored else None

    def _settle(self, due: Due, seq: int, clock: int, fresh: bool) -> None:
        """End the refit that was due, where its outcome counts: at a stored place, at its hour, or when it is there."""
        stored = self._models.outcome(self._epoch, due.seq)
        if stored is not None and stored.settled_seq is not None:
            if seq >= stored.settled_seq:
                self.schedule.settled()
            return
        if clock < due.counts_at or not fresh:
            return
        if stored is None:
            stored = self._outcome(due, clock)
            if stored is None:
                return
            self._models.add(stored)
        self._models.settle(self._epoch, seq, clock, stored.version, self._school.now())
        self._takeovers = self._models.takeovers(self._epoch)
        self.schedule.settled()
        self._report(stored)

    def _outcome(self, due: Due, clock: int) -> Refitted | None:
        """What the refit gave; None while it runs and the stream is live."""
        if self._fitting is None:
            self._begin(due)
        fitting, now = self._fitting, self._school.now()
        assert fitting is not None  # noqa: S101 - begun above
        if not fitting.ready and (self._school.beside or abs(now - clock) <= LIVE_WITHIN):
            return None
        asked = time.perf_counter()
        answer = fitting.answer()
        self.waited_s += time.perf_counter() - asked
        self._fitting = None
        return Refitted(
            epoch=self._epoch,
            version=_version(due),
            due_seq=due.seq,
            due_at=due.at,
            reason=due.reason,
            outcome=_word(answer),
            why=answer.why,
            figures=answer.figures,
            fitted_at=self._school.now(),
            seconds=answer.seconds,
            body=answer.body,
        )

    def _report(self, refit: Refitted) -> None:
        log.info("refit %s: %s %s (%.1f s)", refit.version, refit.outcome, refit.why, refit.seconds)
        if refit.outcome == "failed":
            self.health.failed(self._school.now(), f"refit {refit.version} failed: {refit.why}")
        else:
            self.health.ok(self._school.now())

    # ------------------------------------------------------------ models

    def _in_force(self, seq: int) -> list[str]:
        """The versions that may count at a seq: the one that should, and those before it should it be unusable."""
        past = [taken.version for taken in self._takeovers if taken.seq is not None and taken.seq <= seq]
        usable = [version for version in reversed(past) if version not in self._unusable]
        return usable[: usable.index(RULES_ONLY)] if RULES_ONLY in usable else usable

    def _take_stored(self, seq: int) -> None:
        """Bring the model into force that counts at a seq."""
        present = self._engine.model
        wanted = self._in_force(seq)
        while wanted and (present is None or wanted[0] != present.version):
            present = self._load(wanted[0])
            wanted = self._in_force(seq)
        self._engine.model = present if wanted else None

    def _load(self, version: str) -> Model | None:
        """A stored model, None when it can't be used: then it is not tried again."""
        try:
            model = Model.from_bytes(self._models.body(self._epoch, version) or b"", self._engine.learned)
        except UnusableModel as error:
            self._unusable.add(version)
            log.exception("model %s is not used", version)
            self.health.failed(self._school.now(), str(error))
            return None
        log.info("model %s is in force", version)
        self.health.ok(self._school.now())
        return model

    # ------------------------------------------------------------ rows

    def _watch(self, seqs: Array, learned: Learned, part: slice) -> None:
        model = self._engine.model
        if model is not None:
            rows, probability = unpacked(learned.rows[part]), learned.probability[part]
            self.schedule.watch(model, seqs, rows, learned.names, probability)

    # ------------------------------------------------------------ telling

    def told(self) -> dict[str, object]:
        """How learning stands, for the console. Times are stream time in µs; `shifts` are stability indices."""
        seen, cadence, model = self.schedule.seen, self._school.cadence, self._engine.model
        return {
            "epoch": self._epoch,
            "in_force": model.version if model else RULES_ONLY,
            "frauds": seen.frauds,
            "needed": cadence.first_frauds,
            "ripe_at": seen.began_at + self.maturity + DAY if seen.began_at else None,
            "next_due_at": seen.last_due_at + cadence.every_days * DAY if seen.last_due_at else None,
            "under_way": _version(seen.due) if seen.due else None,
            "counts_at": seen.due.counts_at if seen.due else None,
            "shifts": {name or "probability": round(found, 3) for name, found in seen.shifts.items()},
            "problem": self.health.last_error,
        }

    # ------------------------------------------------------------ state

    def freeze(self) -> dict[str, bytes]:
        """The state by name; the models themselves are in the journal."""
        return self.schedule.freeze()

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or msgspec.DecodeError when it is not that."""
        self.schedule.thaw(state)

    def know_maturity(self, maturity: int) -> None:
        """Take in how long the core's labels take to come (µs)."""
        self.maturity = maturity

    def stop(self) -> None:
        """End a refit under way, from any thread; a page that waits for it raises Stopped."""
        self._stopping = True
        if self._fitting is not None:
            self._fitting.stop()

    def close(self) -> None:
        """Let go of the journal and of a refit under way."""
        self.stop()
        self._journal.close()


def oldest_learned(school: School, maturity: int, watermark: int) -> int:
    """Rows recorded before this instant (µs) are too old for any fit; `watermark` is the feed's, `maturity` in µs."""
    return watermark - school.parameters.window_days * DAY - maturity - KEPT_BEYOND


def _version(due: Due) -> str:
    """A model's name: the day of the stream at which it was fitted, and the place in the feed."""
    return f"m{instants.wire(due.at)[:10].replace('-', '')}.{due.seq}"


def _word(answer: Answer) -> Outcome:
    return "promoted" if answer.outcome == "promoted" else "refused" if answer.outcome == "refused" else "failed"
