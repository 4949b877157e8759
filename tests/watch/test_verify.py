"""The digest check: comparisons that are asked for at the same time do not disturb each other."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

from console.core.client import CoreClient
from console.core.messages import Digest
from console.watch.verify import DigestCheck
from store.mirror import Mirror


class EmptyCore:
    """Answers each digest a little later than it was asked for."""

    async def digest(self, type_: str, buckets: int) -> Digest:
        await asyncio.sleep(0.01)
        return Digest(epoch="e", type=type_, at_seq=0, algorithm="blake2b-64-sum", bucket_count=buckets, buckets=[])


async def test_two_comparisons_at_once(tmp_path: Path) -> None:
    Mirror(tmp_path / "mirror.db").close()
    check = DigestCheck(tmp_path / "mirror.db", cast(CoreClient, EmptyCore()))
    found = await asyncio.gather(*(check.compare(type_) for type_ in ("account", "transaction", "login")))
    assert found == [set(), set(), set()]
