"""What the reads answer: pages of the feed, snapshots and history, digests, /meta."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Raw

from console.core.instants import Instant
from console.core.messages.base import (
    MAX_INTEGER,
    NOTHING,
    ChangeSeq,
    Count,
    Currency,
    Id,
    Message,
    Name,
    Seq,
    Version,
    Word,
)
from console.core.messages.resources import Login, Transaction


class Correction(Message, frozen=True):
    reason: Word
    of_version: Version


class Cause(Message, frozen=True):
    kind: Word
    command_id: Id | None = None
    actor: Name | None = None


class Change(Message, frozen=True):
    """One entry of the feed. `data` stays undecoded: a bad resource spoils its own change, not the page.

    The times stay text: the resource carries its own, and `instants.parse` reads these where they are wanted.
    """

    seq: ChangeSeq
    type: Word
    op: Word
    id: Id
    version: Version
    occurred_at: Word
    recorded_at: Word
    data: Raw = NOTHING
    correction: Correction | None = None
    caused_by: Cause | None = None


class PageHead(Message, frozen=True):
    """What a page of the feed says of itself."""

    epoch: Word
    from_seq: Seq
    scanned_to_seq: Seq
    head_seq: Seq
    watermark: Instant
    has_more: bool
    next_cursor: Annotated[str, Meta(max_length=256)]


class ChangePage(PageHead, frozen=True):
    """A page whose changes stay undecoded."""

    changes: list[Raw]


class WholeChangePage(PageHead, frozen=True):
    """A page that can only be read when each of its changes can."""

    changes: list[Change]


class SnapshotPage(Message, frozen=True):
    epoch: Word
    type: Word
    items: list[Raw]
    tail_cursor: Annotated[str, Meta(max_length=256)]
    tail_seq: Seq
    has_more: bool
    next: Annotated[str, Meta(max_length=512)] | None = None


class DigestBucket(Message, frozen=True):
    bucket: Annotated[int, Meta(ge=0, le=16383)]
    count: Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
    sum: Annotated[str, Meta(min_length=16, max_length=16)]


class Digest(Message, frozen=True):
    epoch: Word
    type: Word
    at_seq: Seq
    algorithm: Word
    bucket_count: Annotated[int, Meta(ge=1, le=16384)]
    buckets: list[DigestBucket]


class TransactionPage(Message, frozen=True):
    items: list[Transaction]
    has_more: bool
    next: Annotated[str, Meta(max_length=512)] | None = None


class LoginPage(Message, frozen=True):
    items: list[Login]
    has_more: bool
    next: Annotated[str, Meta(max_length=512)] | None = None


class FeedBounds(Message, frozen=True):
    epoch: Word
    earliest_cursor: Annotated[str, Meta(max_length=256)]
    head_seq: Seq
    watermark: Instant


class ReasonCode(Message, frozen=True):
    code: Word
    title: Name
    commands: list[Word]
    requires_note: bool | None = None
    requires_approval: bool | None = None
    adverse_action: bool | None = None


class CurrencyInfo(Message, frozen=True):
    code: Currency
    exponent: Annotated[int, Meta(ge=0, le=4)]


class CoreLimits(Message, frozen=True):
    max_page: Count
    max_wait_s: Count
    not_after_max_s: Count
    approval_max_s: Count
    bulk_accounts: Count
    bulk_window_s: Count


class Retention(Message, frozen=True):
    feed_s: Count
    idempotency_s: Count


class LabelPolicy(Message, frozen=True):
    """A transaction older than `maturity_s` (seconds) without a label may be taken as legit when training."""

    maturity_s: Count


class You(Message, frozen=True):
    subject: Name
    roles: list[Word]
    scopes: list[Word]


class CoreMeta(Message, frozen=True):
    """GET /meta."""

    api_version: Annotated[str, Meta(max_length=16)]
    institution: Name
    server_time: Instant
    feed: FeedBounds
    capabilities: list[Word]
    types: list[Word]
    reason_codes: list[ReasonCode]
    currencies: list[CurrencyInfo]
    limits: CoreLimits
    retention: Retention
    you: You
    labels: LabelPolicy | None = None
