"""`riskdesk backtest`: the mirror's facts once more, with a draft of the rules beside those in force.

Reads the mirror only, a page at a time, in a process that yields to every other: it may run beside the watcher.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from console.core.instants import DAY, SECOND
from console.core.messages import CoreMeta
from console.desk import stored
from console.desk.backtest_report import Report, behind, table, told
from console.desk.pack_files import pack_texts
from console.desk.policy import in_stance
from console.desk.written import whole
from console.exits import Exit
from console.language import tr
from console.paths import Home
from console.risk.backtest import Backtest, Trail
from console.risk.columns import FACTS, Array
from console.risk.drafts import drafted
from console.risk.learned import LEARNED
from console.risk.model import RULES_ONLY, Model, UnusableModel
from console.risk.packs import Pack, load_packs
from console.risk.verdicts import figures
from console.watch.chain import in_force
from store.facts_log import FactsLog
from store.files import StoreError
from store.journal import Journal
from store.models import Models

NICE = 10
PAGE_BYTES = 8_000 * FACTS.itemsize
TOLD_EVERY_S = 0.25


@dataclass(frozen=True)
class Asked:
    """What to replay: the draft's file, the packs in force (None: the shipped ones), the last `days` (None: all)."""

    home: Home
    pack: Path
    packs: Path | None = None
    days: float | None = None
    accounts: Path | None = None


def run(asked: Asked, *, as_json: bool, progress: bool) -> int:
    """Replay and print: a table, or one JSON object. With `progress` a line `{"done": 0..1}` now and then before it.

    Raises ValueError for a pack that can't be used, OSError for one that can't be read.
    """
    os.nice(NICE)
    texts = pack_texts(asked.packs)
    live = in_stance(load_packs(texts), asked.home.journal)
    draft = drafted(live, asked.pack.name, asked.pack.read_text(encoding="utf-8"))
    try:
        _warn_of_others(asked.home.journal, texts)
        log = FactsLog(asked.home.mirror)
    except StoreError as error:
        return _fail(error)
    try:
        meta = stored.meta(log.note("meta"))
        report = compared(log, live, draft, asked, meta, progress)
    except StoreError as error:
        return _fail(error)
    finally:
        log.close()
    exponents = {currency.code: currency.exponent for currency in meta.currencies} if meta else {}
    print(json.dumps(report) if as_json else "\n".join(table(report, exponents)))
    return Exit.OK


def _warn_of_others(path: Path, texts: list[tuple[str, str]]) -> None:
    """Say it when the watcher scores by other packs than those that the draft is held against."""
    if not path.exists():
        return
    journal = Journal(path)
    try:
        if not in_force(journal, texts):
            print(tr("backtest.other_rules"), file=sys.stderr)
    finally:
        journal.close()


def _fail(error: StoreError) -> int:
    print(tr("cli.error", error=error), file=sys.stderr)
    return Exit.FAILED


def compared(log: FactsLog, live: Pack, draft: Pack, asked: Asked, meta: CoreMeta | None, progress: bool) -> Report:
    """What the log's facts come to under both packs. Raises StoreError when they can't be replayed."""
    started = time.perf_counter()
    trail, warm = replay(log, asked.home.journal, live, draft, asked.days, done=tell if progress else None)
    found = figures(trail, meta.labels.maturity_s * SECOND if meta and meta.labels else None)
    who = log.accounts(np.unique(np.concatenate((trail.hits["account"], found.losses["account"]))))
    if asked.accounts is not None:
        _write(asked.accounts, behind(trail, found, who))
    report = told(trail, found, who)
    seconds = round(time.perf_counter() - started, 3)
    return {"events": trail.events, "seconds": seconds, "warm_up_days": round(warm / DAY, 3), **report}


def replay(
    log: FactsLog,
    journal: Path,
    live: Pack,
    draft: Pack,
    days: float | None,
    *,
    done: Callable[[float], None] | None = None,
    look: Callable[[Array], None] | None = None,
) -> tuple[Trail, int]:
    """What the facts came to under both packs, and how much time (µs) they warmed up before the last `days` counted.

    `done` is told now and then the share that was replayed, `look` sees every page. Raises StoreError.
    """
    ends = log.ends()
    if ends is None:
        raise StoreError(tr("backtest.no_facts"))
    first, last = (_facts(page)["recorded_at"] for page in ends)
    since = int(first.min()) if days is None else max(int(first.min()), int(last.max() - days * DAY))
    takeovers = _takeovers(journal, log.epoch())
    backtest = Backtest(live, draft, since, takeovers, LEARNED if takeovers else ())
    size, read, told_at = log.size(), 0, 0.0
    for page in _gathered(log.pages()):
        facts = _facts(page)
        backtest.page(facts)
        if look is not None:
            look(facts)
        read += len(page)
        if done is not None and time.monotonic() - told_at >= TOLD_EVERY_S:
            told_at = time.monotonic()
            done(min(1.0, read / size))
    return backtest.trail(), since - int(first.min())


def tell(share: float) -> None:
    """Print the share that is done, for who runs this as a process of its own."""
    print(json.dumps({"done": round(share, 4)}), flush=True)


def _gathered(pages: Iterable[bytes]) -> Iterator[bytes]:
    """Pages as they came joined to larger ones, for what a page costs beside its rows; figures do not depend on it."""
    waiting: list[bytes] = []
    for page in pages:
        waiting.append(page)
        if sum(map(len, waiting)) >= PAGE_BYTES:
            yield b"".join(waiting)
            waiting.clear()
    if waiting:
        yield b"".join(waiting)


def _takeovers(journal: Path, epoch: str | None) -> list[tuple[int, Model | None]]:
    """The models that were in force, as the journal keeps them, each with the seq from which it counted.

    One that this version can't use is left out, as the watcher does it: the one before it goes on.
    """
    if epoch is None or not journal.exists():
        return []
    handle = Journal(journal)
    try:
        models = Models(handle)
        found: list[tuple[int, Model | None]] = []
        for taken in models.takeovers(epoch):
            try:
                body = models.body(epoch, taken.version) or b""
                model = None if taken.version == RULES_ONLY else Model.from_bytes(body, LEARNED)
            except UnusableModel as error:
                print(tr("backtest.no_model", version=taken.version, error=error), file=sys.stderr)
            else:
                found.append((taken.seq or 0, model))
        return found
    finally:
        handle.close()


def _facts(page: bytes) -> Array:
    try:
        return np.frombuffer(page, FACTS)
    except ValueError as error:
        raise StoreError(tr("backtest.other_facts")) from error


def _write(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """Write JSON lines."""
    with whole(path) as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
