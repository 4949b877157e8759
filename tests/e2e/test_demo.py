"""README command one on a real terminal: live, and gone without a trace when the terminal closes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from console.bench.terminal import Terminal


def test_the_demo_is_live_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("RISKDESK_LANG", "en")
    with Terminal([sys.executable, "-m", "console", "demo"], 80, 24) as terminal:
        terminal.until(b"acc.", 60)
        assert any(name.startswith("riskdesk-demo-") for name in os.listdir(tmp_path))
        assert terminal.hang_up(30)
    assert [name for name in os.listdir(tmp_path) if name.startswith("riskdesk-")] == []
