"""The proof that the mirror equals the core: their digests compared, type by type (contract, section 6)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from console.core.client import CoreClient
from console.core.messages import RESOURCES, Change, Digest
from console.watch.ingest import LANE
from store.digest import Buckets, bucket_of, differing
from store.upkeep import mirror_digest, mirror_seq, unreadable

BUCKETS = 1024
TAIL_S = 30
"""Seconds to wait for the mirror to reach the place in the feed for which the core answered."""
LOOK_S = 0.2


class DigestCheck:
    """Compares digests; remembers which buckets differed, for a bucket that differs twice in a row is wrong.

    The core answers for one place in the feed and the mirror soon stands at a later one: buckets touched by changes in
    between say nothing and are skipped, as are those of resources the mirror could not read. `note` tells what each
    page changed.
    """

    def __init__(self, path: Path, client: CoreClient) -> None:
        self._path = path
        self._client = client
        self._suspect: dict[str, set[int]] = {}
        self._recent: list[tuple[int, str, str]] | None = None
        self._one_at_a_time = asyncio.Lock()

    def note(self, applied: list[Change]) -> None:
        """Take in what a page changed; kept only while a comparison is under way."""
        if self._recent is not None:
            self._recent += [(change.seq, change.type, change.id) for change in applied]

    async def run(self, types: list[str]) -> list[str]:
        """The types of which a bucket differed now and in the round before."""
        wrong = []
        for type_ in (name for name in types if name in RESOURCES):
            found = await self.compare(type_)
            if self._suspect.get(type_, set()) & found:
                wrong.append(type_)
            self._suspect[type_] = found
        if wrong:
            self._suspect.clear()
        return wrong

    async def equal(self) -> bool:
        """Whether every type the core serves is the same in the mirror."""
        meta = await self._client.meta()
        return not any([await self.compare(name) for name in meta.types if name in RESOURCES])

    async def compare(self, type_: str) -> set[int]:
        """Buckets of a type in which mirror and core differ. Raises TimeoutError when the mirror stays behind."""
        async with self._one_at_a_time:
            self._recent = []
            try:
                theirs = await self._client.digest(type_, BUCKETS)
                async with asyncio.timeout(TAIL_S):
                    while await asyncio.to_thread(mirror_seq, self._path, LANE) < theirs.at_seq:  # noqa: ASYNC110 - a file
                        await asyncio.sleep(LOOK_S)
                _, ours = await asyncio.to_thread(mirror_digest, self._path, LANE, type_, BUCKETS)
                later = {id_ for at, of, id_ in self._recent if at > theirs.at_seq and of == type_}
                unsure = later | await asyncio.to_thread(unreadable, self._path, type_)
            finally:
                self._recent = None
        return set(differing(ours, _buckets(theirs))) - {bucket_of(id_, BUCKETS) for id_ in unsure}


def _buckets(digest: Digest) -> Buckets:
    return {bucket.bucket: (bucket.count, int(bucket.sum, 16)) for bucket in digest.buckets}
