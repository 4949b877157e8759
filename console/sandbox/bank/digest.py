"""The digest: bucketed checksums of (id, version), to prove a mirror equal (contract, section 6)."""

from __future__ import annotations

import re
from collections import defaultdict
from hashlib import blake2b

from console.core.messages import Digest, DigestBucket
from console.sandbox.bank.log import KINDS, Log

FINEST_BITS = 14
"""Sums are kept for 16,384 buckets; coarser digests add neighbours up."""
_HEAD = re.compile(rb'\{"seq":\d+,"type":"\w+","op":"(\w)\w+","id":"([^"]+)","version":(\d+)')


def hash64(text: str) -> int:
    """BLAKE2b with an 8-byte digest, read as a big-endian unsigned integer."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


class Digests:
    """Running sums that follow the log in slices. Versions here are dense, so a change names its predecessor."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.at_seq = 0
        self._sums: dict[str, defaultdict[int, list[int]]] = {kind: defaultdict(lambda: [0, 0]) for kind in KINDS}
        self._deleted: set[tuple[int, str]] = set()

    def follow(self, limit: int) -> bool:
        """Take in at most `limit` more changes; True once the head is reached."""
        for _, code, start, body in self._log.entries(self.at_seq, limit):
            self._take(code, start, body)
        self.at_seq = min(self.at_seq + limit, self._log.head)
        return self.at_seq >= self._log.head

    def _take(self, code: int, start: int, body: bytes) -> None:
        head = _HEAD.match(body)
        if head is None:
            raise ValueError(f"the log holds something that is no change: {body[:80]!r}")
        id_, version, kind = head[2].decode(), int(head[3]), KINDS[code]
        bucket = self._sums[kind][hash64(id_) >> (64 - FINEST_BITS)]
        if version > 1 and (code, id_) not in self._deleted:
            bucket[0] -= 1
            bucket[1] -= hash64(f"{kind}\n{id_}\n{version - 1}")
        if start:
            self._deleted.discard((code, id_))
            bucket[0] += 1
            bucket[1] += hash64(f"{kind}\n{id_}\n{version}")
        else:
            self._deleted.add((code, id_))

    def digest(self, kind: str, bucket_count: int) -> Digest:
        """The digest of a kind at `at_seq`; `bucket_count` is 256, 1024, 4096 or 16384."""
        shift = FINEST_BITS - (bucket_count.bit_length() - 1)
        coarse: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
        for fine, (count, total) in self._sums[kind].items():
            bucket = coarse[fine >> shift]
            bucket[0] += count
            bucket[1] += total
        buckets = [
            DigestBucket(bucket=number, count=count, sum=f"{total % 2**64:016x}")
            for number, (count, total) in sorted(coarse.items())
            if count
        ]
        return Digest(
            epoch=self._log.epoch,
            type=kind,
            at_seq=self.at_seq,
            algorithm="sum64-blake2b",
            bucket_count=bucket_count,
            buckets=buckets,
        )
