"""Random edits of an audit chain in its file, and whether its proof finds them.

The forger writes to the file as any tool can, and knows how hashes are made: after an edit he may number the rows anew,
or compute every hash anew from there to the end, so that the chain holds by itself. He does not have the checkpoint.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from store import audit
from store.audit import Checkpoint, Row

Chain = list[Row]
Edit = Callable[[Chain, int, random.Random], Chain]
"""Makes another chain of one, by touching rows among so many first ones."""

LETTERS = '0a9f {}"\\n\x00\x7f冻\u202e\U0001f512'
FORMS = ("as it is", "renumbered", "recomputed")
"""What the forger does after an edit, to hide it."""
TOGETHER = 3
"""The most rows removed at once."""


@dataclass
class Finds:
    """Edits by kind and form: how many were tried, and how many of them the proof found."""

    tried: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def missed(self) -> int:
        return self.tried.total() - self.found.total()


def forge(journal: Path, point: Checkpoint, count: int, seed: int) -> Finds:
    """Edit the rows up to a checkpoint `count` times, each time from the chain as it was, and have it proved."""
    chance, finds = random.Random(seed), Finds()
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        true = list(audit.rows(connection))
        while finds.tried.total() < count:
            kind, form = chance.choice(tuple(EDITS)), chance.choice(FORMS)
            forged = hidden(EDITS[kind](true, point.seq, chance), form)
            if forged == true or not _fits(forged):
                continue
            finds.tried[kind, form] += 1
            finds.found[kind, form] += _is_found(connection, true, forged, point)
    return finds


def _is_found(connection: sqlite3.Connection, true: Chain, forged: Chain, point: Checkpoint) -> bool:
    """Write the forged rows in place of the true ones, prove the chain as the desk does, and take it all back."""
    first = next((place for place, pair in enumerate(zip(true, forged, strict=False)) if pair[0] != pair[1]), None)
    first = min(len(true), len(forged)) if first is None else first
    connection.execute("BEGIN")
    connection.execute("DELETE FROM audit WHERE seq >= ?", (true[first].seq,) if first < len(true) else (first + 1,))
    connection.executemany("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)", forged[first:])
    fault = audit.verify(audit.rows(connection), [point])
    connection.execute("ROLLBACK")
    return fault is not None


def _fits(chain: Chain) -> bool:
    """Whether a table can hold these rows: its numbers are unique, and it gives the rows in their order."""
    seqs = [row.seq for row in chain]
    return seqs == sorted(set(seqs))


def hidden(chain: Chain, form: str) -> Chain:
    """The chain after what the forger did to hide an edit of it."""
    if form == "as it is":
        return sorted(chain, key=lambda row: row.seq)
    renumbered = [row._replace(seq=place) for place, row in enumerate(chain, 1)]
    if form == "renumbered":
        return renumbered
    done: Chain = []
    for row in renumbered:
        before = done[-1].hash if done else "0" * 64
        done.append(row._replace(prev_hash=before, hash=_hash(row, before)))
    return done


def _hash(row: Row, before: str) -> str:
    """The documented hash, made without the store's own code."""
    lines = (before, str(row.seq), row.at, row.actor, row.event, row.payload)
    return sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


# ---------------------------------------------------------------- the edits


def changed(chain: Chain, until: int, chance: random.Random) -> Chain:
    """One column of one row: a letter more, less or other, nothing at all, or what another row has there."""
    place, column = chance.randrange(until), chance.choice(Row._fields)
    if column == "seq":
        return _with(chain, place, chain[place]._replace(seq=chance.randint(-1, 2 * len(chain))))
    text = str(getattr(chain[place], column))
    at, letter = chance.randrange(len(text)), chance.choice(LETTERS)
    forms = [text[:at] + letter + text[at + 1 :], text[:at] + letter + text[at:], text[:at] + text[at + 1 :], ""]
    forms.append(str(getattr(chance.choice(chain), column)))
    row = Row._make(chance.choice(forms) if name == column else old for name, old in chain[place]._asdict().items())
    if chance.random() < 0.3:
        row = row._replace(hash=_hash(row, row.prev_hash))
    return _with(chain, place, row)


def _with(chain: Chain, place: int, row: Row) -> Chain:
    return [*chain[:place], row, *chain[place + 1 :]]


def removed(chain: Chain, until: int, chance: random.Random) -> Chain:
    """One to three rows, one after another."""
    place = chance.randrange(until)
    return chain[:place] + chain[place + chance.randint(1, TOGETHER) :]


def inserted(chain: Chain, until: int, chance: random.Random) -> Chain:
    """A row made up, or one of the chain's own again, that follows well on the one before it."""
    place = chance.randrange(until)
    model = chance.choice(chain)._replace(seq=place + 1)
    if chance.random() < 0.7:
        before = chain[place - 1].hash if place else "0" * 64
        model = model._replace(payload=chance.choice(("{}", model.payload)), prev_hash=before)
        model = model._replace(hash=_hash(model, before))
    return [*chain[:place], model, *(row._replace(seq=row.seq + 1) for row in chain[place:])]


def swapped(chain: Chain, until: int, chance: random.Random) -> Chain:
    """Two rows in each other's place."""
    one, other = chance.randrange(until), chance.randrange(until)
    moved = _with(chain, one, chain[other]._replace(seq=chain[one].seq))
    return _with(moved, other, chain[one]._replace(seq=chain[other].seq))


def reordered(chain: Chain, until: int, chance: random.Random) -> Chain:
    """A row, or some, moved to another place."""
    first = chance.randrange(until)
    some = chain[first : first + chance.randint(1, TOGETHER)]
    rest = chain[:first] + chain[first + len(some) :]
    place = chance.randrange(until)
    moved = [*rest[:place], *some, *rest[place:]]
    return [row._replace(seq=place) for place, row in enumerate(moved, 1)]


def truncated(chain: Chain, until: int, chance: random.Random) -> Chain:
    """The end cut off, from a row before the checkpoint on."""
    return chain[: chance.randrange(until)]


EDITS: dict[str, Edit] = {edit.__name__: edit for edit in (changed, removed, inserted, swapped, reordered, truncated)}
