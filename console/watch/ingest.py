"""One page of the feed, from decoded changes to committed rows: mirror rows, features, rules, score, alerts."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from console.core.feed import Page, Position, Spoiled
from console.core.lots import Lot
from console.core.messages import Change
from console.risk.alerts import AlertBook, AlertRow
from console.risk.columns import FACTS
from console.risk.engine import Engine, Scored, joined
from console.risk.learned import LEARNED
from console.risk.overrides import Overrides
from console.risk.packs import Pack
from console.risk.records import hits_of
from console.risk.score import level_of
from console.watch.health import Health
from console.watch.keeper import Keeper
from console.watch.learning import Learning, Piece, School
from console.watch.levels import LevelsInForce
from console.watch.listed import Listed
from console.watch.rows import alert_row, score_events
from console.watch.stages import Stages
from console.watch.translate import Translation
from store import rule_hits
from store.batch import Batch, Row
from store.mirror import Mirror

log = logging.getLogger("riskdesk.watch")

LANE = "changes"
"""The one ordered feed's name in `feed` and `health`."""

META = "meta"
"""The note that holds the core's /meta."""

FactArray = np.ndarray[Any, Any]
Alerted = Callable[[], list[AlertRow]]

CHECKPOINT_BYTES = 64 * 1024 * 1024
"""Engine input kept for replay before the engine's state is stored anew (or as much as the state itself, if larger)."""


@dataclass(frozen=True)
class Ingested:
    """What a page brought: so many changes, those that counted, those that commands made (command id, type, document),
    alerts that opened, seconds from read to commit, and seconds that it waited for a refit, which do not count."""

    changes: int
    applied: list[Change]
    caused: list[tuple[str, str, str]]
    opened: list[str]
    seconds: float = 0.0
    waited: float = 0.0


class Ingest:
    """Owns the mirror's writer and the engine; both belong to the thread that made them.

    After an error inside a page the memory may be ahead of the file: then it is `torn`; `close` it and open a new one.
    Without a `school` nothing is learned: rules alone give the score.
    """

    def __init__(self, path: Path, pack: Pack, journal: Path | None = None, school: School | None = None) -> None:
        """`journal` is where the desk's lists and models are; without one nothing is listed, and nothing learned."""
        self.path = path
        self.stages = Stages()
        self.mirror = Mirror(path)
        self.keeper = Keeper(self.mirror)
        self.listed = Listed(journal, self.mirror)
        self.levels = LevelsInForce(journal, pack)
        self.pack = pack
        self._journal, self._school = journal, school
        self._prepare()
        self._beside = ThreadPoolExecutor(1, "alerts")
        self.torn = False
        self._logged = 0
        self._state_bytes = 0
        self._restore()

    def _prepare(self) -> None:
        """An engine that has seen nothing, and what goes with it."""
        journal, school = self._journal, self._school
        self.engine = Engine(self.pack, LEARNED if school else ())
        self.book = AlertBook(self.pack)
        self.engine.levels = self.book.levels = self.levels.now
        self._scale = self.levels.now.at(0)
        self.learning = Learning(school, journal, self.engine, self.mirror) if journal and school else None
        self._heed(self.mirror.noted(META))

    @property
    def position(self) -> Position | None:
        """Where the mirror stands in the feed, None when it is new."""
        stored = self.mirror.position(LANE)
        return Position(*stored) if stored else None

    def _restore(self) -> None:
        """Bring the engine to the mirror's position: the last stored state, then the facts logged since.

        A mirror whose facts can't be replayed is emptied, and is built anew from the core.
        """
        state = self.keeper.stored()
        if state is not None and not self._thaw(state.parts):
            self._let_go()
            self._prepare()
            state = None
        pages = self.keeper.facts(state) if self.keeper.readable() else None
        if pages is None:
            log.warning("the facts log of %s can't be replayed: the mirror is built anew", self.path)
            self.clear()
            return
        where = self.position
        if where:
            self._heed_desk(where.epoch, where.seq + 1)
            self._scale = self.engine.levels.at(where.seq)
        for body in pages:
            facts = np.frombuffer(body, dtype=FACTS)
            replayed = self.learning.replay(facts, where.epoch) if self.learning and where else self._whole(facts)
            _, alerts = self._judge(facts, replayed)
            alerts()
            self._logged += len(body)

    def _heed_desk(self, epoch: str, next_seq: int) -> None:
        """Take up what the desk listed and which policy it put in force: both count from a seq on."""
        self.listed.read(epoch, next_seq)
        self.engine.levels = self.book.levels = self.levels.read(epoch, next_seq)

    def _thaw(self, parts: dict[str, bytes]) -> bool:
        """Take back a stored state; False when it is not what this version stores."""
        try:
            self.book.thaw(_part(parts, "alerts"))
            self.engine.thaw(_part(parts, "engine"))
            if self.learning:
                self.learning.thaw(_part(parts, "learning"))
        except (KeyError, ValueError, msgspec.MsgspecError):
            log.exception("the engine's stored state is not used: the facts log is replayed")
            return False
        self._state_bytes = sum(map(len, parts.values()))
        return True

    def page(self, page: Page) -> Ingested:
        """Apply a checked page, and write it in one transaction with its cursor."""
        mirror = self.mirror
        self.torn = True
        self._heed_desk(page.position.epoch, page.from_seq + 1)
        self.stages.add("decode", page.read_cpu_s)
        waited = self.learning.waited_s if self.learning else 0.0
        where = page.position
        with self.stages("translate"):
            meant = Translation(mirror, page.lots, page.spoiled)
        with self.stages("score"):
            scored, alerts = self._judge(meant.facts, self._score(meant.facts, where.epoch))
        with mirror.transaction(committing=self.stages("commit")):
            ingested = self._store(meant, scored, alerts, rebuilt=False)
            mirror.advance(LANE, (where.epoch, where.seq, where.cursor), page.head_seq, page.watermark)
        self.torn = False
        if self._logged > max(CHECKPOINT_BYTES, self._state_bytes) and not self.keeper.busy:
            self.checkpoint()
        waited = self.learning.waited_s - waited if self.learning else 0.0
        return replace(ingested, changes=where.seq - page.from_seq, waited=waited)

    def warm(self, resources: dict[str, Lot], spoiled: list[Spoiled]) -> None:
        """Apply resources of a snapshot as history: rows without a score, alerts marked as rebuilt."""
        self.torn = True
        meant = Translation(self.mirror, resources, spoiled)
        scored, alerts = self._judge(meant.facts, self._score(meant.facts, None))
        with self.mirror.transaction():
            self._store(meant, scored, alerts, rebuilt=True)
        self.torn = False

    def _store(self, meant: Translation, scored: Scored, alerted: Alerted, *, rebuilt: bool) -> Ingested:
        """Write what changes of the feed, or resources of a snapshot, come to."""
        facts = meant.facts
        with self.stages("rows"):
            score_events(meant, facts, scored, rebuilt=rebuilt)
            self.mirror.write(meant.batch)
            alerts = alerted()
            risks = self._note_risk(meant, facts, scored, alerts)
            self.mirror.write(Batch(risks=risks, alerts=[alert_row(alert, rebuilt) for alert in alerts]))
        with self.stages("log"):
            self._note_hits(facts, scored)
            self._log(facts)
        applied = meant.applied
        return Ingested(len(applied), applied, meant.caused(), _opened(alerts, facts))

    def _log(self, facts: FactArray) -> None:
        """Keep what the engine was told and what models learn from."""
        if len(facts):
            body = facts.tobytes()
            self.mirror.log_page(int(facts["seq"][-1]), int(facts["recorded_at"].max()), body)
            self._logged += len(body)
        if self.learning:
            self.learning.store()

    def _score(self, facts: FactArray, epoch: str | None) -> Iterable[Piece]:
        """What the engine says of an epoch's facts, or without one of those of a snapshot."""
        if self.learning is None:
            return self._whole(facts)
        return self.learning.warm(facts) if epoch is None else self.learning.page(facts, epoch)

    def _whole(self, facts: FactArray) -> Iterable[Piece]:
        return [(facts, self.engine.page(facts))]

    def _judge(self, whole: FactArray, pieces: Iterable[Piece]) -> tuple[Scored, Alerted]:
        """What is said of a page, and what waits for the alerts it changed: ask it before the next page.

        They read each piece while the engine has it in mind, the last one beside the writing of the events.
        """
        parts: list[Scored] = []
        noted: list[Future[list[AlertRow]]] = []
        left = len(whole)
        for facts, scored in pieces:
            parts.append(scored)
            noted.append(self._beside.submit(self._note_alerts, facts, scored, self.listed.overrides()))
            left -= len(facts)
            if left:
                wait(noted)

        def alerts() -> list[AlertRow]:
            changed = (alert for part in noted for alert in part.result())
            return list({alert.account: alert for alert in changed}.values())

        return joined(parts), alerts

    def _note_alerts(self, facts: FactArray, scored: Scored, overrides: Overrides) -> list[AlertRow]:
        with self.stages("alerts"):
            return self.book.apply(facts, scored, overrides)

    def _note_hits(self, facts: FactArray, scored: Scored) -> None:
        """Keep which rules fired where, those in shadow too: the rules' records are made of it."""
        hits = hits_of(facts, scored)
        if len(hits):
            named = [(rule.id, rule.state) for rule in scored.pack.active]
            rule_hits.write(self.mirror, named, int(facts["seq"][-1]), int(hits["at"].max()), hits.tobytes())

    def _note_risk(self, meant: Translation, facts: FactArray, scored: Scored, alerts: list[AlertRow]) -> list[Row]:
        """Carry the accounts' risk after the page into their heads; returns their rows.

        An open alert holds its account's risk at the alert's score until somebody decides.
        """
        heads = self.mirror.heads
        risen = facts["account"][~np.isnan(scored.risk) & (facts["account"] >= 0)]
        alerted = np.array([alert.account for alert in alerts], np.int64)
        heads.alerts[alerted] = [alert.state == "open" for alert in alerts]
        accounts = _each(meant.touched, risen, alerted)
        heads.score[accounts] = self.engine.risk(accounts)
        held = accounts[heads.alerts[accounts] > 0]
        heads.score[held] = np.maximum(heads.score[held], self.book.floor(held))
        accounts = self._levelled(accounts, int(facts["seq"][-1]) if len(facts) else None)
        return heads.rows(accounts)

    def _levelled(self, accounts: FactArray, seq: int | None) -> FactArray:
        """Give the accounts the level of their risk, and all others too where other levels hold since the last page.

        Returns those whose rows may have changed, in order.
        """
        heads = self.mirror.heads
        scale = self._scale if seq is None else self.engine.levels.at(seq)
        if scale.thresholds != self._scale.thresholds:
            every = np.arange(len(self.mirror.accounts))
            accounts = _each(accounts, every[level_of(heads.score[every], scale.thresholds) != heads.level[every]])
        self._scale = scale
        heads.level[accounts] = level_of(heads.score[accounts], scale.thresholds)
        return accounts

    def know(self, meta: str, asked: Health) -> None:
        """Keep what the core says of itself (JSON of /meta) for the console, and learn by it.

        Stored at once with when it was asked: by both together the console tells the core's clock.
        """
        with self.mirror.transaction():
            self.mirror.note(META, meta)
            asked.write(self.mirror)
        self._heed(meta)

    def _heed(self, meta: str | None) -> None:
        if self.learning and meta:
            labels = json.loads(meta).get("labels")
            self.learning.know_maturity(labels["maturity_s"] if labels else None)

    # ------------------------------------------------------------ state

    def checkpoint(self) -> None:
        """Have the engine's state stored, so that a restart has nothing to replay up to here."""
        parts = {f"engine/{name}": body for name, body in self.engine.freeze().items()}
        parts |= {f"alerts/{name}": body for name, body in self.book.freeze().items()}
        if self.learning:
            parts |= {f"learning/{name}": body for name, body in self.learning.freeze().items()}
        self.keeper.keep(parts)
        self._logged, self._state_bytes = 0, sum(map(len, parts.values()))

    def clear(self) -> None:
        """Forget mirror and engine, to build both anew."""
        self.torn = True
        with self.mirror.transaction():
            self.mirror.clear()
        self._let_go()
        self._prepare()
        self.keeper.readable()
        self.listed.forget()
        self._logged = self._state_bytes = 0
        self.torn = False

    def close(self) -> None:
        """Store the engine's state and close the file."""
        self.checkpoint()
        self._end()
        self.mirror.close()

    def abandon(self) -> None:
        """Let go of the file as it is, after an error: nothing more is written to it."""
        self._end()
        self.mirror.abandon()

    def _end(self) -> None:
        self._beside.shutdown()
        self.keeper.finish()
        self._let_go()
        self.listed.close()
        self.levels.close()

    def _let_go(self) -> None:
        if self.learning:
            self.learning.close()


def _each(*accounts: FactArray) -> FactArray:
    """The different ones among account numbers, in order."""
    there = np.zeros(max(int(part.max(initial=-1)) for part in accounts) + 1, bool)
    for part in accounts:
        there[part] = True
    return np.flatnonzero(there)


def _part(parts: dict[str, bytes], owner: str) -> dict[str, bytes]:
    return {name.partition("/")[2]: body for name, body in parts.items() if name.startswith(f"{owner}/")}


def _opened(alerts: list[AlertRow], facts: FactArray) -> list[str]:
    """Ids of the alerts that opened for the first time on this page."""
    first = int(facts["seq"][0]) if len(facts) else 0
    return [alert.alert_id for alert in alerts if alert.opened_seq is not None and alert.opened_seq >= first]
