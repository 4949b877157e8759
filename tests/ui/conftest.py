"""A console on a small mirror: fixed clock, fixed language and zone, none of the developer's own settings."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from console import language
from console.paths import Home
from console.settings import Settings
from console.ui import formats, reason_codes, rules
from console.ui.app import RiskDesk
from console.ui.dialogs import foresight
from console.ui.dialogs.foresight import Foreseen
from console.ui.drafts import Draft
from console.ui.widgets.prompt import Prompt
from tests.ui import mirror_builder

Desk = Callable[..., RiskDesk]


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """English, UTC, no motion."""
    for name in ("NO_COLOR", "RISKDESK_HOME", "RISKDESK_LANG", "RISKDESK_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    language.use("en")
    rules.scored_by(None)
    for history in Prompt.histories.values():
        history.clear()
    yield
    language.use("en")
    rules.scored_by(None)
    formats.show_times_in(None)
    reason_codes.told_by(None)


@pytest.fixture
def foreseen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, int | None]]:
    """What the dialogs asked the core about; a test may put a Foreseen of its own into `foresight.foresee`."""
    asked: list[tuple[bytes, int | None]] = []

    def foresee(_home: Home, _meta: object, request: bytes, if_match: int | None, _now: int) -> Foreseen:
        asked.append((request, if_match))
        return Foreseen(None, "watcher", None)

    monkeypatch.setattr(foresight, "foresee", foresee)
    return asked


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror of 200 accounts, made once; tests copy it."""
    path = tmp_path_factory.mktemp("mirror") / "mirror.db"
    mirror_builder.build(path)
    return path


@pytest.fixture
def home(tmp_path: Path, built: Path) -> Home:
    """A home whose mirror is a copy of the built one."""
    place = Home(tmp_path / "home")
    place.make()
    place.mirror.write_bytes(built.read_bytes())
    place.mirror.chmod(0o600)
    return place


@pytest.fixture(scope="session")
def furnished(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a home that holds everything there is to see, made once; tests copy it."""
    from tests.ui.staging import furnish

    place = Home(tmp_path_factory.mktemp("furnished") / "home")
    place.make()
    shutil.copyfile(built, place.mirror)
    place.mirror.chmod(0o600)
    furnish(place)
    return place.folder


@pytest.fixture
def drafts() -> list[Draft]:
    """What the console's dialogs submitted."""
    return []


@pytest.fixture
def desk(home: Home, drafts: list[Draft], foreseen: list[tuple[bytes, int | None]]) -> Desk:
    """Makes the app: a clock that tests move, a watcher that runs, drafts kept instead of journaled."""

    def submit(draft: Draft) -> str:
        drafts.append(draft)
        return f"command-{len(drafts)}"

    def make(
        place: Home = home,
        clock: Callable[[], int] = lambda: mirror_builder.NOW,
        watcher_pid: Callable[[], int | None] = lambda: 4242,
        start_watcher: Callable[[], None] | None = None,
        settings: Settings | None = None,
    ) -> RiskDesk:
        watched = {"watcher_pid": watcher_pid, "start_watcher": start_watcher}
        return RiskDesk(place, clock=clock, submit=submit, settings=settings, **watched)

    return make
