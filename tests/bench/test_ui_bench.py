"""The console's benchmark: which frame shows a key's effect, and a run of all of it on a small mirror."""

from __future__ import annotations

import json

import pytest

from console.bench import ui
from console.bench.terminal import FRAME_END
from console.bench.typist import Typist

CURSOR = ui.background("#005f87")


class Painted:
    """A terminal that paints, at each reading, the next of some parts."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = list(parts)

    def type(self, keys: bytes) -> None:
        pass

    def read(self, within_s: float) -> bytes:
        return self.parts.pop(0) if self.parts else b""


def row(line: int, account: bytes, style: bytes = b"0") -> bytes:
    return b"\x1b[%d;1H\x1b[%sm %s  12 s \x1b[0m" % (line, style, account)


def test_only_a_frame_with_another_cursor_row_ends_the_wait() -> None:
    terminal = Painted(
        row(5, b"acc.05", CURSOR) + FRAME_END,
        row(9, b"acc.09") + FRAME_END,
        row(5, b"acc.05") + row(6, b"acc.06", CURSOR),
        FRAME_END,
        row(6, b"acc.99", CURSOR) + FRAME_END,
    )
    typist = Typist(terminal, CURSOR)
    typist.press(b"j")
    typist.press(b"j")
    assert terminal.parts == [row(6, b"acc.99", CURSOR) + FRAME_END]
    typist.press(b"j")
    assert terminal.parts == []


def test_all_of_it_on_a_small_mirror(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(ui, "SETTLE_S", 0.1)
    monkeypatch.setattr(ui, "STEADY_S", 0.5)
    ui.run(2_000, 300, 200, 5, 1_000, as_json=True)
    figures = json.loads(capfd.readouterr().out)
    assert (figures["accounts"], figures["alerts"]) == (2_000, 300)
    assert 0 < figures["events_per_s"] <= 201
    named = ("key_p50_ms", "key_p99_ms", "first_screen_ms", "rss_mb", "datatable_key_p50_ms", "datatable_key_p99_ms")
    assert all(figures[name] > 0 for name in named)
