"""Where things lie: the home directory's files and the data that ships with the package."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


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
    def token(self) -> Path:
        return self.folder / "token"

    def make(self) -> None:
        """Create the folder for its owner only. Raises OSError when that can't be done."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def home(chosen: str | None = None) -> Home:
    """The home directory: the one chosen, else $RISKDESK_HOME, else the user's data folder (XDG)."""
    folder = chosen or os.environ.get("RISKDESK_HOME")
    if folder:
        return Home(Path(folder).expanduser().absolute())
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Home(Path(base) / "riskdesk")


def print_paths(at: Home) -> int:
    """`riskdesk paths`: where everything of a home lies."""
    for name in ("folder", "mirror", "journal", "lock", "socket", "log", "token"):
        print(f"{name:8} {getattr(at, name)}")
    print(f"{'fixtures':8} {fixtures()}")
    return 0


def fixtures() -> Path:
    """The folder of shipped data: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent / "fixtures"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "fixtures"
