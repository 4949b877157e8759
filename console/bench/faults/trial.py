"""One trial: a core, a lying line, desks that decide, and the judgement at its end."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from console.bench.faults import ledger, scene
from console.bench.faults.judge import Kept, Verdict, judge
from console.bench.faults.operator import Desk, Pace
from console.bench.faults.plan import Moment
from console.bench.faults.proxy import FaultProxy
from console.paths import Home
from store import audit, files
from store.journal import Entry, Journal

QUIET_S = 10
"""Seconds that requests still under way at the end get to arrive."""


@dataclass
class Findings:
    """What a trial brought: the verdict, and what it went through."""

    decided: int = 0
    blocked: int = 0
    seconds: float = 0.0
    fell: int = 0
    broken_audits: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    states: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    reviews: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    kills: Counter[tuple[Moment, str]] = field(default_factory=Counter)

    @property
    def flawless(self) -> bool:
        return self.verdict.flawless and not self.fell and not self.broken_audits


def run(
    count: int,
    seed: int,
    *,
    desks: int = scene.DESKS,
    pace: Pace | None = None,
    program: tuple[str, ...] = (),
    folder: Path | None = None,
) -> Findings:
    """Decide `count` commands at `desks` desks at once, with everything that the seed has go wrong, and judge.

    `program` runs the command line (a crippled one, say). `folder` keeps what was written. Raises OSError when a
    process does not start.
    """
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="riskdesk-faults-")))
        data = place / "core"
        data.mkdir()
        began = time.monotonic()
        with scene.core(data, 0) as origin:
            working = [
                Desk(n, Home(place / f"desk{n}"), origin, f"{seed}/{n}", pace or Pace(), _share(count, desks, n))
                for n in range(desks)
            ]
            with FaultProxy(origin, *(desk.line for desk in working)) as proxy:
                _work(working, proxy, program)
        findings = Findings(seconds=round(time.monotonic() - began, 1))
        _judge(findings, data, working)
        return findings


def _share(count: int, desks: int, number: int) -> int:
    return count // desks + (number < count % desks)


def _work(desks: list[Desk], proxy: FaultProxy, program: tuple[str, ...]) -> None:
    try:
        for desk in desks:
            desk.start(program)
        for desk in desks:
            desk.finish()
        until = time.monotonic() + QUIET_S
        while not proxy.quiet() and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        for desk in desks:
            desk.stop()


def _judge(findings: Findings, data: Path, desks: list[Desk]) -> None:
    kept: list[Kept] = []
    for desk in desks:
        with closing(Journal(desk.home.journal)) as journal:
            findings.broken_audits += journal.verify_audit() is not None
            entries = journal.recent(len(desk.decided) + 1)
        said = _said(desk.home.journal)
        kept += [_kept(entry, said) for entry in entries]
        findings.states.update(entry.state for entry in entries)
        findings.types.update(entry.type for entry in entries)
        findings.reviews.update(entry.why or "-" for entry in entries if entry.state == "REVIEW")
        findings.faults += desk.line.faults
        findings.kills += desk.keeper.kills
        findings.decided += len(desk.decided)
        findings.blocked += desk.blocked
        findings.fell += desk.keeper.fell
    refused = {key: course.refusals for desk in desks for key, course in desk.line.courses.items()}
    decided = [key for desk in desks for key in desk.decided]
    foreign = {key for desk in desks for key in desk.others.ids}
    with scene.ledger(data) as bank:
        findings.verdict = judge(ledger.read(bank), kept, decided, foreign, refused)


def _kept(entry: Entry, said: dict[str, list[str]]) -> Kept:
    return Kept(
        command_id=entry.command_id,
        type=entry.type,
        body=entry.body,
        if_match=entry.if_match,
        not_after=entry.not_after,
        state=entry.state,
        why=entry.why,
        confirmed_at=entry.confirmed_at,
        settled_at=entry.settled_at,
        said=tuple(said.get(entry.command_id, ())),
    )


def _said(journal: Path) -> dict[str, list[str]]:
    """Every state that the audit ever named, by command."""
    said: dict[str, list[str]] = {}
    with closing(files.reader(journal)) as database:
        for row in audit.rows(database.conn):
            payload = json.loads(row.payload)
            if "to" in payload and "command_id" in payload:
                said.setdefault(payload["command_id"], []).append(payload["to"])
    return said
