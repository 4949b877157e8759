"""One page of the feed, from decoded changes to committed rows.

Pages go through in a pipeline of two steps. `begin` understands a page and has it scored, which a scorer in a process
of its own does meanwhile; `finish` writes it with what was said of it. A page can begin while the one before it waits
for its scores, and comes out the same.
"""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from console.core.feed import Page, Position, Spoiled
from console.core.lots import Lot
from console.core.messages import Change
from console.risk.columns import FACTS, SECOND
from console.risk.overrides import NONE
from console.risk.packs import Pack
from console.risk.score import level_of
from console.watch.health import Health
from console.watch.keeper import log_readable, logged_after
from console.watch.learning import MATURITY, School, oldest_learned
from console.watch.levels import LevelsInForce
from console.watch.listed import Listed
from console.watch.scorer import Line, Said, Scorer, ScorerGone, ScorerHere, each
from console.watch.stages import Stages
from console.watch.translate import Translation
from store import rule_hits, training
from store.batch import Columns, Rows
from store.mirror import Mirror
from store.unwritten import Unwritten

log = logging.getLogger("riskdesk.watch")

LANE = "changes"
"""The one ordered feed's name in `feed` and `health`."""

META = "meta"
"""The note that holds the core's /meta."""

LEARNING = "model"
"""The note in which the console reads how learning stands, as JSON."""

FactArray = np.ndarray[Any, Any]

CHECKPOINT_BYTES = 64 * 1024 * 1024
"""Engine input kept for replay before the engine's state is stored anew (or as much as the state itself, if larger)."""

REPLAYED_AHEAD = 2
"""Pages of the facts log that wait for the scorer at a time."""


@dataclass(frozen=True)
class Ingested:
    """What a page brought: so many changes, of which types, those that counted, those that commands made (command id,
    type, document), alerts that opened, seconds from read to commit, and seconds that it waited for a refit, which do
    not count."""

    changes: int
    types: frozenset[str]
    applied: list[Change]
    caused: list[tuple[str, str, str]]
    opened: list[str]
    seconds: float = 0.0
    waited: float = 0.0


@dataclass(frozen=True)
class Begun:
    """A page that is understood and waits for its scores; `handed_at` is on the ingest's own clock."""

    page: Page
    meant: Translation
    said: Future[Said]
    handed_at: float


class Ingest:
    """Owns the mirror's writer and the line to its scorer; belongs to the thread that made it.

    After an error inside a page the memory may be ahead of the file: then it is `torn`; `abandon` it and open a new
    one. Without a `school` nothing is learned: rules alone give the score.
    """

    def __init__(
        self,
        path: Path,
        pack: Pack,
        journal: Path | None = None,
        school: School | None = None,
        line: Callable[[], Line] | None = None,
    ) -> None:
        """`journal` is where the desk's lists and models are; without one nothing is listed, and nothing learned.

        `line` begins the scorer, of the same mirror, pack, journal and school; without it that is one in this process.
        """
        self.path = path
        self.stages = Stages()
        self.mirror = Mirror(path)
        self.listed = Listed(journal, self.mirror)
        self.levels = LevelsInForce(journal, pack)
        self.pack = pack
        self.school = school if journal else None
        self.learning_health = Health("model")
        self.scorer_peak = 0
        """The most memory that the scorer's process ever held, as the system counts it."""
        self.begun: Begun | None = None
        self.torn = False
        self._torn_by: Exception | None = None
        self._maturity = MATURITY
        self._heeded: tuple[object, object] = (self.levels.now, NONE)
        self._scale = self.levels.now.at(0)
        self._told: str | None = None
        self._waited = 0.0
        self._logged = self._state_bytes = 0
        self._written_to = self.mirror.logged_to()
        self.on_written: Callable[[Ingested], object] = lambda _: None
        """Told of each page as soon as it is committed, in the mirror's thread."""
        self.line = line() if line else ScorerHere(Scorer(path, pack, journal, school))
        try:
            self._heed(self.mirror.noted(META))
            self._restore()
        except BaseException:
            self.abandon()
            raise

    @property
    def position(self) -> Position | None:
        """Where the mirror stands in the feed, None when it is new."""
        stored = self.mirror.position(LANE)
        return Position(*stored) if stored else None

    def _restore(self) -> None:
        """Bring the scorer to the mirror's position: the last stored state, then the facts logged since.

        A mirror whose facts can't be replayed is emptied, and is built anew from the core.
        """
        restored = self.line.ask(Scorer.restore, self.mirror.identity, self.mirror.logged_to())
        stands_at, self._state_bytes = restored.result()
        pages = logged_after(self.mirror, stands_at)
        if pages is None:
            log.warning("the facts log of %s can't be replayed: the mirror is built anew", self.path)
            self.clear()
            return
        where = self.position
        if where:
            self._heed_desk(where.epoch, where.seq + 1)
            self._scale = self.levels.now.at(where.seq)
        waiting: deque[Future[None]] = deque()
        for body in pages:
            facts = np.frombuffer(body, FACTS)
            waiting.append(self.line.ask(Scorer.replay, facts, where.epoch if where else None))
            self._logged += len(body)
            if len(waiting) > REPLAYED_AHEAD:
                waiting.popleft().result()
        for replayed in waiting:
            replayed.result()

    # ------------------------------------------------------------ pages

    def clock(self) -> float:
        """Seconds on a clock that stands while pages wait for a refit."""
        return time.perf_counter() - self._waited

    def page(self, page: Page) -> Ingested:
        """Apply a checked page, and write it in one transaction with its cursor."""
        self.begin(page)
        return self.finish()

    def begin(self, page: Page, handed_at: float | None = None) -> None:
        """Understand a checked page and have it scored, and write the one before where that was left.

        `handed_at` is when it was handed over, by `clock`: now, unless it is said. What tore a page before is raised
        again.
        """
        if self.torn:
            raise self._torn_by or RuntimeError("a page was torn: abandon this and open the mirror anew")
        handed_at = self.clock() if handed_at is None else handed_at
        self.torn = True
        if self._checkpoint_due:
            if self.begun:
                self.finish()
            self.checkpoint()
        self.stages.add("decode", page.read_cpu_s)
        with self.stages("translate"):
            meant = Translation(self.mirror, page.lots, page.spoiled)
        self._heed_desk(page.position.epoch, page.from_seq + 1)
        said = self.line.ask(Scorer.page, meant.facts, page.position.epoch, self._written_to)
        if self.begun:
            self.finish()
        with self.stages("translate"):
            meant.make_rows()
        self.mirror.unwritten = Unwritten(meant.batch, meant.new_transactions, meant.new_logins)
        self.begun = Begun(page, meant, said, handed_at)
        self.torn = False

    def finish(self) -> Ingested:
        """Write the page that was begun, once its scores are there.

        Raises console.watch.refit.Stopped while the watcher ends: then the page is given up.
        """
        assert self.begun is not None  # noqa: S101 - whoever asks has begun a page
        begun, self.begun, self.mirror.unwritten = self.begun, None, None
        ahead, self.torn = self.torn, True
        try:
            ingested = self._write(begun)
        except Exception as error:
            self._torn_by = error
            raise
        self.torn = ahead
        self.on_written(ingested)
        return ingested

    def _write(self, begun: Begun) -> Ingested:
        said, page, meant = begun.said.result(), begun.page, begun.meant
        where, mirror = page.position, self.mirror
        with mirror.transaction(committing=self.stages("commit")):
            self._store(meant, said)
            mirror.advance(LANE, (where.epoch, where.seq, where.cursor), page.head_seq, page.watermark)
        self._written_to = where.seq
        self._waited += said.waited_s
        return Ingested(
            changes=where.seq - page.from_seq,
            types=frozenset(page.lots),
            applied=meant.applied,
            caused=meant.caused(),
            opened=said.opened,
            seconds=self.clock() - begun.handed_at + page.read_s,
            waited=said.waited_s,
        )

    def warm(self, resources: dict[str, Lot], spoiled: list[Spoiled]) -> None:
        """Apply resources of a snapshot as history: rows without a score, alerts marked as rebuilt."""
        self.torn = True
        meant = Translation(self.mirror, resources, spoiled)
        self._list()
        said = self.line.ask(Scorer.warm, meant.facts, self._written_to)
        meant.make_rows()
        with self.mirror.transaction():
            self._store(meant, said.result())
        self.torn = False

    def _store(self, meant: Translation, said: Said) -> None:
        """Write what changes of the feed, or resources of a snapshot, come to."""
        batch, facts = meant.batch, meant.facts
        with self.stages("rows"):
            logins = said.logins
            batch.new_transactions = Columns(*meant.new_transactions, *said.transactions)
            batch.new_logins = Columns(*meant.new_logins, logins.score, logins.level, logins.rules)
            batch.risks, batch.alerts = self._risks(said, int(facts["seq"][-1]) if len(facts) else None), said.alerts
            self.mirror.write(batch, meant.numbered)
        with self.stages("log"):
            self._log(facts, said)
        for stage, seconds in said.costs.items():
            self.stages.add(stage, seconds)
        self.scorer_peak = said.peak

    def _log(self, facts: FactArray, said: Said) -> None:
        """Keep what the engine was told, which rules fired, and what models learn from."""
        if len(facts):
            to_seq, body = int(facts["seq"][-1]), facts.tobytes()
            self.mirror.log_page(to_seq, int(facts["recorded_at"].max()), body)
            self._logged += len(body)
            self._written_to = to_seq
            if said.hits:
                rules = [(rule.id, rule.state) for rule in self.pack.active]
                rule_hits.write(self.mirror, rules, to_seq, said.hits_at, said.hits)
        if said.kept and said.kept.pages:
            training.define(self.mirror, said.kept.layout[0], *said.kept.layout[1])
        if said.kept:
            training.keep(self.mirror, said.kept.pages, said.kept.judgements)
        if said.told and said.told != self._told:
            self.mirror.note(LEARNING, said.told)
            self._told = said.told
        if said.health:
            self.learning_health.take(said.health)

    def _risks(self, said: Said, seq: int | None) -> Rows:
        """Carry the accounts' risk after the page into their heads; returns their rows."""
        heads = self.mirror.heads
        accounts, risk = said.risks
        alerted = np.array([row[1] for row in said.alerts], np.int64)
        heads.alerts[alerted] = [row[7] == "open" for row in said.alerts]
        heads.score[accounts] = risk
        return heads.rows(self._levelled(accounts, seq))

    def _levelled(self, accounts: FactArray, seq: int | None) -> FactArray:
        """Give the accounts the level of their risk, and all others too where other levels hold since the last page.

        Returns those whose rows may have changed, in order.
        """
        heads = self.mirror.heads
        scale = self._scale if seq is None else self.levels.now.at(seq)
        if scale.thresholds != self._scale.thresholds:
            every = np.arange(len(self.mirror.accounts))
            accounts = each(accounts, every[level_of(heads.score[every], scale.thresholds) != heads.level[every]])
        self._scale = scale
        heads.level[accounts] = level_of(heads.score[accounts], scale.thresholds)
        return accounts

    # ------------------------------------------------------------ what the desk and the core say

    def _heed_desk(self, epoch: str, next_seq: int) -> None:
        """Take up what the desk listed and which policy it put in force: both count from a seq on."""
        self.listed.read(epoch, next_seq)
        self.levels.read(epoch, next_seq)
        self._list()

    def _list(self) -> None:
        """Tell the scorer what is listed and which levels hold, where that is news."""
        present = self.levels.now, self.listed.overrides()
        if present[0] is not self._heeded[0] or present[1] is not self._heeded[1]:
            self._heeded = present
            self.line.ask(Scorer.heed, *present)

    def know(self, meta: str, asked: Health) -> None:
        """Keep what the core says of itself (JSON of /meta) for the console, and learn by it.

        Stored at once with when it was asked: by both together the console tells the core's clock.
        """
        with self.mirror.transaction():
            self.mirror.note(META, meta)
            asked.write(self.mirror)
        self._heed(meta)

    def _heed(self, meta: str | None) -> None:
        if self.school and meta:
            labels = json.loads(meta).get("labels")
            maturity = labels["maturity_s"] if labels else None
            self._maturity = MATURITY if maturity is None else maturity * SECOND
            self.line.ask(Scorer.know_maturity, self._maturity)

    def drop_learned(self, watermark: int) -> None:
        """Drop training rows that are too old for any fit; `watermark` is the feed's (µs)."""
        if self.school and watermark:
            training.drop_training(self.mirror, oldest_learned(self.school, self._maturity, watermark))

    # ------------------------------------------------------------ state

    @property
    def _checkpoint_due(self) -> bool:
        return self._logged > max(CHECKPOINT_BYTES, self._state_bytes)

    def checkpoint(self) -> None:
        """Have the scorer's state stored, so that a restart has nothing to replay up to here."""
        to_seq = self.mirror.logged_to()
        if to_seq is not None:
            self._state_bytes = self.line.ask(Scorer.keep, self.mirror.identity, to_seq).result()
            self._logged = 0

    def clear(self) -> None:
        """Forget mirror and engine, to build both anew."""
        self.torn = True
        with self.mirror.transaction():
            self.mirror.clear()
        self.line.ask(Scorer.forget).result()
        self._scale = self.levels.now.at(0)
        self._heed(self.mirror.noted(META))
        log_readable(self.mirror)
        self.listed.forget()
        self._told = self._written_to = None
        self._logged = self._state_bytes = 0
        self.torn = False

    def close(self) -> None:
        """Store the scorer's state and close the file. Of a scorer that is gone the last stored state stays."""
        if self.begun:
            self.finish()
        try:
            self.checkpoint()
            self.line.close()
        except ScorerGone as gone:
            log.warning("the engine's state was not stored, a restart replays more: %s", gone)
            self.line.abandon()
        self._end()
        self.mirror.close()

    def abandon(self) -> None:
        """Let go of the file as it is, after an error: nothing more is written to it."""
        self.line.abandon()
        self._end()
        self.mirror.abandon()

    def _end(self) -> None:
        self.listed.close()
        self.levels.close()
