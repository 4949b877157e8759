"""Two people on one sandbox; a home, and an environment that tells nothing of the world outside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from console import language
from console.core.client import CoreClient
from console.paths import Home
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


@pytest.fixture
def home(tmp_path: Path) -> Home:
    place = Home(tmp_path / "home")
    place.make()
    return place


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """English, and none of the developer's own channels, certificates and proxies."""
    language.use("en")
    for name in ("RISKDESK_NOTIFY", "RISKDESK_CA", "REQUESTS_CA_BUNDLE", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
