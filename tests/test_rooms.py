"""The house: what loads what, and that the documents say what is true."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from console.cli import parser
from console.exits import Exit

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


@pytest.mark.parametrize("room", ["store.mirror", "console.core.feed", "console.risk.engine", "console.watch.run"])
def test_a_room_below_the_console_loads_no_textual(room: str) -> None:
    assert "textual" not in modules_after(f"import {room}")


def test_the_command_line_loads_nothing_heavy_before_it_runs() -> None:
    loaded = modules_after("from console.cli import parser; parser()")
    heavy = {
        "textual",
        "numpy",
        "httpx",
        "sqlite3",
        "msgspec",
        "pyarrow",
        "starlette",
        "apscheduler",
        "sklearn",
        "optuna",
    }
    assert not loaded & heavy


def test_risk_and_core_use_no_clock_no_sql_no_network_of_their_own() -> None:
    assert not modules_after("import console.risk.engine, console.risk.alerts, console.risk.portrait") & {
        "sqlite3",
        "httpx",
        "socket",
        "asyncio",
    }
    assert "sqlite3" not in modules_after("import console.core.feed, console.core.commands")


def test_the_readmes_commands_are_the_ones_there_are() -> None:
    assert "pip install -q -c constraints.txt . && .venv/bin/riskdesk demo" in README
    assert "pip install -q -c constraints.txt '.[test]' && .venv/bin/python -m pytest" in README
    for command in ("demo", "watch", "sandbox", "act", "audit", "doctor", "paths", "bench"):
        assert f"riskdesk {command}" in README
        with pytest.raises(SystemExit) as ended:
            parser().parse_args([command, "--help"])
        assert ended.value.code == 0
    for code in Exit:
        assert f"{int(code)} " in README.split("Exit codes:")[1].split("\n")[0]


def test_every_dependency_is_bounded_and_has_a_tested_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    tested = {line.split("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()}
    for wanted in project["dependencies"] + project["optional-dependencies"]["test"]:
        name, _, bounds = wanted.partition(">=")
        assert ",<" in bounds, wanted
        assert name.lower() in tested, wanted
    assert "://" not in (ROOT / "constraints.txt").read_text()


def test_watcher_and_console_load_no_library_that_only_fits_or_searches() -> None:
    assert not modules_after("import console.watch.run, console.ui.app") & {"sklearn", "scipy", "optuna", "xgboost"}
