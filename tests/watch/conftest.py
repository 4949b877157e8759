"""Two people on one sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from console.core.client import CoreClient
from console.sandbox.run import Sandbox
from store.journal import Journal
from tests.watch.two_people import NUMBERS, House, Line


@pytest.fixture(scope="module")
def core() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
async def house(core: Sandbox, tmp_path: Path) -> AsyncIterator[House]:
    journal, line = Journal(tmp_path / "journal.db"), Line()
    async with (
        CoreClient(core.origin, lambda: "sandbox-operator") as operator,
        CoreClient(core.origin, lambda: "sandbox-supervisor", line) as supervisor,
    ):
        yield House(core, journal, line, operator, supervisor, NUMBERS)
    journal.close()
