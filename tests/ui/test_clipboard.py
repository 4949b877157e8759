"""Copying: the first way that works is taken, in its order, and no more is claimed than is known."""

from __future__ import annotations

import base64
import re
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from console.ui import clipboard
from console.ui.clipboard import LONGEST_ASKED, copy
from tests.ui.conftest import Desk
from tests.ui.screens import ready, shown, until

TMUX, TMUX_OLD = ["tmux", "load-buffer", "-w", "-"], ["tmux", "load-buffer", "-"]
XCLIP = ["xclip", "-selection", "clipboard"]
DISPLAY = {"TERM": "xterm-256color", "DISPLAY": ":0"}


@pytest.mark.parametrize(
    ("environment", "platform", "works", "tried", "words"),
    [
        ({"TERM": "tmux-256color", "TMUX": "x", "DISPLAY": ":0"}, "linux", [TMUX], [TMUX], "hands it to the terminal"),
        ({"TERM": "tmux-256color", "TMUX": "x"}, "linux", [TMUX_OLD], [TMUX, TMUX_OLD], "prefix ]"),
        (DISPLAY | {"WAYLAND_DISPLAY": "w"}, "linux", [["wl-copy"]], [["wl-copy"]], "by wl-copy"),
        (DISPLAY | {"WAYLAND_DISPLAY": "w"}, "linux", [XCLIP], [["wl-copy"], XCLIP], "by xclip"),
        ({"TERM": "xterm-256color"}, "darwin", [["pbcopy"]], [["pbcopy"]], "by pbcopy"),
        (DISPLAY | {"SSH_CONNECTION": "a b"}, "linux", [XCLIP], [], "does not answer; also in"),
        (DISPLAY, "linux", [], [XCLIP], "does not answer; also in"),
        ({"TERM": "linux"}, "linux", [], [], "No clipboard here"),
    ],
)
async def test_the_ladder(
    tmp_path: Path,
    environment: dict[str, str],
    platform: str,
    works: Sequence[list[str]],
    tried: Sequence[list[str]],
    words: str,
) -> None:
    asked: list[list[str]] = []
    written: list[str] = []

    async def execute(command: list[str], text: str) -> int | None:
        assert text == "acc_1 陈**"
        asked.append(command)
        return 0 if command in works else 1

    (tmp_path / clipboard.FILE).write_text("for everybody to read")
    said = await copy("acc_1 陈**", tmp_path, written.append, environment, execute, platform)
    assert words in said
    assert asked == tried
    assert bool(written) == ("does not answer" in said)
    for sequence in written:
        assert sequence == "\x1b]52;c;" + base64.b64encode("acc_1 陈**".encode()).decode() + "\x07"
    kept = tmp_path / clipboard.FILE
    left = kept.read_text(encoding="utf-8") == "acc_1 陈**\n"
    assert left == (str(kept) in said)
    if left:
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600


async def test_a_text_too_long_for_the_terminal_goes_to_the_file_alone(tmp_path: Path) -> None:
    written: list[str] = []
    said = await copy("x" * (LONGEST_ASKED + 1), tmp_path, written.append, {"TERM": "xterm"}, platform="linux")
    assert "No clipboard here" in said
    assert written == []


async def test_a_program_that_hangs_or_is_missing_is_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "ANSWERS_WITHIN_S", 0.1)
    assert await clipboard.run(["no-such-program-here"], "x") is None
    assert await clipboard.run([str(shutil.which("sleep")), "60"], "x") is None
    assert await clipboard.run([str(shutil.which("cat"))], "x") == 0


async def test_y_copies_the_id_and_capital_y_the_row_or_the_account(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []

    async def keep(text: str, *_: object) -> str:
        copied.append(text)
        return "Kept"

    monkeypatch.setattr(clipboard, "copy", keep)
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("y")
        await shown(app, "Nothing here to copy")
        app.screen.table.place(12)
        await pilot.press("y")
        await shown(app, "Kept: acc_000012")
        await pilot.press("Y")
        await until(lambda: len(copied) == 2, "the row")
        app.open_account("acc_000012")
        await until(lambda: app.screen.NAME == "account" and app.screen.account() is not None, "the account")
        await pilot.press("Y")
        await until(lambda: len(copied) == 3, "the account's text")
    assert copied[0] == "acc_000012"
    assert "acc_000012" in copied[1]
    assert len(copied[1].splitlines()) == 1
    assert len(copied[2].splitlines()) > 8
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u200b]", "".join(copied))
