"""The rule packs' files: those of a folder, or the shipped ones."""

from __future__ import annotations

from pathlib import Path

from console.paths import fixtures
from console.risk.packs import Pack, load_packs


def pack_texts(folder: Path | None) -> list[tuple[str, str]]:
    """(name, TOML) of the rule packs of a folder, of the shipped ones without one."""
    chosen = folder or fixtures() / "packs"
    return [(path.name, path.read_text(encoding="utf-8")) for path in sorted(chosen.glob("*.toml"))]


def packs(folder: Path | None) -> Pack:
    """The rules of those packs. Raises ValueError naming the file and the mistake."""
    return load_packs(pack_texts(folder))
