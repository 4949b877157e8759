"""`riskdesk model`: every refit with its figures, drift from the model in force, and the way back to an earlier one."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from getpass import getuser
from typing import Any

from console.core import instants
from console.exits import Exit
from console.language import term, tr
from console.paths import Home
from console.ui.text import clean
from store.files import StoreError
from store.journal import Journal, JournalError
from store.models import Models, Version
from store.reader import Reader

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
