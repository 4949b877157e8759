"""`riskdesk`: the console on a home, with a watcher started when none is there."""

from __future__ import annotations

from console import children
from console.paths import Home
from console.settings import Loaded
from console.ui import keymap
from console.ui.app import run as run_console
from console.watch.lock import holder


def console(home: Home, core: str, loaded: Loaded, *, watched: bool) -> int:
    """Run the console; several share one watcher, and it stays when they go. Returns an exit code.

    Without `watched` no watcher is started: somebody else runs it, or there is only something to look at.
    Raises SettingsError when the settings or the keys in them can't be used.
    """
    settings = with_keys(loaded).checked()
    home.make()

    def start() -> None:
        children.start_watcher(home, core)

    if watched and holder(home.lock) is None:
        start()
    return run_console(home, core, lambda: holder(home.lock), start if watched else None, settings)


def with_keys(loaded: Loaded) -> Loaded:
    """The settings with the mistakes that the console finds in `[keys]`."""
    _, wrong = keymap.read(loaded.settings.keys)
    return loaded.also([(f"keys.{name}", words) for name, words in wrong])
