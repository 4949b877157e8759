"""`riskdesk bench soak`: the whole product for half an hour of wall time, at many times the speed of life.

A sandbox, a watcher and a real console on a terminal on which keys are pressed all the time. Sampled meanwhile: the
memory of console and watcher, the files' sizes, and whether what the list of accounts shows is what the views say.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from console import children
from console.bench.drift import KEPT_S, Shown, Truth, listed
from console.bench.machine import machine
from console.bench.screen import Screen
from console.bench.terminal import Terminal
from console.desk import stored
from console.exits import Exit
from console.language import tr
from console.paths import Home
from console.watch.lock import holder
from store.files import StoreError
from store.reader import Reader

WIDTH, HEIGHT = 120, 40
STARTS_WITHIN_S = 120
SAMPLE_S, LOOK_S, SHOW_S = 10.0, 0.25, 8.0
"""Between two samples of memory, between two looks at the views, and how long each screen is worked in."""
WARM_SHARE, WARM_S = 0.35, 600.0
"""What of the time counts as warming up, at most: histories, caches and the first models grow until then."""
FLAT_MB_H = 60.0
"""Growth of a process that counts as flat: less than what half an hour's samples can tell from none."""
TOLD = 20

HOME = (b"\x1b", b"\x1b", b"\x1b", b"1")
ROUND: tuple[tuple[bytes, ...], ...] = (
    (b"j", b"j", b"k", b"\x1b[6~", b"\x1b[5~", b"G", b"g", b"r"), (b"j", b"\r", b"j", b"j", b"o", b"t", b"j"),
    (b"4", b"j", b"j", b"\r"), (b"/", b"level:high", b"\r", b"j", b"\x1b[6~"), (b"2", b"j"), (b"3",),
    (b"5", b"j", b"\r"), (b"6", b"j"), (b"7",), (b"8",), (b"9",), (b"j", b"L", b"j"), (b"j", b"K", b"j"), (b"?",),
    (b":", b"audit all", b"\r", b"j", b"p"), (b":", b"log", b"\r"), (b":", b"theme", b"\r"),
    (b":", b"language zh", b"\r", b"4", b"j", b"\r", b":", b"language en", b"\r"),
    (b":", b"write 10", b"\r", b"j", b"n", b"\x1b"),
)  # fmt: skip
"""Keys of one round of the whole console, a visit of a screen each; the list of accounts comes between them."""
PAUSE_S = (0.05, 0.6)


@dataclass
class Samples:
    """Seconds since the start and MB of a process at each."""

    seconds: list[float] = field(default_factory=list)
    mb: list[float] = field(default_factory=list)

    def add(self, at: float, pid: int | None) -> None:
        size = resident_mb(pid) if pid else None
        if size is not None:
            self.seconds.append(at)
            self.mb.append(size)

    def growth(self, warm: float) -> float | None:
        """MB an hour after the warming up, as a line through the samples; None with too few."""
        kept = [(at, mb) for at, mb in zip(self.seconds, self.mb, strict=True) if at >= warm]
        if len(kept) < 3:
            return None
        seconds, sizes = np.array(kept).T
        return round(float(np.polyfit(seconds, sizes, 1)[0]) * 3600, 1)

    def told(self, warm: float) -> dict[str, float | None]:
        settled = [mb for at, mb in zip(self.seconds, self.mb, strict=True) if at >= warm]
        after = round(settled[0], 1) if settled else None
        return {"mb_warm": after, "mb_end": round(self.mb[-1], 1) if self.mb else None, "mb_h": self.growth(warm)}


class Soak:
    """One console on its terminal, watched. `checked` counts what was compared, `drifted` what was wrong."""

    def __init__(self, home: Home, terminal: Terminal, truth: Truth, seed: int) -> None:
        self._home, self._terminal, self._truth = home, terminal, truth
        self._chance = random.Random(seed)
        self._screen = Screen(WIDTH, HEIGHT)
        self._began = time.monotonic()
        self._sampled = self._asked = -SAMPLE_S
        self.console, self.watcher = Samples(), Samples()
        self.keys = self.painted = self.checked = 0
        self.drifted: list[str] = []

    def run(self, seconds: float) -> None:
        """Work through the console, round after round; between the screens compare the list with the views."""
        for visit in cycle(ROUND):
            if time.monotonic() - self._began >= seconds:
                return
            for key in visit:
                self._press(key)
            self._idle(self._chance.uniform(0, SHOW_S))
            for key in HOME:
                self._press(key)
            self._compare()

    def _press(self, key: bytes) -> None:
        self._terminal.type(key)
        self.keys += 1
        self._idle(self._chance.uniform(*PAUSE_S))

    def _idle(self, seconds: float) -> None:
        """Look on for so long, sampling."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            painted = self._terminal.read(min(left, LOOK_S))
            self.painted += len(painted)
            self._screen.paint(painted)
            at = time.monotonic() - self._began
            if at - self._sampled >= SAMPLE_S:
                self._sampled = at
                self.console.add(at, self._terminal.pid)
                self.watcher.add(at, holder(self._home.lock))

    def _compare(self) -> None:
        """What the list shows must be what the views said within the last seconds, for every account on it."""
        accounts = {one.about for one in listed(self._screen.rows()) if one.about}
        end = time.monotonic() + KEPT_S
        wrong: dict[str, Shown] = {}
        pending = True
        while pending and time.monotonic() < end:
            self._truth.ask(accounts)
            self._idle(LOOK_S)
            shown = list(listed(self._screen.rows()))
            wrong = {one.about: one for one in shown if self._truth.agrees(one) is False}
            pending = bool(wrong)
        self.checked += len(accounts)
        for about, one in wrong.items():
            self.drifted.append(f"{one.text.strip()}   <> {' '.join(self._truth.told(about))}")


def run(minutes: float, speed: float, world: str, seed: int, *, as_json: bool) -> int:
    """Soak and print; 1 when memory grew, something failed, or the screen said what the views did not."""
    with tempfile.TemporaryDirectory(prefix="riskdesk-bench-") as folder, ExitStack() as stack:
        home = Home(Path(folder) / "home")
        home.make()
        life = ("--world", world, "--speed", str(speed), "--seed", str(seed))
        origin = stack.enter_context(children.sandbox(*life, log=Path(folder) / "sandbox.log"))
        stack.enter_context(children.tied_watcher(home, origin))
        exponents = _wait_for(home)
        command = children.command("--home", str(home.folder), "--core", origin, "--no-watcher")
        with Terminal(command, WIDTH, HEIGHT, {"RISKDESK_LANG": "en"}) as terminal:
            terminal.until(b"read-only", STARTS_WITHIN_S)
            soak = Soak(home, terminal, Truth(home.mirror, exponents), seed)
            terminal.type(b":theme\r")  # paints all of it anew
            soak.run(minutes * 60)
            lives = terminal.lives()
        figures = _figures(soak, home, minutes, lives=lives)
    figures["machine"] = machine()
    print(json.dumps(figures) if as_json else "\n".join(f"{name:18} {value}" for name, value in figures.items()))
    for line in (*soak.drifted[:TOLD], *figures["failures"][:TOLD]):
        print(line, file=sys.stderr)
    grown = [figures[name]["mb_h"] for name in ("console", "watcher")]
    flat = all(growth is None or growth < FLAT_MB_H for growth in grown)
    return Exit.OK if flat and lives and not figures["failures"] and not soak.drifted else Exit.FAILED


def _figures(soak: Soak, home: Home, minutes: float, *, lives: bool) -> dict[str, Any]:
    warm = min(WARM_S, minutes * 60 * WARM_SHARE)
    return {
        "minutes": minutes,
        "console": soak.console.told(warm),
        "watcher": soak.watcher.told(warm),
        "console_lives": lives,
        "keys": soak.keys,
        "bytes_per_s": round(soak.painted / (minutes * 60)),
        "checked": soak.checked,
        "drifted": len(soak.drifted),
        "failures": _failures(home),
        "files_mb": {path.name: round(path.stat().st_size / 1e6, 1) for path in sorted(home.folder.glob("*.*"))},
    }


def _wait_for(home: Home) -> dict[str, int]:
    """Until the watcher has mirrored accounts; the decimal places of the core's currencies. Raises TimeoutError."""
    end = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < end:
        time.sleep(0.5)
        try:
            with closing(Reader(home.mirror)) as mirror:
                meta = stored.meta(mirror.notes().get("meta")) if mirror.ready() else None
                if meta is not None and mirror.size():
                    return {currency.code: currency.exponent for currency in meta.currencies}
        except StoreError:
            continue
    raise TimeoutError(tr("bench.no_mirror", log=home.log))


def _failures(home: Home) -> list[str]:
    """Lines of the home's log that tell of an error."""
    lines = home.log.read_text(encoding="utf-8", errors="replace").splitlines() if home.log.exists() else []
    return [line for line in lines if " ERROR " in line or line.startswith("Traceback") or "Error:" in line]


def resident_mb(pid: int) -> float | None:
    """Memory of a process that is resident now, in MB; None where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")), None)
