"""The heartbeat: an address that is called while all is well, so that somebody notices when it falls silent."""

from __future__ import annotations

from collections.abc import Callable

from console.core import instants
from console.language import tr
from console.settings import Heartbeat
from console.watch.health import Health
from console.watch.outside import OutsideError, call


class Beat:
    """Calls the configured address for as long as the watcher is well."""

    def __init__(self, settings: Heartbeat, well: Callable[[], bool]) -> None:
        self.health = Health("heartbeat")
        self._settings, self._well = settings, well
        self._sent = self._failed = 0

    @property
    def every_s(self) -> int:
        """Seconds between two calls."""
        return self._settings.every_s

    async def run(self) -> None:
        """One call; none while the watcher is not well. Raises OutsideError."""
        if self._settings.url is None:
            return
        if not self._well():
            self.health.state = tr("notify.held_back")
            return
        try:
            await call(self._settings.method, self._settings.url)
        except OutsideError:
            self._failed += 1
            raise
        else:
            self._sent += 1
            self.health.ok(instants.now())
        finally:
            self.health.state = tr("notify.counts", sent=self._sent, failed=self._failed)
