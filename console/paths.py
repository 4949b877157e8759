"""Where things lie: the home directory's files and the data that ships with the package."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from console.language import tr


class HomeOpen(PermissionError):
    """The home, or a file in it, is open to other users; the message says which and what to type."""


@dataclass(frozen=True)
class Home:
    """One directory that belongs to one person at one core. Folders are 0700, files 0600."""

    folder: Path

    @property
    def mirror(self) -> Path:
        return self.folder / "mirror.db"

    @property
    def journal(self) -> Path:
        return self.folder / "journal.db"

    @property
    def lock(self) -> Path:
        return self.folder / "watcher.lock"

    @property
    def socket(self) -> Path:
        return self.folder / "watcher.sock"

    @property
    def log(self) -> Path:
        return self.folder / "watcher.log"

    @property
    def settings(self) -> Path:
        return self.folder / "settings.toml"

    @property
    def views(self) -> Path:
        return self.folder / "views.toml"

    @property
    def token(self) -> Path:
        return self.folder / "token"

    @property
    def notify(self) -> Path:
        return self.folder / "notify"

    def make(self) -> None:
        """Create the folder for its owner only; one that is there must be so, with all its files.

        Raises HomeOpen when others can get at it, another OSError when it can't be made.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        complaint = next(self.complaints(), None)
        if complaint:
            raise HomeOpen(complaint)

    def complaints(self) -> Iterator[str]:
        """What of the home others can get at, each with what to do about it; nothing for a home not made yet."""
        if not self.folder.is_dir():
            return
        for path in (self.folder, *sorted(self.folder.iterdir())):
            try:
                facts = path.stat()
            except FileNotFoundError:
                continue  # gone since it was listed, as a write-ahead log is when its last reader closes
            mode = stat.S_IMODE(facts.st_mode)
            if facts.st_uid != os.getuid():
                yield tr("cli.of_another", path=path)
            elif mode & 0o077:
                wanted = "700" if stat.S_ISDIR(facts.st_mode) else "600"
                yield tr("cli.too_open", path=path, mode=f"{mode:o}", wanted=wanted)


def home(chosen: str | None = None) -> Home:
    """The home directory: the one chosen, else $RISKDESK_HOME, else the user's data folder (XDG)."""
    folder = chosen or os.environ.get("RISKDESK_HOME")
    if folder:
        return Home(Path(folder).expanduser().absolute())
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Home(Path(base) / "riskdesk")


def print_paths(at: Home) -> int:
    """`riskdesk paths`: where everything of a home lies."""
    for name in ("folder", "mirror", "journal", "lock", "socket", "log", "token", "settings", "views"):
        print(f"{name:8} {getattr(at, name)}")
    print(f"{'fixtures':8} {fixtures()}")
    return 0


def fixtures() -> Path:
    """The folder of shipped data: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent / "fixtures"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "fixtures"
