"""Rule packs with another alert threshold: how many alerts a desk gets is its policy, not the detector's."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from console.watch.watcher import pack_texts, packs

LOWEST = "low"


def alerting_at(chosen: Path | None, score: float, folder: Path) -> Path:
    """Write the packs (the shipped ones without a choice) into a new folder, with alerts from that score (0..1) on.

    The lowest level begins there and opens alerts; the levels above it stay. Raises ValueError when it reaches them, or
    when a file has rules after its `[levels]`.
    """
    folder.mkdir()
    for name, text in pack_texts(chosen):
        (folder / name).write_text(_with_policy(text, score), encoding="utf-8")
    packs(folder)
    return folder


def _with_policy(text: str, score: float) -> str:
    """A file of a pack; `[levels]`, where it has them, come last."""
    rules, found, after = text.partition("[levels]")
    if not found:
        return text
    levels = tomllib.loads(text)["levels"]
    if tomllib.loads(found + after) != {"levels": levels}:
        raise ValueError("[levels] must be the last table of its file")
    levels |= {LOWEST: score, "alert": LOWEST}
    return rules + found + "".join(f"\n{name} = {json.dumps(value)}" for name, value in levels.items()) + "\n"
