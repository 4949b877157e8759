"""The pulse screen and its plots."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from console.paths import Home
from console.ui import plots
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import build_verdicts
from tests.ui.screens import frame, ready, shown, until


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=60), st.integers(20, 130), st.integers(4, 30))
def test_a_plot_keeps_to_its_room(values: list[int], width: int, height: int) -> None:
    rows = plots.line(values, 1 - len(values), "h", width, height)
    assert rows
    assert len(rows) <= height
    assert all(cell_len(row) <= width for row in rows)


def test_a_plot_without_room_or_values_is_none() -> None:
    assert plots.line([1], 0, "h", 80, 10) == []
    assert plots.line([1, 2], -1, "h", 12, 10) == []
    assert plots.line([1, 2], -1, "h", 80, 3) == []


def test_higher_values_stand_higher() -> None:
    rows = plots.line([0] * 20 + [9] * 20, -39, "h", 60, 10)
    top, bottom = rows[1], rows[-3]
    left, right = slice(1, 20), slice(30, 45)
    assert not top[left].strip()
    assert top[right].strip()
    assert bottom[left].strip()


async def test_the_figures_are_read_and_the_plots_fit_the_width(home: Home, desk: Desk) -> None:
    build_verdicts(home.mirror)
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("9")
        await shown(app, "67% (44–84)")
        assert "alerts opened, by hour" in frame(app)
        assert "by day" not in frame(app)
        await pilot.resize_terminal(120, 40)
        await shown(app, "alerts opened, by day")


async def test_a_mirror_that_can_not_be_read_is_said(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        home.mirror.write_bytes(b"no database at all" * 100)
        await pilot.press("9")
        await shown(app, "The figures can't be read")
        await until(lambda: app.screen.told is None, "no figures")


def test_the_plotting_library_is_loaded_with_the_first_plot_only() -> None:
    script = "import sys, console.ui.app, console.ui.screens.pulse; print('uniplot' in sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "False"
