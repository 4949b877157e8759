"""`riskdesk bench detect`: which frauds of the sandbox's worlds are alerted in time, and what that costs honest people.

Each world goes through the whole product twice, with rules only and with the learner in step. Rules and settings may be
tuned on seed 1 only; the figures come from the seeds after it.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from console import children
from console.bench.catching_up import catching_up, report_of
from console.bench.episodes import FalseAlerts, Judgement, Outcome, Period, judge
from console.bench.machine import machine
from console.core.instants import DAY
from console.desk.pack_files import packs
from console.exits import Exit
from console.paths import Home
from console.risk.intervals import wilson
from console.sandbox import run as sandbox
from console.sandbox.life import PLAYED_FROM
from console.sandbox.world import load
from store.compare import alert_hits, opened_accounts

TUNED_ON = 1
TRIAL, DRIFT = "trial", "drift"
DAYS = 75
"""Days of a world."""
JUDGED_FROM = 45
"""Day from which it is judged: labels have come and been learned from by then."""
DRIFT_SEEDS = 3
BEFORE_DRIFT = 7
"""Days before the new typology that the curve shows."""
MODES: dict[str, list[str]] = {"rules": ["--rules-only"], "learner": []}

Judged = dict[str, list[Judgement]]
"""By mode one judgement a seed."""


@dataclass(frozen=True)
class Trial:
    """What to run: so many seeds after the one that is tuned on, or that one only; rules of one's own."""

    seeds: int = 5
    tuning: bool = False
    packs: Path | None = None

    @property
    def chosen(self) -> list[int]:
        return [TUNED_ON] if self.tuning else [TUNED_ON + number for number in range(1, self.seeds + 1)]


def run(asked: Trial, *, as_json: bool) -> int:
    """Play, judge, and print tables or one JSON object. Raises OSError when a process fails."""
    began = time.monotonic()
    trial = _judged(TRIAL, asked.chosen, asked.packs, JUDGED_FROM)
    drift = _judged(DRIFT, asked.chosen[:DRIFT_SEEDS], asked.packs, _drift_day() - BEFORE_DRIFT)
    found = {
        "seeds": asked.chosen,
        "tuned_on": TUNED_ON,
        "judged_days": [JUDGED_FROM, DAYS],
        "typologies": shares(trial, "frauds"),
        "lookalikes": shares(trial, "lookalikes"),
        "false_alerts": false_alerts(trial),
        "drift": curve(drift, _drift_day()),
        "seconds": round(time.monotonic() - began, 1),
        "machine": machine(),
    }
    print(json.dumps(found) if as_json else table(found))
    return Exit.OK


def _drift_day() -> int:
    return int(min(load(DRIFT).begin_on_day.values()))


def _judged(world: str, seeds: Iterable[int], chosen: Path | None, from_day: int) -> Judged:
    judged: Judged = {mode: [] for mode in MODES}
    for seed in seeds:
        print(f"{world} {seed}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="riskdesk-bench-") as folder:
            for mode, judgement in _play(Path(folder), world, seed, chosen, from_day).items():
                judged[mode].append(judgement)
    return judged


def _play(folder: Path, world: str, seed: int, chosen: Path | None, from_day: int) -> dict[str, Judgement]:
    """One world, followed by one watcher of each mode at the same time."""
    data = folder / "core"
    options = ("--world", world, "--seed", str(seed), "--days", str(DAYS), "--data", str(data))
    rules = ["--packs", str(chosen)] if chosen else []
    homes = {mode: Home(folder / mode) for mode in MODES}
    with ExitStack() as stack:
        origin = stack.enter_context(children.sandbox(*options, log=folder / "sandbox.log"))
        watchers = {
            mode: stack.enter_context(catching_up(home, origin, *MODES[mode], *rules)) for mode, home in homes.items()
        }
        for mode, watcher in watchers.items():
            report_of(watcher, homes[mode])
    acts, level = sandbox.acts(data), packs(chosen).alert_level
    period = Period(PLAYED_FROM + from_day * DAY, PLAYED_FROM + DAYS * DAY)
    return {
        mode: judge(acts, alert_hits(home.mirror, level), opened_accounts(home.mirror), period)
        for mode, home in homes.items()
    }


# ---------------------------------------------------------------- figures


def shares(judged: Judged, part: str) -> dict[str, Any]:
    """By kind of episode and mode: episodes, share alerted with its interval over all seeds, and each seed's share."""
    found: dict[str, Any] = defaultdict(dict)
    for mode, judgements in judged.items():
        seeds = [_by_kind(getattr(judgement, part)) for judgement in judgements]
        for kind in sorted({kind for seed in seeds for kind in seed}):
            outcomes = [outcome for seed in seeds for outcome in seed.get(kind, [])]
            found[kind][mode] = _share(outcomes) | {
                "seeds": [_share(seed[kind])["share"] for seed in seeds if kind in seed]
            }
    return found


def false_alerts(judged: Judged) -> dict[str, Any]:
    """By mode: false alerts per 1,000 account-days, each seed's, their mean and deviation, and on each look-alike."""
    found = {}
    for mode, judgements in judged.items():
        rates = [judgement.everybody.per_thousand for judgement in judgements]
        kinds = sorted({kind for judgement in judgements for kind in judgement.by_lookalike})
        found[mode] = {
            "per_1000_account_days": fmean(rates),
            "deviation": stdev(rates) if len(rates) > 1 else 0.0,
            "seeds": rates,
            "by_lookalike": {
                kind: _total(judgement.by_lookalike[kind] for judgement in judgements if kind in judgement.by_lookalike)
                for kind in kinds
            },
        }
    return found


def curve(judged: Judged, drift_day: int) -> list[dict[str, Any]]:
    """Day by day from the new typology on: episodes that began and the share alerted in time, new ones and others."""
    days = []
    for day in range(drift_day - BEFORE_DRIFT, DAYS):
        row: dict[str, Any] = {"day": day - drift_day}
        for mode, judgements in judged.items():
            began = [
                outcome
                for judgement in judgements
                for outcome in judgement.frauds
                if (outcome.began - PLAYED_FROM) // DAY == day
            ]
            new = load(DRIFT).begin_on_day
            row[mode] = {
                "new": _share([outcome for outcome in began if outcome.typology in new]),
                "others": _share([outcome for outcome in began if outcome.typology not in new]),
            }
        days.append(row)
    return days


def _by_kind(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    kinds: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        kinds[outcome.typology].append(outcome)
    return kinds


def _share(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    share = wilson(sum(outcome.alerted for outcome in outcomes), len(outcomes))
    if share is None:
        return {"episodes": 0, "share": None, "low": None, "high": None}
    return {"episodes": share.of, "share": share.value, "low": share.low, "high": share.high}


def _total(parts: Iterable[FalseAlerts]) -> float:
    alerts, days = map(sum, zip(*parts, strict=True))
    return FalseAlerts(alerts, days).per_thousand


# ---------------------------------------------------------------- for people


def table(found: dict[str, Any]) -> str:
    """The figures as text."""
    lines = [f"seeds {found['seeds']} (tuned on {found['tuned_on']}), days {found['judged_days']}", ""]
    lines += _shares_table("frauds alerted before half their loss", found["typologies"])
    lines += _shares_table("look-alikes that raised an alert", found["lookalikes"])
    lines.append(f"{'false alerts per 1,000 account-days':40}" + "".join(f"{mode:>22}" for mode in MODES))
    rates = found["false_alerts"]
    lines.append(
        f"{'everybody (mean, deviation of seeds)':40}"
        + "".join(f"{rates[mode]['per_1000_account_days']:14.2f} ± {rates[mode]['deviation']:5.2f}" for mode in MODES)
    )
    for kind in rates["rules"]["by_lookalike"]:
        lines.append(f"{kind:40}" + "".join(f"{rates[mode]['by_lookalike'][kind]:22.1f}" for mode in MODES))
    lines += ["", "a new typology begins on day 0: episodes begun, share alerted in time"]
    lines.append(f"{'day':>4}" + "".join(f"{mode + ' new':>20}{mode + ' others':>20}" for mode in MODES))
    for row in found["drift"]:
        cells = "".join(f"{_cell(row[mode]['new']):>20}{_cell(row[mode]['others']):>20}" for mode in MODES)
        lines.append(f"{row['day']:4}{cells}")
    return "\n".join([*lines, "", f"{found['seconds']} s on {found['machine']}"])


def _shares_table(title: str, kinds: dict[str, Any]) -> list[str]:
    lines = [f"{title:40}{'episodes':>9}" + "".join(f"{mode:>22}{'seeds':>14}" for mode in MODES)]
    for kind, modes in sorted(kinds.items()):
        cells = "".join(f"{_interval(modes[mode]):>22}{_spread(modes[mode]['seeds']):>14}" for mode in MODES)
        lines.append(f"{kind:40}{modes['rules']['episodes']:9}{cells}")
    return [*lines, ""]


def _interval(share: dict[str, Any]) -> str:
    return f"{share['share']:.2f} ({share['low']:.2f} to {share['high']:.2f})"


def _spread(seeds: list[float]) -> str:
    return f"± {stdev(seeds):.2f}" if len(seeds) > 1 else "-"


def _cell(share: dict[str, Any]) -> str:
    return f"{share['episodes']}: {share['share']:.2f}" if share["episodes"] else "-"
