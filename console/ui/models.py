"""The models as the desk sees them: which one counts, what each refit gave, and what the next one waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from console.risk.model import RULES_ONLY, Figures
from console.ui.formats import HEIGHTS
from store.journal import Journal
from store.models import Models, Version

FIGURES = msgspec.json.Decoder(Figures)


class Learning(Struct, frozen=True):
    """How the watcher says that learning stands. Times are µs of stream time; `shifts` are stability indices.

    `frauds` are labelled so far, `needed` for a first model, which waits until `ripe_at` at least.
    """

    frauds: int = 0
    needed: int = 0
    ripe_at: int | None = None
    next_due_at: int | None = None
    under_way: str | None = None
    counts_at: int | None = None
    shifts: dict[str, float] = {}
    problem: str | None = None


LEARNING = msgspec.json.Decoder(Learning)


@dataclass(frozen=True)
class Register:
    """The register of one epoch, and how learning stands; None while the watcher has not said."""

    epoch: str | None
    in_force: str
    versions: Sequence[Version]
    learning: Learning | None


def register(journal: Journal | None, epoch: str | None, note: str | None) -> Register:
    """What the journal keeps of an epoch's models, beside the watcher's note."""
    try:
        learning = LEARNING.decode(note) if note else None
    except msgspec.MsgspecError:
        learning = None
    if journal is None or epoch is None:
        return Register(epoch, RULES_ONLY, (), learning)
    models = Models(journal)
    return Register(epoch, models.in_force(epoch), models.versions(epoch), learning)


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
    return "".join(HEIGHTS[min(len(HEIGHTS) - 1, int((value - low) / span * len(HEIGHTS)))] for value in shown)
