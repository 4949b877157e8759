"""`riskdesk bench ingest`: a recorded stream through the whole product, sandbox over HTTP to committed scores.

With kills, the watcher is killed (SIGKILL) so many times on its way and its mirror is compared, row by row and byte by
byte, with that of a run nobody disturbed.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from console import children
from console.bench.machine import machine
from console.bench.raw import raw_rate
from console.exits import Exit
from console.language import tr
from console.paths import Home
from store.compare import differences, transaction_figures

RAW_ROWS = 200_000


def run(stream: Path | None, limit: int | None, kills: int, *, as_json: bool) -> int:
    """Measure, print a table or one JSON object, and return an exit code: 1 when a disturbed mirror differs."""
    if stream is None or not stream.exists():
        print(tr("bench.no_stream", path=stream or ""), file=sys.stderr)
        return Exit.OK
    with tempfile.TemporaryDirectory(prefix="riskdesk-bench-") as folder:
        calm = Home(Path(folder) / "calm")
        figures = _watched(calm, stream, limit)
        figures |= {"machine": machine(), **_proof(calm)}
        raw = raw_rate(RAW_ROWS, figures.pop("doc_bytes"))
        figures["ratio_raw"] = round(figures["events_per_s"] / raw, 3)
        if kills:
            disturbed = Home(Path(folder) / "disturbed")
            figures |= {"kills": _disturbed(disturbed, stream, limit, kills, figures["seconds"])}
            figures["equal_after_kills"] = differences(calm.mirror, disturbed.mirror) == []
    if as_json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:24} {value}")
    return Exit.OK if figures.get("equal_after_kills", True) and figures["digest_equal"] else Exit.FAILED


def _replay(stream: Path, limit: int | None) -> list[str]:
    return ["--replay", str(stream), *(["--limit", str(limit)] if limit else [])]


def _watched(home: Home, stream: Path, limit: int | None) -> dict[str, Any]:
    """One undisturbed run; the watcher's own report and the digest's verdict at its end."""
    home.make()
    with children.sandbox(*_replay(stream, limit), log=home.folder / "sandbox.log") as origin:
        arguments = ("watch", "--home", str(home.folder), "--core", origin, "--until-caught-up", "--json")
        done = subprocess.run(  # noqa: S603 - our own program
            children.command(*arguments), check=True, stdout=subprocess.PIPE
        )
        report: dict[str, Any] = json.loads(done.stdout)
    return report


def _proof(home: Home) -> dict[str, Any]:
    """What the read views say was mirrored, and how long a transaction's JSON is on average."""
    total, scored, doc_bytes = transaction_figures(home.mirror)
    return {"transactions": total, "scored": scored, "doc_bytes": doc_bytes}


def _disturbed(home: Home, stream: Path, limit: int | None, kills: int, seconds: float) -> int:
    """The same stream with the watcher killed at random moments; returns how often it was killed on its way."""
    home.make()
    moments = random.Random(kills)
    killed = 0
    with children.sandbox(*_replay(stream, limit), log=home.folder / "sandbox.log") as origin:
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
