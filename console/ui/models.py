"""The models as the desk sees them: which one counts, what each refit gave, and what the next one waits for."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from console.risk.model import RULES_ONLY, Figures
from store.journal import Journal
from store.models import Models, Version
from store.reader import Reader
from store.training import labelled

FRAUD = 1
"""The code of a label that says fraud."""

BLOCKS = "▁▂▃▄▅▆▇█"
FIGURES = msgspec.json.Decoder(Figures)


@dataclass(frozen=True)
class Register:
    """The register of one epoch. `frauds` are the labelled frauds that a fit could use, None while unknown."""

    epoch: str | None
    in_force: str
    versions: Sequence[Version]
    frauds: int | None


def register(journal: Journal | None, mirror: Reader | None, epoch: str | None) -> Register:
    """Read it from both files, either of which may not be there yet."""
    frauds = None
    if mirror is not None:
        try:
            frauds = labelled(mirror).get(FRAUD, 0)
        except sqlite3.Error:
            frauds = None
    if journal is None or epoch is None:
        return Register(epoch, RULES_ONLY, (), frauds)
    models = Models(journal)
    return Register(epoch, models.in_force(epoch), models.versions(epoch), frauds)


def figures(version: Version) -> Figures | None:
    """What a refit measured; None when it measured nothing or that can't be read."""
    try:
        return FIGURES.decode(version.refit.figures) if version.refit.figures else None
    except msgspec.MsgspecError:
        return None


def history(versions: Sequence[Version]) -> list[float]:
    """Each refit's average precision on the stretch it had not seen, oldest first."""
    told = [figures(version) for version in reversed(versions)]
    return [found.ap_challenger for found in told if found is not None and found.ap_challenger is not None]


def sparkline(values: Sequence[float], width: int) -> str:
    """The last values as bars of one cell each, from the lowest to the highest of them."""
    shown = values[-width:]
    if not shown:
        return ""
    low, span = min(shown), (max(shown) - min(shown)) or 1.0
    return "".join(BLOCKS[min(len(BLOCKS) - 1, int((value - low) / span * len(BLOCKS)))] for value in shown)
