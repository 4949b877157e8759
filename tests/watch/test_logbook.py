"""The watcher's log stays short, and no line of it is lost or written twice."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest

from console.children import open_private
from console.ui.tail import Tail
from console.watch import logbook
from console.watch.logbook import Logbook


def write(path: Path, records: int, before: str = "") -> None:
    """Log so many numbered records to a file, as a process does whose standard error it is."""
    with open_private(path) as file, os.fdopen(os.dup(file.fileno()), "a", encoding="utf-8") as stream:
        book = Logbook(path, stream)
        for number in range(records):
            book.emit(logging.LogRecord("riskdesk", logging.INFO, "", 0, f"{before}{number}", None, None))


def test_a_long_log_begins_anew_without_losing_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logbook, "MOST_BYTES", 600)
    path, older = tmp_path / "watcher.log", tmp_path / "watcher.log.1"
    tail = Tail(path)
    write(path, 100)
    tail.look()
    write(path, 150, "more ")
    assert path.stat().st_size < 600
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = (older.read_text() + path.read_text()).splitlines()
    assert lines == [f"more {number}" for number in range(150)][-len(lines) :]
    assert len(lines) > 50
    assert tail.look()
    assert [line.text for line in tail.lines] == path.read_text().splitlines()


def test_what_is_no_log_of_the_home_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logbook, "MOST_BYTES", 10)
    (tmp_path / "watcher.log").write_text("other")
    with (tmp_path / "elsewhere").open("a") as stream:
        book = Logbook(tmp_path / "watcher.log", stream)
        book.emit(logging.LogRecord("riskdesk", logging.INFO, "", 0, "x" * 100, None, None))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["elsewhere", "watcher.log"]
