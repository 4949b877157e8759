"""`riskdesk bench quality`: how well the product finds the frauds of a recorded stream.

The stream goes through the whole product, the sandbox over HTTP and the watcher with its models in step; what is judged
is the score that each transaction got when it arrived, as the mirror keeps it. With weeks to tell apart, the last four
are the test and the four before them are where parameters may be chosen.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from console import children
from console.bench import protocol
from console.bench.alert_policy import alerting_at
from console.bench.catching_up import catching_up, report_of
from console.bench.desk import STEP_MINUTES, Desk, Truth, work
from console.bench.machine import machine
from console.bench.protocol import WEEK, Figures, Rows, figures, recall_at
from console.bench.stream import Stream, read_stream
from console.core.instants import DAY
from console.desk.pack_files import packs
from console.exits import Exit
from console.language import tr
from console.paths import Home
from store.compare import scored_by, transaction_scores

WEEKS = 4
"""Weeks of the test, and weeks before it for choosing parameters."""
LAST_DAYS = {"sparkov": 120}
"""Streams judged by their last days as one, by the name of their mapping."""
FALSE_POSITIVES = 0.01
ALERTS_OF_A_DESK = 0.05
"""A desk that can judge 100 accounts a day wants that many alerts: with the shipped rules and learner, this score
brings them on the handbook's stream from its third week on."""


@dataclass(frozen=True)
class Run:
    """What to replay and how: days until a fraud is known, a desk's verdicts a day (0: no desk), rules of one's own.

    `alert_at` is the score from which alerts open; without it the rules' own policy, or ALERTS_OF_A_DESK with a desk.
    """

    stream: Path | None
    label_delay_days: float = 7.0
    desk: int = 0
    packs: Path | None = None
    alert_at: float | None = None


def run(asked: Run, *, as_json: bool) -> int:
    """Replay, judge, and print a table or one JSON object. Raises OSError or ValueError for a stream that is none."""
    stream = asked.stream
    if stream is None or not stream.exists():
        print(tr("bench.no_stream", path=stream or ""), file=sys.stderr)
        return Exit.OK
    truth = read_stream(stream)
    if asked.desk and asked.alert_at is None:
        asked = replace(asked, alert_at=ALERTS_OF_A_DESK)
    policy = packs(asked.packs)
    setting = {
        "label_delay_days": asked.label_delay_days,
        "desk": asked.desk,
        "packs": str(asked.packs or "shipped"),
        "alert_at": policy.thresholds[policy.alert_level - 1] if asked.alert_at is None else asked.alert_at,
    }
    with tempfile.TemporaryDirectory(prefix="riskdesk-bench-") as folder:
        home = Home(Path(folder) / "home")
        if asked.alert_at is not None:
            asked = replace(asked, packs=alerting_at(asked.packs, asked.alert_at, Path(folder) / "packs"))
        report = _watched(home, stream, asked, truth)
        scores, models = transaction_scores(home.mirror), scored_by(home.mirror)
    found = judged(truth, truth.scored(scores))
    found |= {**setting, "models": models, **report, "machine": machine()}
    print(json.dumps(found) if as_json else table(found))
    return Exit.OK


def _watched(home: Home, stream: Path, asked: Run, truth: Stream) -> dict[str, Any]:
    """The watcher's report, and the verdicts where there was a desk."""
    home.make()
    replay = ["--replay", str(stream), "--label-delay-days", str(asked.label_delay_days)]
    lockstep = ["--lockstep", str(STEP_MINUTES)] if asked.desk else []
    packs = ["--packs", str(asked.packs)] if asked.packs else []
    with (
        children.sandbox(*replay, *lockstep, log=home.folder / "sandbox.log") as origin,
        catching_up(home, origin, *packs) as watcher,
    ):
        verdicts = _judge_alerts(home, origin, watcher, asked, truth) if asked.desk else {}
        return {**report_of(watcher, home), **verdicts}


def _judge_alerts(
    home: Home, origin: str, watcher: subprocess.Popen[bytes], asked: Run, truth: Stream
) -> dict[str, Any]:
    desk = Desk(origin, Truth(truth, asked.label_delay_days), asked.desk)
    first = int(truth.occurred_at[0] // DAY)
    try:
        work(desk, home, watcher, lambda day: print(truth.date(day - first), file=sys.stderr, flush=True))
    finally:
        desk.close()
    return {"verdicts": desk.judged}


def judged(stream: Stream, rows: Rows) -> dict[str, Any]:
    """The figures of a scored stream: `auc`, `ap`, `cp100`, `weeks`, and what else its protocol gives.

    Raises ValueError when the stream is shorter than its protocol.
    """
    name, days = stream.mapping.name, int(stream.day[-1]) + 1
    if name in LAST_DAYS:
        return _last_days(stream, rows, days - LAST_DAYS[name])
    first = days - 2 * WEEKS * WEEK
    if first < 0:
        raise ValueError(f"a stream of {days} days has no {2 * WEEKS} weeks to judge")
    starts = range(first, days, WEEK)
    weeks = [protocol.week(rows, start) for start in starts]
    tuning, test = protocol.mean(weeks[:WEEKS]), protocol.mean(weeks[WEEKS:])
    return {
        "stream": name,
        **test._asdict(),
        "tuning": tuning._asdict(),
        "weeks": [
            {"week": stream.date(start), "set": "tuning" if start < starts[WEEKS] else "test", **week._asdict()}
            for start, week in zip(starts, weeks, strict=True)
        ],
    }


def _last_days(stream: Stream, rows: Rows, first: int) -> dict[str, Any]:
    if first < 0:
        raise ValueError(f"a stream of {len(set(stream.day))} days is too short to judge")
    part = rows.where(rows.day >= first)
    return {
        "stream": stream.mapping.name,
        **figures(part)._asdict(),
        "recall_at_1pct_fp": recall_at(part.fraud, part.score, FALSE_POSITIVES),
        "from": stream.date(first),
        "weeks": [],
    }


def table(found: dict[str, Any]) -> str:
    """The figures for people."""
    lines = [f"{'':24}{'AUC':>8}{'AP':>8}{'CP@100':>8}"]
    for week in found["weeks"]:
        lines.append(_line(f"{week['week']} ({week['set']})", week))
    if "tuning" in found:
        lines += [_line("mean, tuning weeks", found["tuning"]), _line("mean, test weeks", found)]
    else:
        lines.append(_line(f"from {found['from']}", found))
    shown = {*Figures._fields, "weeks", "tuning", "from"}
    return "\n".join([*lines, *(f"{name:24}{_plain(value)}" for name, value in found.items() if name not in shown)])


def _line(name: str, of: dict[str, Any]) -> str:
    return f"{name:24}" + "".join(f"{of[figure]:8.4f}" for figure in Figures._fields)


def _plain(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
