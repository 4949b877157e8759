"""`riskdesk policy tune`: thresholds of a stance searched on the mirror's history, judged on days held out.

The history is scored once, with the models that were in force; the search moves only thresholds over these scores. Rule
weights are left alone: as soon as a model is in force, what a rule has earned stands in for its weight.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from console.core.instants import DAY, SECOND, wire
from console.desk import stored
from console.desk.backtest import NICE, replay, tell
from console.desk.pack_files import pack_texts
from console.desk.tuned import standing, write_draft
from console.desk.tuning_report import Report, lines, report
from console.exits import Exit
from console.language import tr
from console.paths import Home
from console.progress import Bar
from console.risk.backtest import Trail
from console.risk.columns import Array, Bools, Fact
from console.risk.front import Point, knee, search, spread
from console.risk.packs import Pack, load_packs
from console.risk.policy_draft import setting_of
from console.risk.tuning import LEAST_SCORE, NothingToTune, Past
from store.facts_log import FactsLog
from store.files import StoreError

REPLAYED = 0.9
"""Of the whole work what the replay is, for the bar."""


@dataclass(frozen=True)
class Asked:
    """What to tune: the stance (None: the one in force) on the last `days` (None: all), of which `holdout` is a share
    that judges. `pick` is the number of the point that `to` is written from (None: the knee)."""

    home: Home
    packs: Path | None = None
    stance: str | None = None
    days: float | None = None
    trials: int = 1000
    holdout: float = 0.3
    pick: int | None = None
    to: Path | None = None


class Parts(NamedTuple):
    """The stretch that is searched, and the newer one that judges."""

    searched: Past
    held: Past


def run(asked: Asked, *, as_json: bool, progress: bool = False) -> int:
    """Search and print: a plot and a table, or one JSON object; with `to` write the draft.

    With `progress` a line `{"done": 0..1}` now and then before it, else a bar where a person watches.

    Raises ValueError where there is nothing to tune or the draft can't be made, as where its file is there already.
    """
    if asked.to is not None and asked.to.exists():
        raise ValueError(tr("tuning.exists", file=asked.to))
    os.nice(NICE)
    pack = load_packs(pack_texts(asked.packs))
    policy, stance = standing(asked.home, asked.stance)
    start = setting_of(policy.stances[stance], pack)
    started = time.perf_counter()
    try:
        with Bar(tr("tuning.replaying")) as bar:
            done = tell if progress else bar
            trail, parts = history(asked, pack, lambda share: done(REPLAYED * share))
            found = search(
                parts.searched, start, asked.trials, done=lambda share: done(REPLAYED + (1 - REPLAYED) * share)
            )
    except StoreError as error:
        print(tr("cli.error", error=error), file=sys.stderr)
        return Exit.FAILED
    points = spread(found)
    picked = knee(points) if asked.pick is None else asked.pick - 1
    if not 0 <= picked < len(points):
        raise ValueError(tr("tuning.no_point", number=asked.pick, most=len(points)))
    told: Report = {
        "policy": f"{policy.version}/{stance}",
        "events": trail.events,
        "seconds": round(time.perf_counter() - started, 3),
        "trials": asked.trials,
        **report(points, Point(start, parts.searched.rates(start)), parts.held, picked),
        "searched_days": round(parts.searched.days, 2),
        "held_days": round(parts.held.days, 2),
        "episodes": [part.episodes for part in parts],
        "customers": [part.customers for part in parts],
    }
    if asked.to is not None:
        write_draft(asked.home, asked.packs, stance, points[picked].setting, asked.to)
    print(json.dumps(told) if as_json else "\n".join(lines(told, asked.to)))
    return Exit.OK


def history(asked: Asked, pack: Pack, done: Callable[[float], None]) -> tuple[Trail, Parts]:
    """The history scored, and its two parts. What is too young for its frauds to be known is left out.

    Raises StoreError without facts, ValueError where a part holds no fraud.
    """
    log = FactsLog(asked.home.mirror)
    try:
        meta = stored.meta(log.note("meta"))
        low = replace(pack, thresholds=_from(LEAST_SCORE), alert_level=1)
        seen = _Seen()
        trail, _ = replay(log, asked.home.journal, pack, low, asked.days, done=done, look=seen.look)
        who = log.accounts(np.unique(trail.labels["account"][trail.labels["fraud"]]))
    finally:
        log.close()
    end = trail.until + 1
    if meta and meta.labels and meta.labels.maturity_s * SECOND < (end - trail.since) / 2:
        end -= meta.labels.maturity_s * SECOND
    middle = trail.since + round((end - trail.since) * (1 - asked.holdout))
    currency = {account: code or "" for account, (_, code) in who.items()}
    try:
        parts = [
            Past.cut(trail, begin, until, seen.active(begin, until), currency)
            for begin, until in ((trail.since, middle), (middle, end))
        ]
    except NothingToTune as error:
        raise ValueError(tr("tuning.nothing", error=error, begin=wire(trail.since), end=wire(end))) from error
    return trail, Parts(*parts)


def _from(least: float) -> tuple[float, float, float, float]:
    """Levels of which the lowest begins at the least score."""
    return least, 0.5, 0.7, 0.9


class _Seen:
    """Which accounts did something on which day of the stream."""

    def __init__(self) -> None:
        self._days: dict[int, list[Array]] = {}

    def look(self, facts: Array) -> None:
        rows = facts[np.isin(facts["fact"], (Fact.TRANSACTION, Fact.LOGIN)) & (facts["account"] >= 0)]
        days = rows["occurred_at"] // DAY
        for day in np.unique(days).tolist():
            self._days.setdefault(day, []).append(np.unique(rows["account"][days == day]))

    def active(self, begin: int, end: int) -> Bools:
        """By account whether it did something between two times (µs), to the day."""
        everybody = [account for pages in self._days.values() for account in pages]
        most = max((int(accounts.max()) for accounts in everybody if len(accounts)), default=-1)
        active = np.zeros(most + 1, bool)
        for day, pages in self._days.items():
            if begin // DAY <= day <= (end - 1) // DAY:
                for accounts in pages:
                    active[accounts] = True
        return active
