"""Looking for an id among all there are, in a thread: what is found is told as it is found, until it is stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread

from console.desk import patterns
from store import search
from store.files import interrupted
from store.grammar import FUZZY, REGEX
from store.query import MATCHES
from store.reader import Reader
from store.search import KINDS, Behind, Found

EACH = 40
"""Ids of one kind that are told."""
FOLLOWED = 40
"""Things behind which accounts are looked for."""
REST_S = 0.002
"""Between two reads, for whoever else needs the machine."""


@dataclass(frozen=True)
class Wanted:
    """What was typed: an id or its beginning, `-f` and letters, or an expression between slashes."""

    shape: str
    text: str

    @classmethod
    def read(cls, typed: str) -> Wanted:
        typed = typed.strip()
        if typed == FUZZY or typed.startswith(f"{FUZZY} "):
            return cls("fuzzy", typed[len(FUZZY) :].strip())
        whole = REGEX.fullmatch(typed)
        return cls("regex", whole[1]) if whole else cls("text", typed)


@dataclass(frozen=True)
class Sighting:
    """What is known so far: what was found, the best of each kind first, and the accounts behind by number.

    `share` of what there is to look through is behind; `more` are kinds of which there is more than is told.
    """

    identity: tuple[int, int | None]
    wanted: Wanted
    found: Sequence[Found] = ()
    behind: Behind = field(default_factory=dict)
    more: frozenset[str] = frozenset()
    share: float = 0.0


def seek(mirror: Reader, wanted: Wanted) -> Iterator[Sighting]:
    """What is found, as it is found: beginnings first, then everything else, then the accounts behind."""
    known = Sighting(mirror.identity, wanted)
    if not wanted.text:
        yield replace(known, share=1.0)
        return
    hits: dict[Found, None] = {}
    if wanted.shape == "text":
        hits |= dict.fromkeys(search.beginning(mirror, wanted.text, EACH))
    known = _told(known, hits)
    yield replace(known, behind=search.owned(mirror, known.found))
    condition = {"text": search.has, "fuzzy": search.has_letters, "regex": search.matching}[wanted.shape](wanted.text)
    for at, kind in enumerate(KINDS):
        place: int | None = 0
        while place is not None:
            fresh, following = search.sweep(mirror, kind, condition, place)
            place = following or None
            hits |= dict.fromkeys(fresh)
            known = _told(known, _best(hits, wanted))
            yield replace(known, share=0.6 * (at + (place is None)) / len(KINDS))
    owned = search.owned(mirror, known.found)
    yield (known := replace(known, behind=owned, share=0.6))
    for behind in search.users(mirror, known.found[:FOLLOWED]):
        yield (known := replace(known, behind={**owned, **behind}, share=0.8))
    yield replace(known, share=1.0)


def _best(hits: dict[Found, None], wanted: Wanted) -> dict[Found, None]:
    """The hits of each kind, those first whose letters stand closest together; a bounded number is kept."""
    kept: dict[Found, None] = {}
    for kind in KINDS:
        ranked = sorted((one for one in hits if one.kind == kind), key=lambda one: closeness(wanted, one.id))
        kept |= dict.fromkeys(ranked[: 10 * EACH])
    for one in [one for one in hits if one not in kept]:
        del hits[one]
    return kept


def closeness(wanted: Wanted, id_: str) -> tuple[int, int, str]:
    """How well an id fits, the best first: over how many letters the wanted ones spread, and where they begin."""
    text, letters = id_.lower(), wanted.text.lower()
    if wanted.shape == "regex" or not letters:
        return 0, 0, id_
    if wanted.shape == "text":
        return 0, max(0, text.find(letters)), id_
    spans = []
    for begin in (place for place, letter in enumerate(text) if letter == letters[0]):
        place = begin
        for letter in letters[1:]:
            place = text.find(letter, place + 1)
            if place < 0:
                break
        else:
            spans.append((place - begin + 1, begin))
    span, begin = min(spans, default=(len(text) + 1, 0))
    return span, begin, id_


def _told(known: Sighting, hits: dict[Found, None]) -> Sighting:
    found: list[Found] = []
    more = set()
    for kind in KINDS:
        of_kind = [one for one in hits if one.kind == kind]
        found += of_kind[:EACH]
        if len(of_kind) > EACH:
            more.add(str(kind))
    return replace(known, found=found, more=frozenset(more))


class Seeker(Thread):
    """Looks on a connection of its own, and delivers a Sighting after every read that brought news.

    `deliver` is called in this thread with a Sighting, or with the error that ended the search.
    """

    def __init__(self, path: Path, wanted: Wanted, deliver: Callable[[Sighting | Exception], None]) -> None:
        super().__init__(name="seeker", daemon=True)
        self._path, self._wanted, self._deliver = path, wanted, deliver
        self._over = Event()
        self._mirror: Reader | None = None

    def stop(self) -> None:
        """End the search: the read that is under way is broken off."""
        self._over.set()
        if self._mirror is not None:
            self._mirror.interrupt()

    def run(self) -> None:
        matching = patterns.Matching()
        try:
            self._mirror = mirror = Reader(self._path)
            try:
                mirror.define(MATCHES, 2, matching)
                self._look(mirror, matching)
            finally:
                mirror.close()
        except Exception as error:  # noqa: BLE001 - told to the operator
            if not self._over.is_set() and not interrupted(error):
                self._deliver(matching.late() or error)

    def _look(self, mirror: Reader, matching: patterns.Matching) -> None:
        """Each read has its own time for an expression: the whole search may take as long as somebody waits."""
        last: Sighting | None = None
        for sighting in seek(mirror, self._wanted):
            if self._over.wait(REST_S) or mirror.replaced():
                return
            if last is None or sighting != last:
                last = sighting
                self._deliver(sighting)
            matching.begin()
