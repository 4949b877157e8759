"""Rule packs with another alert threshold: how many alerts a desk gets is its policy, not the detector's."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from console.desk.pack_files import pack_texts, packs

LOWEST = "low"


def alerting_at(chosen: Path | None, score: float, folder: Path) -> Path:
    """Write the packs (the shipped ones without a choice) into a new folder, with alerts from that score (0..1) on.

    The lowest level begins there and opens alerts; the levels above it stay. Raises ValueError when it reaches them, or
    when a file's `[levels]` are no table of their own.
    """
    folder.mkdir()
    for name, text in pack_texts(chosen):
        (folder / name).write_text(_with_policy(text, score), encoding="utf-8")
    packs(folder)
    return folder


def _with_policy(text: str, score: float) -> str:
    """A file of a pack; where it has `[levels]`, other values stand there."""
    whole = tomllib.loads(text)
    if "levels" not in whole:
        return text
    levels = {**whole["levels"], LOWEST: score, "alert": LOWEST}
    before, found, after = text.partition("[levels]")
    lines = "".join(f"\n{name} = {json.dumps(value)}" for name, value in levels.items())
    changed = f"{before}[levels]{lines}\n{_next_table(after)}"
    if not found or tomllib.loads(changed) != {**whole, "levels": levels}:
        raise ValueError("[levels] must be a table of its own, with a value a line")
    return changed


def _next_table(text: str) -> str:
    """What is left from the next line on that begins a table."""
    begin = text.find("\n[")
    return "" if begin < 0 else text[begin:]
