"""`riskdesk bench ingest`: a stream through the whole product, sandbox over HTTP to committed scores, everything on.

The stream, a recorded one or that of a world of many accounts, is played first, untimed, and then served. Throughput is
measured in pages as large as they come, page times in pages of 1,000: with refits beside them as while the stream is
live, in step with refits, and by rules alone. With kills, the watcher is killed (SIGKILL) so many times on its way and
its mirror is compared, row by row and byte by byte, with that of a run nobody disturbed.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console import children
from console.bench.machine import machine
from console.bench.raw import raw_rate
from console.exits import Exit
from console.language import tr
from console.paths import Home
from console.risk.model import RULES_ONLY
from store.compare import differences, scored_by, transaction_figures

RAW_ROWS = 200_000
WORLD, SEED = "portfolio", 1
PAGE = 1_000
"""Changes on the pages whose times are told."""


@dataclass(frozen=True)
class Workload:
    """What is streamed: a recorded file, or a world of so many accounts played for so many days."""

    stream: Path | None
    limit: int | None
    accounts: int
    days: float

    def prepared(self, folder: Path) -> list[str]:
        """The sandbox's arguments, with all that has to be produced beforehand lying in `folder`."""
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            pool.submit(_play, self, folder).result()
        if self.stream is not None:
            limit = ["--limit", str(self.limit)] if self.limit else []
            return ["--replay", str(self.stream), *limit, "--data", str(folder)]
        return ["--world", WORLD, "--seed", str(SEED), "--days", str(self.days), "--data", str(folder)]


def _play(workload: Workload, folder: Path) -> None:
    """Play a stream to its end, so that its whole feed lies in `folder`."""
    from console.sandbox.run import SandboxOptions, opened

    if workload.stream is not None:
        options = SandboxOptions(replay=workload.stream, limit=workload.limit, data=folder)
    else:
        size, days = workload.accounts, workload.days
        options = SandboxOptions(world=WORLD, seed=SEED, days=days, population=size, data=folder)
    with opened(options) as core:
        asyncio.run(core.life.demand(0, sys.maxsize))


def run(workload: Workload, kills: int, *, as_json: bool) -> int:
    """Measure, print a table or one JSON object, and return an exit code: 1 when a disturbed mirror differs."""
    if workload.stream is not None and not workload.stream.exists():
        print(tr("bench.no_stream", path=workload.stream), file=sys.stderr)
        return Exit.OK
    with tempfile.TemporaryDirectory(prefix="riskdesk-bench-") as folder:
        served = workload.prepared(Path(folder) / "core")
        calm = Home(Path(folder) / "calm")
        figures = _watched(calm, served)
        figures |= {"machine": machine(), **_proof(calm)}
        raw = raw_rate(RAW_ROWS, figures.pop("doc_bytes"))
        figures |= {"ratio_raw": round(figures["events_per_s"] / raw, 3), "raw_per_s": round(raw)}
        figures |= _page_times(Path(folder), served)
        if kills:
            disturbed = Home(Path(folder) / "disturbed")
            figures |= {"kills": _disturbed(disturbed, served, kills, figures["seconds"])}
            figures["equal_after_kills"] = differences(calm.mirror, disturbed.mirror) == []
    if as_json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:24} {value}")
    return Exit.OK if figures.get("equal_after_kills", True) and figures["digest_equal"] else Exit.FAILED


def _page_times(folder: Path, served: list[str]) -> dict[str, Any]:
    """Milliseconds a page of 1,000 from decoding to commit: with refits beside it, in step with them, and without."""
    ways = {"page": ["--refits-beside"], "page_in_step": [], "page_rules_only": ["--rules-only"]}
    times: dict[str, Any] = {}
    for way, more in ways.items():
        report = _watched(Home(folder / way), served, "--page", str(PAGE), *more)
        times |= {f"{way}_{name}_ms": report[f"page_{name}_ms"] for name in ("p50", "p99")}
    return times


def _watched(home: Home, served: list[str], *more: str) -> dict[str, Any]:
    """One undisturbed run; the watcher's own report and the digest's verdict at its end."""
    home.make()
    with children.sandbox(*served, log=home.folder / "sandbox.log") as origin:
        arguments = ("watch", "--home", str(home.folder), "--core", origin, "--until-caught-up", "--json", *more)
        done = subprocess.run(  # noqa: S603 - our own program
            children.command(*arguments), check=True, stdout=subprocess.PIPE
        )
        report: dict[str, Any] = json.loads(done.stdout)
    return report


def _proof(home: Home) -> dict[str, Any]:
    """What the read views say was mirrored, how much of it models scored, how long a document is on average."""
    total, scored, doc_bytes = transaction_figures(home.mirror)
    modelled = sum(count for version, count in scored_by(home.mirror).items() if version not in (None, RULES_ONLY))
    return {"transactions": total, "scored": scored, "scored_by_models": modelled, "doc_bytes": doc_bytes}


def _disturbed(home: Home, served: list[str], kills: int, seconds: float) -> int:
    """The same stream with the watcher killed at random moments; returns how often it was killed on its way."""
    home.make()
    moments = random.Random(kills)
    killed = 0
    with children.sandbox(*served, log=home.folder / "sandbox.log") as origin:
        arguments = ("watch", "--home", str(home.folder), "--core", origin, "--until-caught-up", "--json")
        while True:
            with children.open_private(home.log) as log:
                watcher = subprocess.Popen(  # noqa: S603 - our own program
                    children.command(*arguments), stdout=log, stderr=log
                )
            if killed == kills:
                if watcher.wait() != 0:
                    raise OSError(f"the watcher did not end well; see {home.log}")
                return killed
            time.sleep(1.0 + moments.uniform(0, seconds / (kills + 1)))
            if watcher.poll() is not None:
                return killed
            watcher.send_signal(signal.SIGKILL)
            watcher.wait()
            killed += 1
