"""Watchers that the console starts are waited for: one that ended leaves no zombie that looks alive."""

from __future__ import annotations

import sys

import pytest

from console import children
from console.paths import Home
from tests.ui.screens import until


async def test_a_watcher_that_ends_is_reaped(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "command", lambda *_: [sys.executable, "-c", "raise SystemExit(7)"])
    process = children.start_watcher(home, "http://127.0.0.1:1")
    await until(lambda: process.returncode == 7, "the child's end")
