"""`riskdesk journal`: a copy of the journal while it is in use, and such a copy put back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from console.core import instants
from console.core.instants import Instant
from console.desk.audit import broken
from console.exits import Exit
from console.language import tr
from console.paths import Home
from console.watch.lock import AlreadyWatched, WatcherLock
from store import journal_files
from store.files import StoreError
from store.journal import Journal
from store.life import State


def backup(home: Home, to: Path) -> int:
    """Copy the journal to a new file and prove the copy; the exit code is 0 only when its chain holds."""
    try:
        proof = journal_files.back_up(home.journal, to)
    except StoreError as error:
        return _fail(str(error), Exit.FAILED)
    if proof.fault:
        return _fail(broken(proof.fault), Exit.FAILED)
    print(tr("cli.backed_up", file=to, rows=proof.seq))
    return Exit.OK


def restore(home: Home, copy: Path) -> int:
    """Put a proved copy in the journal's place; the replaced one stays beside it. Refused while a watcher runs."""
    home.make()
    now = instants.now()
    kept = home.journal.with_name(f"{home.journal.name}.replaced-{now}")
    try:
        with WatcherLock(home.lock):
            note = {"file": copy.name, "replaced": kept.name if home.journal.exists() else None}
            proof = journal_files.restore(copy, home.journal, kept, lambda arriving: _begin_again(arriving, note, now))
    except AlreadyWatched as running:
        return _fail(tr("cli.restore_watched", pid=running.pid or "?"), Exit.ALREADY_WATCHED)
    except StoreError as error:
        return _fail(str(error), Exit.FAILED)
    print(tr("cli.restored", file=copy, rows=proof.seq))
    if kept.exists():
        print(tr("cli.replaced", file=kept))
    return Exit.OK


def _begin_again(arriving: Path, note: dict[str, str | None], now: Instant) -> None:
    """Write down that this is a copy, and doubt what it says was not sent yet: since then it may have been.

    A QUEUED command becomes UNKNOWN by an attempt that nobody knows the end of, so the watcher asks the core first.
    """
    journal = Journal(arriving)
    try:
        journal.record("journal.restored", note, now, actor=f"uid {os.getuid()}")
        for entry in journal.unresolved():
            if entry.state is State.QUEUED:
                journal.begin_attempt(entry.command_id, now)
        journal.recover(now)
    finally:
        journal.close()


def _fail(text: str, code: Exit) -> Exit:
    print(tr("cli.error", error=text), file=sys.stderr)
    return code
