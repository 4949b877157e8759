"""`riskdesk scorecard fit`: a scorecard and its challenger from a table of applicants, with what they are worth.

The figures are those of rows that the fits had not seen; the card that is saved is fitted on all rows.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from console.desk import tables
from console.desk.scorecard_report import Report, lines, report
from console.desk.tables import Outcome, Sheet
from console.desk.written import write
from console.exits import Exit
from console.language import tr
from console.progress import Bar
from console.risk.credit.challenger import challenge
from console.risk.credit.crossfit import Unseen, crossfit
from console.risk.credit.fitting import fit
from console.risk.credit.leaks import tells
from console.risk.credit.table import Column, Numbers, Table, alike, is_constant, is_id

NICE = 10
FEWEST_HELD = 10
"""Of either outcome in each fold: fewer say nothing about a fit."""


@dataclass(frozen=True)
class Asked:
    """What to fit. `positive` is the bad value of the target (None: find out), `cut_off` the least points to approve.

    `groups` are columns that are watched and never learned from, `keep` those learned from whatever is noticed, `drop`
    those left out.
    """

    data: Path
    target: str
    positive: str | None = None
    folds: int = 5
    seeds: int = 1
    monotone: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    cut_off: int | None = None
    save: Path | None = None


def run(asked: Asked, *, as_json: bool) -> int:
    """Fit, judge and print: a table, or one JSON object.

    Raises ValueError for data that no card can be made of, OSError for files that can't be read or written.
    """
    os.nice(NICE)
    sheet = tables.read(asked.data)
    outcome = tables.outcome(sheet, asked.target, asked.positive)
    table, groups, set_aside = prepared(sheet, outcome, asked)
    started = time.perf_counter()
    card = fit(table, asked.target, outcome.value, asked.monotone)
    fitted_card = time.perf_counter()
    challenge(table, 1)
    fitted = time.perf_counter()
    unseen = _unseen(table, asked)
    said = report(card, table, unseen, groups, asked.cut_off)
    told: Report = {
        **said,
        "seconds": round(fitted - started, 3),
        "card_seconds": round(fitted_card - started, 3),
        "folds": asked.folds,
        "rows": len(table),
        "without_target": sheet.rows - len(table),
        "target": asked.target,
        "bad": outcome.value,
        "bad_because": outcome.why,
        "noticed": [*sheet.noticed, *set_aside],
    }
    if asked.save is not None:
        write(asked.save, card.to_json().decode())
    print(json.dumps(told, ensure_ascii=False) if as_json else "\n".join(lines(told, asked)))
    return Exit.OK


def prepared(sheet: Sheet, outcome: Outcome, asked: Asked) -> tuple[Table, list[Column], list[str]]:
    """The columns to learn from, those to watch, and what was set aside and why.

    Raises ValueError where nothing is left, or too little for the folds.
    """
    bad = outcome.bad
    scarce = int(min(bad.sum(), (~bad).sum()))
    if scarce < asked.folds * FEWEST_HELD:
        raise ValueError(tr("scorecard.too_few", count=scarce, folds=asked.folds, needed=asked.folds * FEWEST_HELD))
    groups = [tables.chosen(sheet, name).take(outcome.known) for name in asked.groups]
    for name in (*asked.monotone, *asked.keep):
        if not isinstance(tables.chosen(sheet, name), Numbers) and name in asked.monotone:
            raise ValueError(tr("scorecard.monotone_words", name=name))
    apart = {column.name for column in groups}
    apart |= {tables.chosen(sheet, name).name for name in (asked.target, *asked.drop)}
    columns = [column.take(outcome.known) for name, column in sheet.columns.items() if name not in apart]
    reasons = {name: tr("scorecard.same", name=name, other=other) for name, other in alike(columns).items()}
    for column in columns:
        if is_constant(column):
            reasons[column.name] = tr("scorecard.constant", name=column.name)
        elif is_id(column):
            reasons[column.name] = tr("scorecard.id", name=column.name)
        elif column.name not in reasons and (auc := tells(column, bad)) is not None:
            reasons[column.name] = tr("scorecard.leak", name=column.name, auc=f"{auc:.3f}")
    kept = tuple(column for column in columns if column.name not in reasons or column.name in asked.keep)
    if not kept:
        raise ValueError(tr("scorecard.nothing_left"))
    return Table(kept, bad), groups, [why for name, why in reasons.items() if name not in asked.keep]


def _unseen(table: Table, asked: Asked) -> Sequence[Unseen]:
    with Bar(tr("scorecard.folds")) as bar:
        seeds = range(1, asked.seeds + 1)
        return list(crossfit(table, asked.folds, seeds, asked.monotone, workers=_cores(), done=bar))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
