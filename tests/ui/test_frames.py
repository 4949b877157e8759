"""Golden frames: what every screen looks like, as text, at two sizes and in both languages, with hostile and CJK data.

RISKDESK_FRAMES=write writes them anew; look at what changed before committing.
"""

from __future__ import annotations

import os
import pkgutil
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from importlib import import_module
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.screen import Screen

from console import language
from console.paths import Home
from console.ui import dialogs, screens
from console.ui.app import RiskDesk
from console.ui.dialogs import foresight
from console.ui.dialogs.form import Form
from console.ui.screens.base import DeskScreen
from tests.ui import rehearsing
from tests.ui.conftest import Desk
from tests.ui.scenes import DIALOGS, SCREENS, Scene
from tests.ui.screens import frame, ready

FRAMES = Path(__file__).parent / "frames"


@pytest.fixture
def home(tmp_path: Path, furnished: Path) -> Home:
    """In the place of the bare home."""
    return Home(shutil.copytree(furnished, tmp_path / "home"))


@pytest.fixture(autouse=True)
def rehearsed(foreseen: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The core has a word on what is asked, in the place of `foreseen`."""
    monkeypatch.setattr(foresight, "foresee", rehearsing.foresee)


CASES = [
    *(pytest.param(scene, language.LANGUAGES, id=scene.name) for scene in SCREENS),
    *(pytest.param(scene, (code,), id=f"{scene.name}-{code}") for scene in DIALOGS for code in language.LANGUAGES),
]
"""A screen is shown once and changes language and size live; in a dialog no `:` can be typed."""


@pytest.mark.parametrize(("scene", "codes"), CASES)
async def test_scene(scene: Scene, codes: Sequence[str], desk: Desk) -> None:
    language.use(codes[0])
    async for name, width, seen in taken(desk(), scene, codes):
        assert all(cell_len(line) <= width for line in seen.splitlines()), name
        if os.environ.get("RISKDESK_FRAMES") == "write":
            (FRAMES / name).write_text(seen, encoding="utf-8")
        assert seen == (FRAMES / name).read_text(encoding="utf-8"), name


async def taken(app: RiskDesk, scene: Scene, codes: Sequence[str]) -> AsyncIterator[tuple[str, int, str]]:
    """The frames of a scene in some languages at all its sizes: name, width in cells, text."""
    async with app.run_test(size=scene.sizes[0]) as pilot:
        await ready(app)
        await scene.steps(app)
        await pilot.pause()
        assert type(app.screen).__name__ == scene.of
        for code in codes:
            if code != language.language():
                app.command(f"language {code}")
            for width, height in scene.sizes:
                await pilot.resize_terminal(width, height)
                app.look()
                await pilot.pause()
                await pilot.pause()
                yield scene.frame(code, (width, height)), width, frame(app)


def test_every_screen_and_every_dialog_has_a_frame() -> None:
    for room in (screens, dialogs):
        for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
            import_module(module.name)
    assert {kind.__name__ for kind in kinds(DeskScreen)} <= {scene.of for scene in SCREENS}
    assert {kind.__name__ for kind in kinds(Form)} <= {scene.of for scene in DIALOGS}


def kinds(base: type[Screen]) -> Iterator[type[Screen]]:
    """The classes under a base that are opened: those with a name of their own."""
    for kind in base.__subclasses__():
        if vars(kind).get("NAME"):
            yield kind
        yield from kinds(kind)


def test_every_golden_frame_is_one_that_a_test_reads() -> None:
    assert {path.name for path in FRAMES.iterdir()} == {name for scene in (*SCREENS, *DIALOGS) for name in scene.frames}
