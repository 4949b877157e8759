"""A screen on which something runs for a while: a bar, then what came of it. Leaving the screen, or a key, ends it."""

from __future__ import annotations

import asyncio

from rich.text import Text

from console.language import tr
from console.ui import formats
from console.ui.actions import bindings
from console.ui.backtesting import BacktestFailed
from console.ui.screens.base import DeskScreen
from console.ui.text import clean
from console.ui.themes import palette

BAR_WIDTH = 30


class RunningScreen(DeskScreen):
    """Base of the screens that run something in a process of its own."""

    BINDINGS = bindings("backtest")

    def __init__(self) -> None:
        super().__init__()
        self._done: float | None = 0.0
        self._why = ""
        self._run: asyncio.Task[None] | None = None

    # ------------------------------------------------------------ what a screen says

    async def work(self) -> None:
        """Run it, telling `progress`, and keep what comes of it. Raises BacktestFailed, OSError, ValueError."""
        raise LookupError("a screen must say what it runs")

    def tell(self) -> None:
        """List what came of it, where anything did."""

    def came(self) -> str | None:
        """What came of it in a line; None where nothing did."""
        raise LookupError("a screen must say what came of it")

    def draw(self) -> None:
        """Draw everything but the list."""
        raise LookupError("a screen must be drawn")

    # ------------------------------------------------------------ running

    def on_mount(self) -> None:
        self._run = asyncio.create_task(self._work())

    def on_unmount(self) -> None:
        self._end()

    async def _work(self) -> None:
        try:
            await self.work()
        except (BacktestFailed, OSError, ValueError) as error:
            self._why = clean(error, 300)
        except asyncio.CancelledError:
            self._why = tr("ui.backtest.cancelled")
        self._done = None
        if self.stands:
            self.tell()
            self.draw()

    def progress(self, share: float) -> None:
        """How much of it is done, 0..1."""
        self._done = share
        if self.stands:
            self.draw()

    def _end(self) -> None:
        if self._run is not None:
            self._run.cancel()

    def do_cancel(self, _: str) -> None:
        if self._done is None:
            self.desk.say(tr("ui.backtest.over"), "warning")
        self._end()

    def looked(self, mirror_changed: bool, journal_changed: bool) -> None:
        self.draw()
        super().looked(mirror_changed, journal_changed)

    def state(self) -> Text:
        """How far it is, what came of it, or why nothing did."""
        colours = palette(self.app.theme_variables)
        if self._done is not None:
            bar = formats.bar(self._done, BAR_WIDTH)
            return Text(f"{bar} {self._done:4.0%}  ", colours.accent).append(tr("ui.backtest.running"), colours.faint)
        came = self.came()
        return Text(self._why, colours.bad) if came is None else Text(came, colours.faint)
