"""Copying: the best way to a clipboard that there is here, and words that claim no more than is known.

In tmux its own buffer, which hands the text on to the terminal; on this machine's own display that one's program; else
the terminal is asked (OSC 52), which never answers, so that the text is left in a file of the home as well.
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from console.desk.written import write as write_file
from console.language import tr
from console.ui.text import clean

FILE = "copied.txt"
LONGEST_ASKED = 74_994
"""Bytes that a terminal takes by OSC 52: what xterm does in base64 of 100,000."""
ANSWERS_WITHIN_S = 2.0
DUMB = ("", "dumb", "linux", "unknown")
"""Terminals without a clipboard."""

Run = Callable[..., Awaitable[int | None]]
"""Runs a command with a text as its input: its exit code, None when there is no such program or it does not end."""


async def run(command: list[str], text: str) -> int | None:
    """Some of these go on in the background to serve the text: their output is not waited for."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return None
    try:
        await asyncio.wait_for(process.communicate(text.encode()), ANSWERS_WITHIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    return process.returncode


async def copy(
    text: str,
    home: Path,
    write: Callable[[str], None],
    environment: Mapping[str, str] = os.environ,
    execute: Run = run,
    platform: str = sys.platform,
) -> str:
    """Copy a clean text; what is known of how, in words. `write` writes to the terminal.

    Raises OSError when all that was left is the file, and that can't be written.
    """
    if environment.get("TMUX"):
        if await execute(["tmux", "load-buffer", "-w", "-"], text) == 0:
            return tr("ui.copied.tmux")
        if await execute(["tmux", "load-buffer", "-"], text) == 0:
            return tr("ui.copied.tmux_only")
    for program in _programs(environment, platform):
        if await execute(program, text) == 0:
            return tr("ui.copied.program", program=program[0])
    left = _leave(text, home)
    asked = len(text.encode()) <= LONGEST_ASKED and environment.get("TERM", "") not in DUMB
    if asked:
        write(_osc52(text, in_tmux=bool(environment.get("TMUX"))))
    return tr("ui.copied.asked" if asked else "ui.copied.file", path=clean(left))


def _programs(environment: Mapping[str, str], platform: str) -> list[list[str]]:
    """The clipboards of this machine's display; over ssh that is not the one somebody sits at."""
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        return []
    if platform == "darwin":
        return [["pbcopy"]]
    found = [["wl-copy"]] if environment.get("WAYLAND_DISPLAY") else []
    return [*found, ["xclip", "-selection", "clipboard"]] if environment.get("DISPLAY") else found


def _osc52(text: str, *, in_tmux: bool) -> str:
    """The terminal's own sequence; in tmux wrapped, to be handed on where `allow-passthrough` is on."""
    sequence = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\" if in_tmux else sequence


def _leave(text: str, home: Path) -> Path:
    """The text in a file of the home, readable for its owner only."""
    path = home / FILE
    write_file(path, f"{text}\n")
    return path
