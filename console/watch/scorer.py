"""What is said of a page's facts: features, rules, models and alerts, and all that they remember.

The scorer reads nothing of the mirror and writes nothing there, so that it can live in a process of its own
(`console.watch.scorer_process`). Pages come in the order of the feed.
"""

from __future__ import annotations

import json
import logging
import resource
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import lru_cache
from pathlib import Path
from typing import Any, Concatenate, NamedTuple, ParamSpec, Protocol, TypeVar

import msgspec
import numpy as np

from console.risk.alerts import AlertBook, AlertRow
from console.risk.columns import Array, Bools, Fact, of_kind
from console.risk.engine import Engine, Scored, joined
from console.risk.learned import LEARNED
from console.risk.levels import Levels
from console.risk.overrides import NONE, Overrides
from console.risk.packs import Pack
from console.risk.records import hits_of
from console.watch.health import Health
from console.watch.keeper import Keeper
from console.watch.keeping import Kept
from console.watch.learning import Learning, Piece, School
from console.watch.stages import Stages
from store.batch import Row

log = logging.getLogger("riskdesk.watch")


class Marks(NamedTuple):
    """What is said of a page's new events of one kind, in their order: score, level, the model that judged, and a JSON
    list of the live rules that fired. All None and 0 of what only a snapshot told of."""

    score: list[float | None]
    level: list[int]
    model: list[str | None]
    rules: list[str | None]


class Said(NamedTuple):
    """What a page comes to.

    `risks`: (accounts, risk) of all whose events, risk or alert moved; an open alert holds its account's risk at its
    score. `alerts` are rows of those that changed, `opened` the ids of those that opened for the first time. `hits` are
    the bytes of `console.risk.records.hits_of`. `kept` is what models learn from it, `told` how learning
    stands. `waited_s`: seconds that the page waited for a refit. `costs` are processor seconds by stage, `peak` the
    most memory that the process ever held, as the system counts it.
    """

    transactions: Marks
    logins: Marks
    risks: tuple[Array, Array]
    alerts: list[Row]
    opened: list[str]
    hits: bytes
    hits_at: int
    kept: Kept | None
    told: str | None
    health: Health | None
    waited_s: float
    costs: dict[str, float]
    peak: int


class Scorer:
    """Engine, alert book and learning of one mirror, for one thread.

    Without a `school` nothing is learned: rules alone give the score.
    """

    def __init__(self, mirror: Path, pack: Pack, journal: Path | None = None, school: School | None = None) -> None:
        """`mirror` and `journal` are where rows and models are; without a journal nothing is learned."""
        self._mirror, self._pack, self._journal, self._school = mirror, pack, journal, school
        self._keeper = Keeper(mirror)
        self._levels, self._overrides = Levels.of_pack(pack), NONE
        self._begin()

    def _begin(self) -> None:
        """An engine that has seen nothing, and what goes with it."""
        journal, school = self._journal, self._school
        self.engine = Engine(self._pack, LEARNED if school else ())
        self.book = AlertBook(self._pack)
        self.learning = Learning(school, journal, self.engine, self._mirror) if journal and school else None
        self.heed(self._levels, self._overrides)

    def heed(self, levels: Levels, overrides: Overrides) -> None:
        """Take up the levels in force and what the desk listed: both say from which place of the feed on."""
        self._levels, self._overrides = levels, overrides
        self.engine.levels = self.book.levels = levels

    # ------------------------------------------------------------ pages

    def page(self, facts: Array, epoch: str, written_to: int | None) -> Said:
        """Take the next facts of an epoch's feed; what was kept of pages up to `written_to` is in the mirror's file.

        Raises console.watch.refit.Stopped while the watcher ends.
        """
        if self.learning is None:
            return self._say(facts, self._whole(facts), snapshot=False)
        self.learning.written(written_to)
        return self._say(facts, self.learning.page(facts, epoch), snapshot=False)

    def warm(self, facts: Array, written_to: int | None) -> Said:
        """Take in facts of a snapshot: history, of which nothing is said, and whose alerts are marked as rebuilt."""
        if self.learning is None:
            return self._say(facts, self._whole(facts), snapshot=True)
        self.learning.written(written_to)
        return self._say(facts, self.learning.warm(facts), snapshot=True)

    def replay(self, facts: Array, epoch: str | None) -> None:
        """Take in facts that were scored before, after a restart; those of a snapshot have no epoch."""
        pieces = self.learning.replay(facts, epoch) if self.learning and epoch else self._whole(facts)
        self._judge(facts, pieces, Stages())

    def _whole(self, facts: Array) -> Iterable[Piece]:
        return [(facts, self.engine.page(facts))]

    def _judge(self, whole: Array, pieces: Iterable[Piece], stages: Stages) -> tuple[Scored, list[AlertRow]]:
        """What the engine says of a page, and the alerts it changed: each piece is told while the engine has it in
        mind."""
        parts: list[Scored] = []
        changed: dict[int, AlertRow] = {}
        with stages("score"):
            for facts, scored in pieces:
                parts.append(scored)
                with stages("alerts"):
                    changed |= {alert.account: alert for alert in self.book.apply(facts, scored, self._overrides)}
        return joined(parts), list(changed.values())

    def _say(self, facts: Array, pieces: Iterable[Piece], *, snapshot: bool) -> Said:
        learning, stages = self.learning, Stages()
        waited = learning.waited_s if learning else 0.0
        scored, alerts = self._judge(facts, pieces, stages)
        with stages("score"):
            hits = hits_of(facts, scored)
            return Said(
                transactions=_marks(facts, scored, Fact.TRANSACTION, snapshot=snapshot),
                logins=_marks(facts, scored, Fact.LOGIN, snapshot=snapshot),
                risks=self._risks(facts, scored, alerts),
                alerts=[alert_row(alert, rebuilt=snapshot) for alert in alerts],
                opened=_opened(alerts, facts),
                hits=hits.tobytes(),
                hits_at=int(hits["at"].max(initial=0)),
                kept=learning.kept(facts) if learning else None,
                told=json.dumps(learning.told()) if learning else None,
                health=learning.health if learning else None,
                waited_s=learning.waited_s - waited if learning else 0.0,
                costs=stages.seconds,
                peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            )

    def _risks(self, facts: Array, scored: Scored, alerts: list[AlertRow]) -> tuple[Array, Array]:
        risen = (scored.place >= 0) | ~np.isnan(scored.risk)
        mine = facts["account"][risen & (facts["account"] >= 0)]
        accounts = each(mine, np.array([alert.account for alert in alerts], np.int64))
        return accounts, np.maximum(self.engine.risk(accounts), self.book.floor(accounts))

    # ------------------------------------------------------------ state

    def restore(self, mirror: str, logged_to: int | None) -> tuple[int | None, int]:
        """Take back the stored state of the mirror of that identity, if it is not ahead of its facts log.

        Returns up to which seq it stands, None without one, and its size in bytes.
        """
        state = self._keeper.stored(mirror, logged_to)
        if state is None:
            return None, 0
        try:
            self.book.thaw(_part(state.parts, "alerts"))
            self.engine.thaw(_part(state.parts, "engine"))
            if self.learning:
                self.learning.thaw(_part(state.parts, "learning"))
        except (KeyError, ValueError, msgspec.MsgspecError):
            log.exception("the engine's stored state is not used: the facts log is replayed")
            self.forget()
            return None, 0
        return state.to_seq, sum(map(len, state.parts.values()))

    def keep(self, mirror: str, to_seq: int) -> int:
        """Have the state stored as of the last page, whose end that is; returns its size in bytes."""
        parts = {f"engine/{name}": body for name, body in self.engine.freeze().items()}
        parts |= {f"alerts/{name}": body for name, body in self.book.freeze().items()}
        if self.learning:
            parts |= {f"learning/{name}": body for name, body in self.learning.freeze().items()}
        self._keeper.keep(mirror, to_seq, parts)
        return sum(map(len, parts.values()))

    def know_maturity(self, maturity: int) -> None:
        """Take in how long the core's labels take to come (µs)."""
        if self.learning:
            self.learning.know_maturity(maturity)

    def forget(self) -> None:
        """Begin anew, as one that has seen nothing."""
        self._let_go()
        self._begin()

    def stop(self) -> None:
        """End a refit under way, from any thread; the page that waits for it is given up."""
        if self.learning:
            self.learning.stop()

    def close(self) -> None:
        """Let go of everything, once a state that is being written is written."""
        self._keeper.finish()
        self._let_go()

    def _let_go(self) -> None:
        if self.learning:
            self.learning.close()


Asked = ParamSpec("Asked")
T = TypeVar("T")


class ScorerGone(Exception):
    """The scorer has ended without being asked to; the message says how, in words for the operator."""


class Line(Protocol):
    """The way to a scorer: what is asked is done in its order, one after the other."""

    def ask(
        self, what: Callable[Concatenate[Scorer, Asked], T], *arguments: Asked.args, **named: Asked.kwargs
    ) -> Future[T]:
        """Ask one of the scorer's methods. Its error comes with the future, or ScorerGone."""

    def stop(self) -> None:
        """End a refit under way at once, from any thread; a page that waits for it is given up."""

    def close(self) -> None:
        """Have the scorer end when all that was asked is done. Raises ScorerGone when it has ended before."""

    def abandon(self) -> None:
        """End the scorer as it is, whatever it is about."""


class ScorerHere:
    """A scorer in this process: everything is answered at once."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer

    def ask(
        self, what: Callable[Concatenate[Scorer, Asked], T], *arguments: Asked.args, **named: Asked.kwargs
    ) -> Future[T]:
        answer: Future[T] = Future()
        try:
            answer.set_result(what(self.scorer, *arguments, **named))
        except Exception as error:  # noqa: BLE001 - it comes with the future
            answer.set_exception(error)
        return answer

    def stop(self) -> None:
        self.scorer.stop()

    def close(self) -> None:
        self.scorer.close()

    abandon = close


def each(*accounts: Array) -> Array:
    """The different ones among account numbers, in order."""
    there = np.zeros(max(int(part.max(initial=-1)) for part in accounts) + 1, bool)
    for part in accounts:
        there[part] = True
    return np.flatnonzero(there)


def _part(parts: dict[str, bytes], owner: str) -> dict[str, bytes]:
    return {name.partition("/")[2]: body for name, body in parts.items() if name.startswith(f"{owner}/")}


def _opened(alerts: list[AlertRow], facts: Array) -> list[str]:
    """Ids of the alerts that opened for the first time on this page."""
    first = int(facts["seq"][0]) if len(facts) else 0
    return [alert.alert_id for alert in alerts if alert.opened_seq is not None and alert.opened_seq >= first]


# ---------------------------------------------------------------- as rows say it


def _marks(facts: Array, scored: Scored, kind: Fact, *, snapshot: bool) -> Marks:
    rows = np.flatnonzero(of_kind(facts, kind) & facts["fresh"])
    nothing: list[Any] = [None] * len(rows)
    if snapshot:
        return Marks(nothing, [0] * len(rows), nothing, nothing)
    model = scored.learned.version.tolist() if kind == Fact.TRANSACTION else nothing
    fired = scored.fired[: len(scored.pack.live), scored.place[rows]].T
    return Marks(scored.score[rows].tolist(), scored.level[rows].tolist(), model, _words(scored.pack, fired))


def _words(pack: Pack, fired: Bools) -> list[str | None]:
    """Per row a JSON list of the live rules that fired, None where none did."""
    words: list[str | None] = [None] * len(fired)
    for place in np.flatnonzero(fired.any(axis=1)).tolist():
        words[place] = _rule_words(pack, fired[place].tobytes())
    return words


@lru_cache(maxsize=4096)
def _rule_words(pack: Pack, fired: bytes) -> str:
    """JSON list of the ids of the live rules that fired, a byte each."""
    return json.dumps([rule.id for rule, hit in zip(pack.live, fired, strict=True) if hit])


def alert_row(alert: AlertRow, *, rebuilt: bool) -> Row:
    return (
        alert.alert_id,
        alert.account,
        alert.opened_at,
        alert.updated_at,
        alert.level,
        alert.score,
        json.dumps(alert.rule_ids),
        alert.state,
        alert.verdict,
        alert.hits,
        alert.resurfaced,
        int(rebuilt),
        msgspec.json.encode(alert.evidence).decode(),
        alert.muted,
        alert.muted_until,
        alert.last_hit_at,
        alert.pace,
        alert.recent_minor,
        alert.policy,
    )
