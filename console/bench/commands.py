"""`riskdesk bench commands`: how fast a decision takes effect, and with faults, that none is lost, doubled, laid over a
newer one, shown as confirmed without effect or left without an answer.

With faults, three crippled dispatchers go through the same trial first: a judge that misses them proves nothing.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from console.bench.faults import crippled, latency, trial
from console.bench.faults.judge import Verdict
from console.bench.faults.operator import Pace
from console.bench.faults.plan import Moment
from console.bench.faults.trial import Findings
from console.bench.machine import machine
from console.exits import Exit

COMMANDS = 5_000
CRIPPLED_COMMANDS = 120
MEASURED_COMMANDS = 120
WIRE_P95_MS, CONFIRMED_P95_MS = 100, 500
"""Promised: from the key to the wire, and to confirmed on the screen."""


def run(count: int, seed: int, faults: bool, *, as_json: bool) -> int:
    """Measure, and with `faults` put `count` commands to the trial; print tables or one JSON object.

    Exit code 0 when no command went wrong and every crippled dispatcher was caught. Raises OSError when a process does
    not start.
    """
    figures: dict[str, Any] = {"commands": 0, **Verdict().counts(), "seed": seed}
    passed = True
    if faults:
        figures["crippled"] = {kind: _crippled(kind, seed) for kind in crippled.KINDS}
        _say(f"{count} commands")
        findings = trial.run(count, seed)
        figures |= _told(findings)
        passed = findings.flawless and all(result["caught"] for result in figures["crippled"].values())
        _complain(findings.verdict)
    _say("latency")
    figures |= _latencies(count if not faults and count < MEASURED_COMMANDS else MEASURED_COMMANDS)
    figures["machine"] = machine()
    if as_json:
        print(json.dumps(figures))
    else:
        _print(figures)
    return Exit.OK if passed else Exit.FAILED


def _crippled(kind: str, seed: int) -> dict[str, Any]:
    """What the judge finds against a dispatcher that lacks one support."""
    _say(f"crippled: {kind}")
    findings = trial.run(CRIPPLED_COMMANDS, seed, pace=Pace(patience_s=15), program=crippled.program(kind))
    counts = findings.verdict.counts()
    return {"caught": counts[crippled.BREAKS[kind]] > 0, "commands": findings.decided, **counts}


def _say(stage: str) -> None:
    """A run takes minutes: say where it is."""
    print(stage, file=sys.stderr, flush=True)


def _told(findings: Findings) -> dict[str, Any]:
    kills: dict[str, int] = {str(moment): 0 for moment in Moment}
    for (moment, _), number in findings.kills.items():
        kills[moment] += number
    return {
        "commands": findings.decided,
        **findings.verdict.counts(),
        "seconds": findings.seconds,
        "states": _sorted(findings.states),
        "types": _sorted(findings.types),
        "reviews": _sorted(findings.reviews),
        "faults": _sorted(findings.faults),
        "kills": kills,
        "killed_in": _sorted({f"{moment} -> {state}": n for (moment, state), n in findings.kills.items()}),
        "watchers_fell": findings.fell,
        "broken_audits": findings.broken_audits,
    }


def _sorted(counts: dict[str, int]) -> dict[str, int]:
    return {str(name): number for name, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}


def _latencies(count: int) -> dict[str, Any]:
    times = latency.measure(count)
    return {
        "wire_p95_ms": _p95(times.wire),
        "confirmed_p95_ms": _p95(times.screen),
        "journal_confirmed_p95_ms": _p95(times.confirmed),
        "measured_commands": len(times.wire),
        "events_per_s": round(times.events_per_s),
    }


def _p95(values: list[float]) -> float | None:
    return round(sorted(values)[min(len(values) - 1, int(len(values) * 0.95))], 1) if values else None


def _complain(verdict: Verdict) -> None:
    for category, sentences in vars(verdict).items():
        for sentence in sentences:
            print(f"{category}: {sentence}", file=sys.stderr)


def _print(figures: dict[str, Any]) -> None:
    for name, value in figures.items():
        if isinstance(value, dict):
            print(name)
            for part, number in value.items():
                print(f"  {part:34} {_line(number)}")
        else:
            print(f"{name:36} {value}")


def _line(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number}" for name, number in value.items())
    return str(value)
