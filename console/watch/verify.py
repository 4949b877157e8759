"""The proof that the mirror equals the core: their digests compared, type by type."""

from __future__ import annotations

import asyncio
from pathlib import Path

from console.core.client import CoreClient
from console.core.messages import RESOURCES, Digest
from console.watch.ingest import LANE
from store.digest import Buckets, differing
from store.upkeep import mirror_digest

BUCKETS = 1024


class DigestCheck:
    """Compares digests; remembers which buckets differed, for a bucket that differs twice in a row is wrong.

    The core answers for its `at_seq` and the mirror for its own: while they are not the same place in the feed nothing
    can be said of a type that changes, and it is asked again at the next round.
    """

    def __init__(self, path: Path, client: CoreClient) -> None:
        self._path = path
        self._client = client
        self._suspect: dict[str, set[int]] = {}

    async def run(self, types: list[str]) -> list[str]:
        """The types of which a bucket differed now and in the round before."""
        wrong = []
        for type_ in (name for name in types if name in RESOURCES):
            found = await self.compare(type_)
            if found is None:
                continue
            if self._suspect.get(type_, set()) & set(found):
                wrong.append(type_)
            self._suspect[type_] = set(found)
        return wrong

    async def equal(self) -> bool:
        """Whether every type the core serves is the same in the mirror, at one place in the feed."""
        meta = await self._client.meta()
        return all([await self.compare(name) == [] for name in meta.types if name in RESOURCES])

    async def compare(self, type_: str) -> list[int] | None:
        """Buckets that differ at one place in the feed; None when mirror and core were not at the same place."""
        theirs = await self._client.digest(type_, BUCKETS)
        seq, ours = await asyncio.to_thread(mirror_digest, self._path, LANE, type_, BUCKETS)
        if seq != theirs.at_seq:
            return None
        return differing(ours, _buckets(theirs))


def _buckets(digest: Digest) -> Buckets:
    return {bucket.bucket: (bucket.count, int(bucket.sum, 16)) for bucket in digest.buckets}
