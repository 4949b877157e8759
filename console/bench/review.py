"""`riskdesk bench review`: what is recommended for honest and invented applicants of a sandbox's world.

A world is played through the whole product; then every application is judged twice, as it arrived and half a day later,
on what was known at that moment: applications, alerts and labels of later are left out. The shipped scorecard and
policy judge. Thresholds may be looked at on seed 1; the figures come from the seeds after it.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from console import children
from console.bench.catching_up import catch_up
from console.bench.machine import machine
from console.core.instants import DAY, parse
from console.desk import papers, review
from console.desk.papers import Dossier
from console.exits import Exit
from console.paths import Home
from console.risk.credit.case import Peer
from console.risk.credit.review import CRITICAL, SETTLES, Choice, Outcome, Review
from console.risk.intervals import wilson
from console.sandbox import run as sandbox
from console.sandbox import world as worlds
from store import papers as stored
from store.compare import alert_hits
from store.reader import Reader

WORLD = "applicants"
LOOKED_AT = 1
MOMENTS = {"arrival": 0, "later": SETTLES}
ORDINARY = "ordinary"
SUSPECTED = "suspected"
"""Counts whom something shared or somebody linked spoke against; the rest fell to the core's checks or their points."""
RECENT = 30 * DAY
"""How long after its last critical hit an account's alert is taken to be open."""

Outcomes = dict[str, dict[str, Counter[str]]]
"""By class of truth and moment: how often each choice was recommended, and how many were suspected."""


@dataclass(frozen=True)
class Known:
    """What could be known of accounts at a moment: when they had critical hits, and when a label called them fraud."""

    hits: Mapping[str, list[int]]
    frauds: Mapping[str, int]

    def as_of(self, found: Dossier) -> Dossier:
        """The dossier with its linked accounts as they were."""
        at = found.at
        peers = [
            Peer(
                one.account_id,
                link,
                CRITICAL if any(at - RECENT < hit <= at for hit in self.hits.get(one.account_id, ())) else 0,
                self.frauds.get(one.account_id, at + 1) <= at,
            )
            for link, one in found.known
        ]
        return dataclasses.replace(found, case=replace(found.case, peers=peers))


def run(seeds: int, *, as_json: bool) -> int:
    """Play, judge, and print a table or one JSON object. Raises OSError when a process fails."""
    began, chosen = time.monotonic(), [LOOKED_AT + number for number in range(1, seeds + 1)]
    outcomes: Outcomes = defaultdict(lambda: defaultdict(Counter))
    for seed in chosen:
        print(f"{WORLD} {seed}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="riskdesk-bench-") as folder:
            for kind, moment, advice in _judged(Path(folder), seed):
                outcomes[kind][moment][advice.choice] += 1
                outcomes[kind][moment][SUSPECTED] += suspects(advice)
    found = {
        "world": WORLD,
        "seeds": chosen,
        "outcomes": {
            kind: {moment: _shares(counts) for moment, counts in told.items()} for kind, told in outcomes.items()
        },
        "seconds": round(time.monotonic() - began, 1),
        "machine": machine(),
    }
    print(json.dumps(found) if as_json else table(found))
    return Exit.OK


def _judged(folder: Path, seed: int) -> Iterator[tuple[str, str, Review]]:
    """Each application of one world: its class of truth, when it was judged, and what was recommended."""
    data, home = folder / "core", Home(folder / "home")
    days = str(worlds.load(WORLD).history_days)
    options = ("--world", WORLD, "--seed", str(seed), "--days", days, "--data", str(data))
    with children.sandbox(*options, log=folder / "sandbox.log") as origin:
        catch_up(home, origin, "--rules-only")
    truth = classes((act.account, act.typology) for act in sandbox.acts(data))
    mirror, by = Reader(home.mirror), review.rules(None)
    try:
        known = _known(home.mirror, mirror)
        for paper in stored.all_of(mirror, "application"):
            resource = papers.read(paper)
            for moment, later in MOMENTS.items():
                asked_at = papers.asked_at(resource) if resource is not None else 0
                found = papers.dossier(mirror, paper, asked_at + later)
                if found is not None:
                    advice = review.recommend(known.as_of(found), by)
                    yield truth.get(found.resource.account_id or "", ORDINARY), moment, advice
    finally:
        mirror.close()


def suspects(advice: Review) -> bool:
    """Whether it was what others share, or who is linked, that spoke against somebody, and no check of the core's."""
    told = {one.code for step in advice.steps if step.outcome is Outcome.REFER for one in step.told[:1]}
    return bool(told & {"shared", "known_fraud", "linked_alert"})


def classes(acts: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each account's first story: an applicant's is the one that begins with the application."""
    first: dict[str, str] = {}
    for account, typology in acts:
        first.setdefault(account, typology)
    return first


def _known(path: Path, mirror: Reader) -> Known:
    hits: dict[str, list[int]] = defaultdict(list)
    for account_id, at in alert_hits(path, CRITICAL):
        hits[account_id].append(at)
    frauds: dict[str, int] = {}
    for paper in stored.all_of(mirror, "label"):
        label = json.loads(paper.doc)
        if label["verdict"] == "fraud" and label.get("account_id"):
            at = parse(label["recorded_at"])
            frauds[label["account_id"]] = min(at, frauds.get(label["account_id"], at))
    return Known(hits, frauds)


def _shares(counts: Counter[str]) -> dict[str, Any]:
    total = sum(counts[choice] for choice in Choice)
    approved = wilson(counts[Choice.APPROVE] + counts[Choice.LESS], total)
    told: dict[str, Any] = {choice.value: counts[choice] for choice in Choice}
    bounds = {"share": approved.value, "low": approved.low, "high": approved.high} if approved else None
    return told | {"applications": total, SUSPECTED: counts[SUSPECTED], "approved": bounds}


def table(found: Mapping[str, Any]) -> str:
    """The figures as text."""
    choices = [*(choice.value for choice in Choice), SUSPECTED]
    head = f"{'who applies':20}{'judged':>9}{'in all':>8}" + "".join(f"{choice:>10}" for choice in choices)
    lines = [f"world {found['world']}, seeds {found['seeds']}", "", f"{head}  approved, 95 %"]
    for kind, moments in sorted(found["outcomes"].items()):
        for moment, told in moments.items():
            counts = "".join(f"{told[choice]:10}" for choice in choices)
            share = told["approved"]
            words = f"{share['share']:.2f} ({share['low']:.2f} to {share['high']:.2f})"
            lines.append(f"{kind:20}{moment:>9}{told['applications']:8}{counts}  {words}")
    return "\n".join([*lines, "", f"{found['seconds']} s on {found['machine']}"])
