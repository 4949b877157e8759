"""The ingest benchmark on a small world: a whole run, proved by digest, with the figures that others read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.bench import ingest
from console.bench.ingest import Workload


def test_a_small_world_is_played_served_and_mirrored_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert ingest.run(Workload(None, None, accounts=100, days=1.0), 0, as_json=True) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["digest_equal"] is True
    assert figures["transactions"] == figures["scored"] > 0
    asked = {"events_per_s", "ratio_raw", "page_p50_ms", "page_p99_ms", "rss_mb", "refit_wait_s"}
    asked |= {"events_per_s_running", "scored_by_models"}
    assert figures["events_per_s_running"] >= figures["events_per_s"] > 0
    stages = {f"{stage}_us" for stage in ("decode", "translate", "score", "rows", "log", "commit")}
    assert asked | stages <= figures.keys()


def test_a_stream_that_is_not_there_is_told_and_skipped(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert ingest.run(Workload(tmp_path / "none.csv", None, 1, 1.0), 0, as_json=True) == 0
    assert "none.csv" in capsys.readouterr().err
