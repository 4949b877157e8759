"""`riskdesk bench review`: what is recommended for honest and invented applicants of a sandbox's world.

A world is played through the whole product; then every application is judged twice, as it arrived and half a day later,
on what was known at that moment: applications, alerts and labels of later are left out. The shipped scorecard and
policy judge. Thresholds may be looked at on seed 1; the figures come from the seeds after it. Whose papers failed a
check of the core's is told apart: no recommendation may approve them.
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
CLEAN, FAILED = "clean", "failed"
"""Whether all of the core's own checks that could be made passed."""
SUSPECTED, WAITS, CHECKS, POINTS, ABILITY = AGAINST = ("suspected", "waits", "checks", "points", "ability")
"""What can speak against somebody, the first counts: what others share or somebody linked, a thin file of today, the
checks, the scorecard's points, an offer that comes to nothing."""
RECENT = 30 * DAY
"""How long after its last critical hit an account's alert is taken to be open."""

Judgement = tuple[str, str, str, Review]
"""An application's class of truth, how its checks went, the moment, and what is recommended then."""
Outcomes = dict[str, dict[str, dict[str, Counter[str]]]]
"""By the same three: how often each choice was recommended, and what spoke against those who are not approved."""


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
    outcomes: Outcomes = defaultdict(lambda: defaultdict(lambda: defaultdict(Counter)))
    for seed in chosen:
        print(f"{WORLD} {seed}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="riskdesk-bench-") as folder:
            for kind, checks, moment, advice in _judged(Path(folder), seed):
                outcomes[kind][checks][moment].update(filter(None, (advice.choice, against(advice))))
    found = {
        "world": WORLD,
        "seeds": chosen,
        "outcomes": {
            kind: {
                checks: {moment: _shares(counts) for moment, counts in moments.items()}
                for checks, moments in told.items()
            }
            for kind, told in outcomes.items()
        },
        "seconds": round(time.monotonic() - began, 1),
        "machine": machine(),
    }
    print(json.dumps(found) if as_json else table(found))
    return Exit.OK


def _judged(folder: Path, seed: int) -> Iterator[Judgement]:
    """Each application of one world, judged at both moments."""
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
                    kind = truth.get(found.resource.account_id or "", ORDINARY)
                    failed = any(check.outcome == "fail" for check in found.case.checks)
                    yield kind, FAILED if failed else CLEAN, moment, review.recommend(known.as_of(found), by)
    finally:
        mirror.close()


def suspects(advice: Review) -> bool:
    """Whether it was what others share, or who is linked, that spoke against somebody, and no check of the core's."""
    told = {one.code for step in advice.steps if step.outcome is Outcome.REFER for one in step.told[:1]}
    return bool(told & {"shared", "known_fraud", "linked_alert"})


def against(advice: Review) -> str | None:
    """What speaks against somebody who is not approved, None for who is."""
    if advice.choice in (Choice.APPROVE, Choice.LESS):
        return None
    standing = [step for step in advice.steps if step.holds or step.outcome is Outcome.FAIL]
    names = {step.name for step in standing}
    if suspects(advice):
        return SUSPECTED
    if any(step.told[0].code == "settles" for step in standing):
        return WAITS
    if names - {"decision", "affordability"}:
        return CHECKS
    return POINTS if "decision" in names else ABILITY


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
    return told | {"applications": total, "against": {one: counts[one] for one in AGAINST}, "approved": bounds}


def table(found: Mapping[str, Any]) -> str:
    """The figures as text."""
    columns = "".join(f"{name:>10}" for name in (*(choice.value for choice in Choice), *AGAINST))
    head = f"{'who applies':20} {'checks':>7} {'judged':>8} {'in all':>7}{columns}"
    lines = [f"world {found['world']}, seeds {found['seeds']}", "", f"{head}  approved, 95 %"]
    rows = [
        (kind, checks, moment, told)
        for kind, papers_ in sorted(found["outcomes"].items())
        for checks, moments in sorted(papers_.items())
        for moment, told in moments.items()
    ]
    for kind, checks, moment, told in rows:
        counts = "".join(f"{told[choice.value]:10}" for choice in Choice)
        counts += "".join(f"{told['against'][one]:10}" for one in AGAINST)
        share = told["approved"]
        words = f"{share['share']:.2f} ({share['low']:.2f} to {share['high']:.2f})"
        lines.append(f"{kind:20}{checks:>8}{moment:>9}{told['applications']:8}{counts}  {words}")
    return "\n".join([*lines, "", f"{found['seconds']} s on {found['machine']}"])
