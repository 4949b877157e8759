"""The command trial itself, short: real journal, real watchers that are killed, real sandbox behind the lying line."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from console.bench import commands
from console.bench.faults import crippled, latency, proxy, trial
from console.bench.faults.judge import Verdict
from console.bench.faults.latency import Times
from console.bench.faults.operator import Pace
from console.bench.faults.plan import Moment
from console.bench.faults.trial import Findings

SHORT = Pace(deadline_s=3, approval_s=3, patience_s=75)


def test_no_command_is_lost_doubled_laid_over_or_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "SLOWLY_S", 4.0)
    findings = trial.run(100, 3, desks=2, pace=SHORT)
    assert findings.verdict == Verdict()
    assert findings.decided == 100
    assert findings.flawless
    assert findings.kills.total() > 0
    assert findings.faults.total() > 20
    assert findings.states["CONFIRMED"] > 0


@pytest.mark.parametrize("honest", [True, False])
def test_the_benchmark_prints_its_figures_and_fails_on_any_fault(
    honest: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def tried(count: int, seed: int, *, program: tuple[str, ...] = (), pace: Pace | None = None) -> Findings:
        verdict = Verdict() if honest else Verdict(lost=["x"])
        if program:
            verdict = Verdict(**{crippled.BREAKS[program[-1]]: ["x"]})
        return Findings(decided=count, verdict=verdict, kills=Counter({(Moment.ACKED, "ACKED"): 2}))

    monkeypatch.setattr(trial, "run", tried)
    monkeypatch.setattr(latency, "measure", lambda count: Times([1.0] * count, [2.0] * count, [3.0] * count, 2_000))
    assert commands.run(50, 7, True, as_json=True) == (0 if honest else 1)
    figures = json.loads(capsys.readouterr().out)
    assert {name: figures[name] for name in ("commands", "lost", "doubled", "overridden", "seed")} == {
        "commands": 50,
        "lost": 0 if honest else 1,
        "doubled": 0,
        "overridden": 0,
        "seed": 7,
    }
    assert (figures["false_confirmed"], figures["unresolved"]) == (0, 0)
    assert (figures["wire_p95_ms"], figures["confirmed_p95_ms"]) == (1.0, 3.0)
    assert {kind: result["caught"] for kind, result in figures["crippled"].items()} == dict.fromkeys(
        crippled.KINDS, True
    )
    assert figures["kills"]["ACKED"] == 2


@pytest.mark.parametrize("kind", crippled.KINDS)
def test_a_judge_who_misses_a_crippled_dispatcher_fails_the_benchmark(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tried(count: int, seed: int, *, program: tuple[str, ...] = (), pace: Pace | None = None) -> Findings:
        caught = {crippled.BREAKS[program[-1]]: ["x"]} if program and program[-1] != kind else {}
        return Findings(decided=count, verdict=Verdict(**caught))

    monkeypatch.setattr(trial, "run", tried)
    monkeypatch.setattr(latency, "measure", lambda count: Times([1.0], [1.0], [1.0], 2_000))
    assert commands.run(10, 1, True, as_json=False) == 1
