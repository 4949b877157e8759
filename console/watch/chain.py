"""What the watcher itself puts into the audit chain, and where it leaves the chain's checkpoints."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from typing import Any

from console.core import instants
from console.core.instants import Instant
from console.desk import checkpoints
from console.desk.checkpoints import Places
from console.watch.outside import OutsideError, call
from store.audit import Checkpoint
from store.journal import Journal

RULES = "rules.changed"


class CheckpointError(OutsideError):
    """A checkpoint could not be left, or the chain is not the one it was; the message says which, without the URL."""


def note_rules(journal: Journal, texts: Iterable[tuple[str, str]], at: Instant) -> None:
    """Write into the audit which rule packs score from now on, unless the last row of it names the same.

    `texts` are (name, TOML); the payload has a SHA-256 over all of them and one of each.
    """
    payload = _named(texts)
    if (journal.latest(RULES) or {}).get("digest") != payload["digest"]:
        journal.record(RULES, payload, at)


def in_force(journal: Journal, texts: Iterable[tuple[str, str]]) -> bool:
    """Whether these are the packs that the audit named last; so too while it has named none."""
    last = journal.latest(RULES)
    return last is None or last.get("digest") == _named(texts)["digest"]


def _named(texts: Iterable[tuple[str, str]]) -> dict[str, Any]:
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(texts)}
    lines = "".join(f"{digest}  {name}\n" for name, digest in digests.items())
    return {"digest": hashlib.sha256(lines.encode()).hexdigest(), "packs": digests}


class CheckpointExport:
    """Leaves the chain's end at the configured places whenever it has grown, unless it was cut or rewritten."""

    def __init__(self, journal: Journal, places: Places) -> None:
        self._journal = journal
        self._places = places
        self._sent = 0

    async def run(self) -> None:
        """One round: both places are tried; raises CheckpointError for the first that failed."""
        point = self._journal.checkpoint(instants.now())
        ends = await asyncio.gather(self._to_file(point), self._to_url(point), return_exceptions=True)
        for failed in filter(None, ends):
            raise failed

    async def _to_file(self, point: Checkpoint) -> None:
        file = self._places.file
        if file is None:
            return
        try:
            known = checkpoints.read(file) if file.exists() else []
            last = max(known, key=lambda one: one.seq, default=None)
            if last and not self._journal.knows(last):
                raise CheckpointError(f"the audit chain is not the one of which {file} knows row {last.seq}")
            if point.seq > (last.seq if last else 0):
                checkpoints.append(file, point)
        except (OSError, ValueError) as error:
            raise CheckpointError(f"no checkpoint was left: {error}") from error

    async def _to_url(self, point: Checkpoint) -> None:
        url = self._places.url
        if url is None or point.seq == self._sent:
            return
        try:
            await call("POST", url, checkpoints.line(point))
        except OutsideError as error:
            raise CheckpointError(f"no checkpoint was left: {error}") from None
        self._sent = point.seq
