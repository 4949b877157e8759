"""`riskdesk model`: every refit with its figures, drift from the model in force, and the way back to an earlier one."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from getpass import getuser
from typing import Any

import numpy as np

from console.core import instants
from console.desk import stored
from console.exits import Exit
from console.language import term, tr
from console.paths import Home
from console.risk.explain import causes
from console.risk.model import RULES_ONLY, Model, UnusableModel
from console.risk.training import block_of
from console.ui.evidence import cause_factor, cause_value, feature
from console.ui.text import clean
from store.files import StoreError
from store.journal import Journal, JournalError
from store.models import Models, Version
from store.reader import Reader
from store.training import TrainingReader

LONGEST_REASON = 500
NOTE = "model"
"""The note of the mirror in which the watcher tells how learning stands."""


def show(home: Home, *, as_json: bool) -> int:
    """Print the refits of the feed's present epoch, newest first, and how learning stands."""
    told = _told(home)
    versions: list[Version] = []
    if home.journal.exists():
        models = Models(Journal(home.journal))
        versions = models.versions(told.get("epoch") or models.epoch() or "")
    if as_json:
        print(json.dumps({"learning": told, "versions": [_plain(version) for version in versions]}))
        return Exit.OK
    for line in _standing(told):
        print(line)
    if versions:
        print(tr("models.head"))
    for version in versions:
        print(_line(version))
    return Exit.OK


def roll_back(home: Home, version: str | None, reason: str) -> int:
    """Let an earlier version count from the watcher's next page on. Raises ValueError without a reason."""
    words = " ".join(reason.split())
    if not 1 <= len(words) <= LONGEST_REASON or not words.isprintable():
        raise ValueError(tr("models.no_reason", most=LONGEST_REASON))
    if not home.journal.exists():
        raise ValueError(tr("models.none"))
    models = Models(Journal(home.journal))
    epoch = _told(home).get("epoch") or models.epoch() or ""
    try:
        wanted = models.roll_back(epoch, version, words, getuser(), instants.now())
    except JournalError as error:
        raise ValueError(str(error)) from error
    print(tr("models.rolled_back", version=wanted))
    return Exit.OK


def explain(home: Home, transaction_id: str) -> int:
    """Print what moved the model that scored a transaction. Raises ValueError when that can't be told."""
    try:
        reader = TrainingReader(home.mirror)
    except StoreError as error:
        raise ValueError(str(error)) from error
    try:
        found = reader.scored_by(transaction_id)
        if found is None:
            raise ValueError(tr("models.unknown", id=clean(transaction_id, 72)))
        page, layouts = reader.page_of(found.seq), reader.layouts()
    finally:
        reader.close()
    if found.model_version in (None, RULES_ONLY):
        raise ValueError(tr("models.by_rules", id=transaction_id))
    body = Models(Journal(home.journal)).body(_told(home).get("epoch") or "", found.model_version or "")
    told = block_of(*layouts[page.layout], page.seqs, page.ats, page.fired, page.features) if page else None
    rows = told.rows[told.seq == found.seq] if told else np.empty((0, 0), np.uint16)
    if told is None or body is None or not len(rows):
        raise ValueError(tr("models.not_kept", id=transaction_id))
    try:
        model = Model.from_bytes(body, told.features)
    except UnusableModel as error:
        raise ValueError(str(error)) from error
    (moved_by,) = causes(model, rows, told.features)
    print(tr("models.explained", score=f"{found.score or 0:.3f}", version=found.model_version))
    exponents = _exponents(home)
    for cause in moved_by:
        value = cause_value(cause, found.currency, exponents)
        print(f"  {feature(cause.feature)} {value}  {cause_factor(cause)}")
    return Exit.OK


def _exponents(home: Home) -> dict[str, int]:
    """How many digits of each currency stand after the point, as the core said."""
    reader = Reader(home.mirror)
    meta = stored.meta(reader.notes().get("meta"))
    reader.close()
    return {one.code: one.exponent for one in meta.currencies} if meta else {}


def _told(home: Home) -> dict[str, Any]:
    """What the watcher says of learning; nothing without a mirror."""
    try:
        reader = Reader(home.mirror)
    except (StoreError, OSError):
        return {}
    try:
        note = reader.notes().get(NOTE) if reader.ready() else None
    finally:
        reader.close()
    return dict(json.loads(note)) if note else {}


def _standing(told: dict[str, Any]) -> list[str]:
    if not told:
        return [tr("models.nothing_told")]
    lines = [tr("models.in_force", version=told["in_force"])]
    if told["under_way"]:
        lines.append(tr("models.under_way", version=told["under_way"], time=_day(told["counts_at"])))
    elif told["next_due_at"]:
        lines.append(tr("models.next", time=_day(told["next_due_at"])))
    else:
        ripe = {"time": _day(told["ripe_at"])}
        lines.append(tr("models.first", frauds=told["frauds"], needed=told["needed"], **ripe))
    if told["shifts"]:
        shifts = "  ".join(f"{name} {shift:.2f}" for name, shift in told["shifts"].items())
        lines.append(tr("models.drift", shifts=shifts))
    if told["problem"]:
        lines.append(tr("cli.error", error=clean(told["problem"])))
    return lines


def _line(version: Version) -> str:
    refit, figures = version.refit, json.loads(version.refit.figures or "{}")
    return " ".join(
        (
            f"{refit.version:22} {_day(refit.due_at)} {term('ui.refit', refit.reason):16}",
            f"{term('ui.standing', version.standing):12}",
            *(f"{_share(figures.get(name)):>8}" for name in ("ap_challenger", "ap_champion", "calibration_error")),
            *(f"{figures.get(name, '-'):>8}" for name in ("compared_frauds", "frauds", "rows")),
            f"{refit.seconds:7.1f}  {clean(refit.why, 60)}",
        )
    ).rstrip()


def _plain(version: Version) -> dict[str, Any]:
    figures = json.loads(version.refit.figures) if version.refit.figures else None
    refit = asdict(replace(version.refit, figures=None, body=None)) | {"figures": figures}
    del refit["body"]
    return {**refit, "standing": version.standing}


def _day(at: int | None) -> str:
    return instants.wire(at)[:10] if at else "-"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
