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
from pathlib import Path
from urllib.parse import urlsplit

from console.core import instants, trust
from console.core.client import CoreClient
from console.core.instants import MINUTE, SECOND
from console.core.messages import CoreMeta
from console.core.problems import CoreProblem, CoreUnreachable
from console.desk import checkpoints, start
from console.desk.audit import broken
from console.desk.automatic import stop_words
from console.desk.checkpoints import Places
from console.desk.credentials import CredentialError, Credentials
from console.desk.hotline import SocketError, socket_path
from console.desk.pack_files import packs
from console.exits import Exit
from console.language import tr
from console.paths import Home
from console.settings import load
from console.ui.text import clean
from console.watch import channels
from console.watch.lock import holder
from console.watch.watcher import CHECKPOINT_EVERY_S
from store import automatic, journal_files
from store.audit import Checkpoint
from store.files import StoreError, reader

OLDEST_SQLITE = (3, 37, 0)
"""STRICT tables came with it."""
ROOM_MB = 500
"""Free disk below which a mirror may soon not be written."""
OLDEST_CHECKPOINT = 3 * CHECKPOINT_EVERY_S * SECOND
"""Age (µs) from which rows that no checkpoint covers are a finding: the watcher missed two rounds."""
CLOCK_OFF = 5 * SECOND
"""A machine whose time is kept is off by less than a second, and the core's Date header by one more."""
LONGEST = 300
"""Characters of a finding: much of it is what others wrote."""


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
        print(f"{mark}  {clean(finding.name, LONGEST)}: {clean(finding.text, LONGEST)}")
    return Exit.OK if all(finding.good for finding in findings) else Exit.FAILED


def _python(home: Home, core: str) -> Iterator[Finding]:
    yield Finding("Python", sys.version_info >= (3, 11), sys.version.split()[0])
    yield Finding("SQLite", sqlite3.sqlite_version_info >= OLDEST_SQLITE, sqlite3.sqlite_version)


def _home(home: Home, core: str) -> Iterator[Finding]:
    if not home.folder.is_dir():
        yield Finding(str(home.folder), True, tr("doctor.no_home"))
        return
    complaints = list(home.complaints())
    if not complaints:
        yield Finding(str(home.folder), True, tr("doctor.closed"))
    for complaint in complaints:
        yield Finding(tr("doctor.home"), False, complaint)
    free = shutil.disk_usage(home.folder).free // 2**20
    yield Finding(tr("doctor.disk"), free >= ROOM_MB, tr("doctor.free", mb=free))


def _socket(home: Home, core: str) -> Iterator[Finding]:
    """The socket may lie outside the home, where a long path does not fit."""
    try:
        path = socket_path(home.socket)
        facts = path.lstat()
    except FileNotFoundError:
        return
    except SocketError as error:
        yield Finding(tr("doctor.socket"), False, str(error))
        return
    private = stat.S_ISSOCK(facts.st_mode) and facts.st_uid == os.getuid() and not facts.st_mode & 0o077
    yield Finding(tr("doctor.socket"), private, tr("doctor.closed") if private else tr("doctor.socket_open", path=path))


def _files(home: Home, core: str) -> Iterator[Finding]:
    if home.mirror.exists():
        try:
            answer = reader(home.mirror).execute("PRAGMA quick_check(1)").fetchone()[0]
            yield Finding(home.mirror.name, answer == "ok", answer if answer == "ok" else tr("doctor.rebuild"))
        except (StoreError, sqlite3.Error):
            yield Finding(home.mirror.name, False, tr("doctor.rebuild"))
    if home.journal.exists():
        yield from _journal(home, Places.configured())


def _journal(home: Home, places: Places) -> Iterator[Finding]:
    """The chain, against the configured file of checkpoints, and how far that reaches."""
    try:
        known = checkpoints.read(places.file) if places.file and places.file.exists() else []
    except (OSError, ValueError) as error:
        known = []
        yield Finding(tr("doctor.checkpoints"), False, str(error))
    try:
        proof = journal_files.prove(home.journal, known)
    except StoreError as error:
        yield Finding(home.journal.name, False, str(error))
        return
    told = broken(proof.fault) if proof.fault else tr("cli.chain_holds", rows=proof.seq)
    yield Finding(home.journal.name, proof.fault is None, told)
    yield _coverage(places, known, proof.seq)


def _coverage(places: Places, known: list[Checkpoint], rows: int) -> Finding:
    name = tr("doctor.checkpoints")
    if not places:
        return Finding(name, True, tr("doctor.no_checkpoints"))
    if places.file is None:
        return Finding(name, True, urlsplit(places.url or "").hostname or "?")
    last = known[-1] if known else Checkpoint(0, "", instants.wire(0))
    age = instants.now() - instants.parse(last.at)
    if rows > last.seq and age > OLDEST_CHECKPOINT:
        return Finding(name, False, tr("doctor.uncovered", rows=rows - last.seq, file=places.file))
    return Finding(name, True, tr("doctor.covered", seq=last.seq, minutes=age // MINUTE if known else 0))


def _settings(home: Home, core: str) -> Iterator[Finding]:
    told = start.with_keys(load(home.settings)).told()
    if not told and home.settings.exists():
        yield Finding(tr("doctor.settings"), True, str(home.settings))
    yield from (Finding(tr("doctor.settings"), False, words) for words in told)


def _rules(home: Home, core: str) -> Iterator[Finding]:
    try:
        yield Finding(tr("doctor.rules"), True, str(len(packs(load(home.settings).settings.watcher.packs).rules)))
    except ValueError as error:
        yield Finding(tr("doctor.rules"), False, str(error))


def _notify(home: Home, core: str) -> Iterator[Finding]:
    """The channels' addresses, none of them told."""
    try:
        found = channels.channels(channels.addresses(home, load(home.settings).settings.notify))
    except ValueError as error:
        yield Finding(tr("doctor.notify"), False, str(error))
    else:
        yield Finding(tr("doctor.notify"), True, ", ".join(one.name for one in found) or tr("doctor.nobody"))


def _trust(home: Home, core: str) -> Iterator[Finding]:
    private = os.environ.get(trust.VARIABLE)
    try:
        trust.verification()
    except ValueError as error:
        yield Finding("TLS", False, str(error))
    else:
        yield Finding("TLS", True, str(Path(private).expanduser()) if private else tr("doctor.public_authorities"))


def _core(home: Home, core: str) -> Iterator[Finding]:
    """The token's source, never the token; then the core with it, and the two clocks."""
    try:
        credentials = Credentials(home)
    except CredentialError as error:
        yield Finding(tr("doctor.token"), False, str(error))
        return
    yield Finding(tr("doctor.token"), True, ", ".join(credentials.sources()) or tr("doctor.no_token"))
    try:
        meta, offset = asyncio.run(_meta(core, credentials))
    except (CoreProblem, CoreUnreachable, ValueError) as error:
        yield Finding(core, False, str(error))
        return
    roles = ", ".join(meta.you.roles)
    yield Finding(core, True, tr("doctor.core", institution=meta.institution, subject=meta.you.subject, roles=roles))
    kept = abs(offset) <= CLOCK_OFF
    told = tr("doctor.clock_near") if kept else tr("doctor.clock_off", seconds=round(offset / SECOND))
    yield Finding(tr("doctor.clock"), kept, told)


async def _meta(core: str, credentials: Credentials) -> tuple[CoreMeta, int]:
    async with CoreClient(core, credentials.reading) as client:
        return await client.meta(), client.clock_offset_us


def _automatic(home: Home, core: str) -> Iterator[Finding]:
    """Whether what is done by itself was stopped, for whoever looks in the morning."""
    if not home.journal.exists():
        return
    try:
        stop, subjects = automatic.seen(home.journal)
    except (StoreError, sqlite3.Error):
        return  # the journal's own finding tells of it
    if stop is not None:
        yield Finding(tr("doctor.automatic"), False, stop_words(stop))
    elif subjects:
        yield Finding(tr("doctor.automatic"), True, ", ".join(sorted(subjects)))


def _watcher(home: Home, core: str) -> Iterator[Finding]:
    pid = holder(home.lock)
    running = tr("doctor.running", pid=pid) if pid is not None else tr("doctor.not_running")
    yield Finding(tr("doctor.watcher"), True, running)


def _terminal(home: Home, core: str) -> Iterator[Finding]:
    if sys.stdout.isatty():
        size = shutil.get_terminal_size()
        big = size.columns >= 80 and size.lines >= 24
        yield Finding(tr("doctor.terminal"), big, f"{os.environ.get('TERM', '?')} {size.columns}x{size.lines}")


CHECKS: tuple[Callable[[Home, str], Iterator[Finding]], ...] = (
    _python,
    _home,
    _socket,
    _files,
    _settings,
    _rules,
    _notify,
    _trust,
    _core,
    _watcher,
    _automatic,
    _terminal,
)
