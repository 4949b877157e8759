"""`riskdesk export`: all rows of a documented view into a file, CSV or JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from console.desk import extracts
from console.desk.export import Extract, form_of, write
from console.exits import Exit
from console.language import tr
from console.paths import Home
from store import events
from store.extract import PART, views
from store.reader import Reader

ACCOUNTS = ("v_account", "v_alert")
"""Views with a row for an account: exported the riskiest first."""
BAR = 30


def run(home: Home, named: str, to: Path, *, overwrite: bool) -> int:
    """Write a view to a file. Raises StoreError or OSError when that can't be done."""
    view = named if named.startswith("v_") else f"v_{named}"
    known = {name: path for path in (home.mirror, home.journal) for name in views(path)}
    if view not in known:
        names = ", ".join(name.removeprefix("v_") for name in sorted(known))
        return _refuse(tr("export.no_view", name=named, names=names))
    if form_of(to) is None:
        return _refuse(tr("ui.export.form"))
    extract = _extract(known[view], view)
    try:
        rows = write(extract, to, overwrite=overwrite, progress=_told(extract.total))
    except FileExistsError:
        return _refuse(tr("export.exists", path=to))
    print(tr("ui.export.done", count=f"{rows:,}", path=to))
    return Exit.OK


def _extract(path: Path, view: str) -> Extract:
    if view in ACCOUNTS:
        with closing(Reader(path)) as mirror:
            return extracts.accounts(mirror, view, mirror.order())
    if view == "v_transaction":
        return extracts.named(path, view, "transaction_id", lambda: _transactions(path))
    if view == "v_login":
        return extracts.named(path, view, "login_id", lambda: _logins(path))
    return extracts.whole(path, view)


def _transactions(path: Path) -> Iterator[list[str]]:
    """The ids of all, the newest first."""
    with closing(Reader(path)) as mirror:
        place = events.newest_transaction(mirror, None)
        while place:
            rows, place = events.transactions(mirror, place, PART, False)
            yield [row.transaction_id for row in rows]


def _logins(path: Path) -> Iterator[list[str]]:
    with closing(Reader(path)) as mirror:
        place = events.newest_login(mirror, None)
        while place:
            rows, place = events.logins(mirror, place, PART, False)
            yield [row.login_id for row in rows]


def _told(total: int) -> Callable[[int], bool]:
    """Tells how far it is, on a terminal only."""
    shown = sys.stderr.isatty()

    def tell(written: int) -> bool:
        if shown:
            share = min(1.0, written / total) if total else 0.0
            bar = f"[{'#' * round(share * BAR):{BAR}}] " if total else ""
            print(f"\r{bar}{written:,}", end="" if written < total else "\n", file=sys.stderr, flush=True)
        return True

    return tell


def _refuse(text: str) -> Exit:
    print(tr("cli.error", error=text), file=sys.stderr)
    return Exit.USAGE
