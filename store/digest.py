"""The contract's digest (section 6): per bucket, the sum of the hashes of (type, id, version)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

Buckets = dict[int, tuple[int, int]]
"""Bucket number -> (count of resources, sum of their hashes modulo 2^64)."""

TABLES = {
    "transaction": "SELECT transaction_id, version FROM txn WHERE deleted = 0",
    "login": "SELECT login_id, version FROM login WHERE deleted = 0",
    "account": "SELECT account_id, version FROM account WHERE deleted = 0 AND version > 0",
}
OTHERS = "SELECT id, version FROM resource WHERE deleted = 0 AND type = ?"

_MASK = 2**64 - 1


def h64(text: str) -> int:
    """BLAKE2b of 8 bytes over the text's UTF-8, as a big-endian unsigned integer."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def bucket_of(id_: str, bucket_count: int) -> int:
    """The bucket of an id: the first bits of its hash, `bucket_count` (a power of two) of them apart."""
    return h64(id_) >> (64 - (bucket_count.bit_length() - 1))


def bucket_sums(
    type_: str, rows: Iterable[tuple[str, int]], bucket_count: int, start: Buckets | None = None
) -> Buckets:
    """Digest of (id, version) pairs in `bucket_count` buckets (a power of two), added to `start`."""
    sums = dict(start or {})
    for id_, version in rows:
        bucket = bucket_of(id_, bucket_count)
        count, total = sums.get(bucket, (0, 0))
        sums[bucket] = (count + 1, (total + h64(f"{type_}\n{id_}\n{version}")) & _MASK)
    return sums


def folded(sums: Buckets, from_count: int, to_count: int) -> Buckets:
    """The same digest in fewer buckets: neighbours are added."""
    step = from_count // to_count
    fewer: Buckets = {}
    for bucket, (count, total) in sums.items():
        seen, summed = fewer.get(bucket // step, (0, 0))
        fewer[bucket // step] = (seen + count, (summed + total) & _MASK)
    return fewer


def differing(ours: Buckets, theirs: Buckets) -> list[int]:
    """Buckets in which the two digests disagree, ascending."""
    return sorted(b for b in ours.keys() | theirs.keys() if ours.get(b, (0, 0)) != theirs.get(b, (0, 0)))
