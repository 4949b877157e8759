"""A backtest asked for in the console: a process of its own, its progress, and what it found."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console import children
from console.language import tr
from console.paths import Home
from console.ui import rules

MOST_ROWS = 5_000
"""Accounts kept behind each number."""
LINE_BYTES = 1 << 20
"""The longest line that the process may write."""

Behind = Mapping[str, Any]
"""An account behind a number, as `riskdesk backtest --accounts` writes it."""


@dataclass(frozen=True)
class Outcome:
    """What a backtest found: its report, and the accounts behind `new`, `lost`, `kept` and each rule's id."""

    report: Mapping[str, Any]
    behind: Mapping[str, Sequence[Behind]]


Run = Callable[[Home, Path, float | None, Callable[[float], None]], Awaitable[Outcome]]
"""How a backtest is run: the home, the draft, the last days (None: all), and who hears of its progress."""


class BacktestFailed(Exception):
    """It ended without a result; the message is what it said."""


def draft_files(home: Home) -> list[Path]:
    """Drafts that lie at hand: TOML files of the present folder and of the home."""
    return sorted(path for folder in (Path(), home.folder) for path in folder.glob("*.toml"))


def draft_named(text: str) -> tuple[Path, float | None]:
    """The file, and how many of the last days to count (None: all), that `FILE [DAYS]` names."""
    name, _, last = text.rpartition(" ")
    if name and last.isascii() and last.isdigit():
        return Path(name.strip()).expanduser(), float(last)
    return Path(text).expanduser(), None


async def backtest(home: Home, pack: Path, days: float | None, progress: Callable[[float], None]) -> Outcome:
    """Run `riskdesk backtest`; `progress` hears shares of 0..1. Cancelling ends the process.

    Raises BacktestFailed.
    """
    with tempfile.TemporaryDirectory(prefix="riskdesk-backtest-") as folder:
        accounts = Path(folder) / "accounts.jsonl"
        arguments = ["--home", str(home.folder), "--pack", str(pack), "--accounts", str(accounts)]
        if rules.folder() is not None:
            arguments += ["--packs", str(rules.folder())]
        if days is not None:
            arguments += ["--days", f"{days:g}"]
        report = await told_by(("backtest", *arguments), progress)
        return Outcome(report, await asyncio.to_thread(_read, accounts))


async def told_by(arguments: Sequence[str], progress: Callable[[float], None]) -> Mapping[str, Any]:
    """Run one of this program's commands that take --tied, --json and --progress; what it reports.

    Cancelling ends the process. Raises BacktestFailed.
    """
    process = await asyncio.create_subprocess_exec(
        *children.command(*arguments, "--tied", "--json", "--progress"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=LINE_BYTES,
    )
    try:
        return await _followed(process, progress)
    finally:
        await _ended(process)


async def _followed(process: asyncio.subprocess.Process, progress: Callable[[float], None]) -> Mapping[str, Any]:
    """The report at the end of what the process writes."""
    assert process.stdout is not None and process.stderr is not None  # noqa: S101 - both are pipes
    said = asyncio.create_task(process.stderr.read())
    report: Mapping[str, Any] = {}
    async for line in process.stdout:
        told = json.loads(line)
        if "done" in told:
            progress(float(told["done"]))
        else:
            report = told
    if await process.wait() != 0 or not report:
        raise BacktestFailed((await said).decode("utf-8", "replace").strip() or tr("ui.backtest.no_result"))
    return report


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def _read(accounts: Path) -> Mapping[str, Sequence[Behind]]:
    """The accounts behind each number, the highest scores and most hits first."""
    behind: defaultdict[str, list[Behind]] = defaultdict(list)
    with accounts.open(encoding="utf-8") as lines:
        for line in lines:
            told = json.loads(line)
            behind[told.get("alert") or told["rule"]].append(told)
    return {name: sorted(rows, key=_weight, reverse=True)[:MOST_ROWS] for name, rows in behind.items()}


def _weight(row: Behind) -> float:
    return float(row["hits"]) if "rule" in row else max(row[side]["score"] for side in ("live", "draft"))
