"""What the desk blocks, allows and snoozes: `riskdesk list`, `riskdesk snooze`, and the same for the console.

A block raises an alert at its level whenever the thing shows up, an allowance keeps its events from opening one, a
snooze keeps an account's alerts out of the queue for a while. A block beats the others. Ends are stream time, which in
a replay runs faster than the clock.
"""

from __future__ import annotations

import ipaddress
import json
import re
import sys
from dataclasses import asdict
from getpass import getuser

import msgspec

from console.core import instants
from console.core.instants import DAY, HOUR, MINUTE
from console.core.messages import CoreMeta, decoder
from console.exits import Exit
from console.language import term, tr
from console.paths import Home
from console.ui.text import clean
from store.files import StoreError
from store.journal import Journal, JournalError
from store.overrides import ListEntry, Listing, Lists
from store.reader import Reader

LISTS = ("block", "allow")
KINDS = ("account", "device", "ip", "merchant", "token")
LEVELS = ("none", "low", "medium", "high", "critical")
LONGEST_REASON = 500
ID = re.compile(r"[A-Za-z0-9_.:-]{1,72}")
TOKEN = re.compile(r"[!-~]{1,128}")
SPAN = re.compile(r"([1-9][0-9]{0,5})([mhd])")
UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}

_META = decoder(CoreMeta)


def add(
    journal: Journal, which: str, kind: str, subject: str, reason: str, by: str, *,
    until: int | None = None, level: str = "high", stream_time: int = 0,
) -> ListEntry:  # fmt: skip
    """Block or allow a thing from the next event on; the same thing again replaces the entry.

    `until` and `stream_time` are µs. Raises ValueError with words for people.
    """
    return Lists(journal).add(_listing(which, kind, subject, reason, until, level, stream_time), instants.now(), by)


def snooze(journal: Journal, account: str, until: int, reason: str, by: str, *, stream_time: int = 0) -> ListEntry:
    """Keep an account's alerts out of the queue until an instant of stream time (µs). Raises ValueError."""
    return Lists(journal).add(snoozing(account, until, reason, stream_time=stream_time), instants.now(), by)


def snoozing(account: str, until: int, reason: str, *, stream_time: int) -> Listing:
    """What such a snooze lists. Raises ValueError."""
    return _listing("snooze", "account", account, reason, until, "high", stream_time)


def remove(journal: Journal, number: int, reason: str, by: str) -> ListEntry:
    """Take an entry back from the next event on. Raises ValueError."""
    try:
        return Lists(journal).remove(number, _reason(reason), instants.now(), by)
    except JournalError as error:
        raise ValueError(str(error)) from error


def entries(journal: Journal, stream_time: int | None = None) -> list[ListEntry]:
    """Every entry there ever was; with an instant of stream time (µs) those in force then."""
    return Lists(journal).entries(stream_time)


def until(text: str, stream_time: int) -> int:
    """An instant (RFC 3339), or a span such as 90m, 8h or 3d from now on in stream time; µs. Raises ValueError."""
    span = SPAN.fullmatch(text)
    if span:
        return stream_time + int(span[1]) * UNITS[span[2]]
    try:
        return instants.parse(text)
    except ValueError as error:
        raise ValueError(tr("lists.no_until", text=text[:40])) from error


def _listing(which: str, kind: str, subject: str, reason: str, until: int | None, level: str, now: int) -> Listing:
    valid = TOKEN.fullmatch(subject) if kind == "token" else ID.fullmatch(subject)
    if kind == "ip":
        try:
            subject = str(ipaddress.ip_address(subject))
        except ValueError:
            valid = None
    if kind not in KINDS or not valid:
        raise ValueError(tr("lists.no_subject", kind=term("lists.kind", kind), subject=repr(subject[:80])))
    if until is not None and not now < until <= instants.parse("9999-12-31T00:00:00Z"):
        raise ValueError(tr("lists.past"))
    if level not in LEVELS[1:]:
        raise ValueError(tr("lists.no_level", levels=", ".join(LEVELS[1:])))
    return Listing(
        list=which, kind=kind, subject=subject, level=LEVELS.index(level), reason=_reason(reason), expires_at=until
    )


def _reason(reason: str) -> str:
    words = " ".join(reason.split())
    if not 1 <= len(words) <= LONGEST_REASON or not words.isprintable():
        raise ValueError(tr("lists.no_reason", most=LONGEST_REASON))
    return words


# ---------------------------------------------------------------- the command line


def run_add(home: Home, which: str, kind: str, subject: str, reason: str, end: str | None, level: str) -> int:
    now, by = surroundings(home)
    journal = _journal(home)
    ends = until(end, now) if end else None
    _tell(add(journal, which, kind, subject, reason, by, until=ends, level=level, stream_time=now))
    return Exit.OK


def run_snooze(home: Home, account: str, end: str, reason: str) -> int:
    now, by = surroundings(home)
    _tell(snooze(_journal(home), account, until(end, now), reason, by, stream_time=now))
    return Exit.OK


def run_remove(home: Home, number: int, reason: str) -> int:
    entry = remove(_journal(home), number, reason, surroundings(home)[1])
    print(tr("lists.removed", number=entry.number, what=_what(entry)))
    return Exit.OK


def run_show(home: Home, *, everything: bool, as_json: bool) -> int:
    if not home.journal.exists():
        print("[]" if as_json else tr("lists.empty"))
        return Exit.OK
    shown = entries(_journal(home), None if everything else surroundings(home)[0])
    if as_json:
        print(json.dumps([asdict(entry) for entry in shown], ensure_ascii=False))
        return Exit.OK
    if not shown:
        print(tr("lists.empty"))
    for entry in shown:
        ends = instants.wire(entry.expires_at)[:16] if entry.expires_at else "-"
        gone = tr("lists.gone", by=clean(entry.removed_by, 40), why=entry.removed_for) if entry.removed_at else ""
        print(f"{entry.number:4} {_what(entry):50} {ends:16} {clean(entry.created_by, 40):12} {entry.reason}{gone}")
    return Exit.OK


def _tell(entry: ListEntry) -> None:
    ends = tr("lists.until", time=instants.wire(entry.expires_at)[:16]) if entry.expires_at else tr("lists.for_ever")
    print(tr("lists.added", number=entry.number, what=_what(entry), ends=ends))


def _what(entry: ListEntry) -> str:
    what = f"{term('lists.list', entry.list)} {term('lists.kind', entry.kind)} {entry.subject}"
    return f"{what} ({LEVELS[entry.level]})" if entry.list == "block" else what


def _journal(home: Home) -> Journal:
    home.make()
    return Journal(home.journal)


def surroundings(home: Home) -> tuple[int, str]:
    """Stream time (µs), or the clock's where nothing is mirrored; and who acts: the core's subject, else this user."""
    try:
        reader = Reader(home.mirror)
    except (StoreError, OSError):
        return instants.now(), getuser()
    try:
        meta = reader.notes().get("meta") if reader.ready() else None
        now = reader.watermark() if reader.ready() else 0
    finally:
        reader.close()
    return now or instants.now(), _subject(meta) or getuser()


def _subject(meta: str | None) -> str | None:
    try:
        return _META.decode(meta).you.subject if meta else None
    except msgspec.MsgspecError as error:
        print(tr("cli.error", error=error), file=sys.stderr)
        return None
