"""`riskdesk doctor`: checks everything a desk stands on, says what to do about each thing that is wrong."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from console.core.client import CoreClient
from console.core.problems import CoreProblem, CoreUnreachable
from console.credentials import Credentials
from console.exits import Exit
from console.language import tr
from console.paths import Home
from console.watch.lock import holder
from console.watch.watcher import packs
from store.files import StoreError, reader
from store.journal import Journal

OLDEST_SQLITE = (3, 37, 0)
"""STRICT tables came with it."""
ROOM_MB = 500
"""Free disk below which a mirror may soon not be written."""


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, what was found, and whether that is well."""

    name: str
    good: bool
    text: str


def run(home: Home, core: str) -> int:
    """Print every finding; the exit code is 0 only when all are good."""
    findings = [finding for check in CHECKS for finding in check(home, core)]
    for finding in findings:
        mark = tr("doctor.good") if finding.good else tr("doctor.bad")
        print(f"{mark}  {finding.name}: {finding.text}")
    return Exit.OK if all(finding.good for finding in findings) else Exit.FAILED


def _python(home: Home, core: str) -> Iterator[Finding]:
    yield Finding("Python", sys.version_info >= (3, 11), sys.version.split()[0])
    yield Finding("SQLite", sqlite3.sqlite_version_info >= OLDEST_SQLITE, sqlite3.sqlite_version)


def _permissions(home: Home, core: str) -> Iterator[Finding]:
    if not home.folder.is_dir():
        yield Finding(str(home.folder), True, tr("doctor.no_home"))
        return
    for path in (home.folder, *sorted(home.folder.iterdir())):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode & 0o077:
            yield Finding(str(path), False, tr("doctor.too_open", mode=f"{mode:o}", path=path))
    free = shutil.disk_usage(home.folder).free // 2**20
    yield Finding(tr("doctor.disk"), free >= ROOM_MB, tr("doctor.free", mb=free))


def _files(home: Home, core: str) -> Iterator[Finding]:
    if home.mirror.exists():
        try:
            answer = reader(home.mirror).execute("PRAGMA quick_check(1)").fetchone()[0]
            yield Finding(home.mirror.name, answer == "ok", answer if answer == "ok" else tr("doctor.rebuild"))
        except (StoreError, sqlite3.Error):
            yield Finding(home.mirror.name, False, tr("doctor.rebuild"))
    if home.journal.exists():
        yield _journal(home)


def _journal(home: Home) -> Finding:
    try:
        journal = Journal(home.journal)
        broken = journal.verify_audit()
        journal.close()
    except (StoreError, sqlite3.Error) as error:
        return Finding(home.journal.name, False, str(error))
    return Finding(home.journal.name, broken is None, tr("doctor.chain_holds") if broken is None else str(broken))


def _rules(home: Home, core: str) -> Iterator[Finding]:
    try:
        yield Finding(tr("doctor.rules"), True, str(len(packs(None).rules)))
    except ValueError as error:
        yield Finding(tr("doctor.rules"), False, str(error))


def _core(home: Home, core: str) -> Iterator[Finding]:
    try:
        meta = asyncio.run(_meta(home, core))
    except (CoreProblem, CoreUnreachable, ValueError) as error:
        yield Finding(core, False, str(error))
    else:
        yield Finding(core, True, tr("doctor.core", institution=meta[0], subject=meta[1], roles=meta[2]))


async def _meta(home: Home, core: str) -> tuple[str, str, str]:
    async with CoreClient(core, Credentials(home).reading) as client:
        meta = await client.meta()
    return meta.institution, meta.you.subject, ", ".join(meta.you.roles)


def _watcher(home: Home, core: str) -> Iterator[Finding]:
    pid = holder(home.lock)
    yield Finding(tr("doctor.watcher"), True, tr("doctor.running", pid=pid) if pid else tr("doctor.not_running"))


def _terminal(home: Home, core: str) -> Iterator[Finding]:
    if sys.stdout.isatty():
        size = shutil.get_terminal_size()
        big = size.columns >= 80 and size.lines >= 24
        yield Finding(tr("doctor.terminal"), big, f"{os.environ.get('TERM', '?')} {size.columns}x{size.lines}")


CHECKS: tuple[Callable[[Home, str], Iterator[Finding]], ...] = (
    _python,
    _permissions,
    _files,
    _rules,
    _core,
    _watcher,
    _terminal,
)
