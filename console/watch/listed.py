"""The desk's lists as the ingest uses them: read when the journal changed, each entry at its place in the feed."""

from __future__ import annotations

from pathlib import Path

from console.risk.columns import TOKEN_KINDS
from console.risk.overrides import NEVER, NONE, Override, Overrides
from store.journal import Journal
from store.mirror import Mirror
from store.overrides import ListEntry, Lists


class Listed:
    """Belongs to the mirror's thread. Without a journal nothing is listed."""

    def __init__(self, journal: Path | None, mirror: Mirror) -> None:
        self._journal = Journal(journal) if journal else None
        self._mirror = mirror
        self._read: tuple[str, int] | None = None
        self._entries: list[ListEntry] = []
        self._known: dict[int, frozenset[int]] = {}
        self._overrides = NONE

    def close(self) -> None:
        if self._journal:
            self._journal.close()

    def read(self, epoch: str, next_seq: int) -> None:
        """Take up what the desk listed or took back since the last page: it counts from `next_seq` on."""
        if self._journal is None or self._read == (epoch, self._journal.data_version()):
            return
        self._read = (epoch, self._journal.data_version())
        settled = Lists(self._journal).settle(epoch, next_seq)
        self._entries = [entry for entry in settled if entry.epoch == epoch or entry.removed_at is None]
        self.forget()

    def forget(self) -> None:
        """Look every listed thing up anew: the mirror gave its ids other numbers, or other entries count."""
        self._known, self._overrides = {}, NONE

    def overrides(self) -> Overrides:
        """What the entries come to, once the page at hand has given new ids their numbers."""
        missing = [entry for entry in self._entries if entry.number not in self._known]
        found = {entry.number: numbers for entry in missing if (numbers := self._numbers(entry))}
        if found:
            self._known |= found
            epoch = self._read[0] if self._read else ""
            self._overrides = Overrides(
                _override(entry, self._known[entry.number], epoch)
                for entry in self._entries
                if entry.number in self._known
            )
        return self._overrides

    def _numbers(self, entry: ListEntry) -> frozenset[int]:
        """The dense indices of what is listed; none for what the core never named."""
        accounts, entities = self._mirror.accounts, self._mirror.entities
        if entry.kind == "account":
            numbers = [accounts.get(entry.subject)]
        elif entry.kind == "token":
            numbers = [entities["token"].get(f"{kind}:{entry.subject}") for kind in TOKEN_KINDS]
        else:
            numbers = [entities[entry.kind].get(entry.subject)]
        return frozenset(number for number in numbers if number is not None)


def _override(entry: ListEntry, subjects: frozenset[int], epoch: str) -> Override:
    """An entry of another epoch counts from this one's beginning."""
    return Override(
        number=entry.number,
        list=entry.list,
        kind=entry.kind,
        subjects=subjects,
        from_seq=(entry.from_seq or 0) if entry.epoch == epoch else 0,
        until_seq=NEVER if entry.until_seq is None else entry.until_seq,
        expires=NEVER if entry.expires_at is None else entry.expires_at,
        level=entry.level,
    )
