"""Real processes over real HTTP: a sandbox, the watcher and the command line, in homes of their own."""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.paths import Home
from console.sandbox.run import Sandbox, SandboxOptions
from tests.processes import Riskdesk, Whole


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., Riskdesk]]:
    """Makes a desk of its own name on a core, with a copy of another's home if told; what it started is stopped."""
    made: list[Riskdesk] = []

    def make(core: str, name: str = "home", like: Riskdesk | None = None) -> Riskdesk:
        if like is not None:
            shutil.copytree(like.home.folder, tmp_path / name)
        made.append(Riskdesk(Home(tmp_path / name), core))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture(scope="session")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small recorded stream in the handbook's columns: 30 days, 60 cards, 25 terminals, some frauds."""
    path = tmp_path_factory.mktemp("streams") / "small.csv"
    chance, at = random.Random(7), datetime(2018, 4, 1, tzinfo=UTC)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["transaction_id", "occurred_at", "account_id", "terminal_id", "amount_minor", "fraud"])
        for number in range(6000):
            at += timedelta(seconds=chance.randrange(0, 860))
            fraud = int(chance.random() < 0.02)
            amount = chance.randrange(100, 9000) * (12 if fraud else 1)
            when = at.strftime("%Y-%m-%d %H:%M:%S")
            rows.writerow([number, when, chance.randrange(60), chance.randrange(25), amount, fraud])
    return path


@pytest.fixture(scope="session")
def replay(stream: Path) -> Iterator[Sandbox]:
    """A sandbox that replays the small stream as fast as it is read."""
    with Sandbox(SandboxOptions(replay=stream)) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def whole(replay: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """A desk that has read all of the small stream, and what its watcher reported; tests read it, or copy its home."""
    one = Riskdesk(Home(tmp_path_factory.mktemp("whole") / "home"), replay.origin)
    return one, one.catch_up()


@pytest.fixture
def world() -> Iterator[Sandbox]:
    """A sandbox in which a small demo world lives."""
    with Sandbox(SandboxOptions(world="demo", population=60, speed=60)) as sandbox:
        yield sandbox
