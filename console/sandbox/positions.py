"""The parts of a page around its ready-made bodies."""

from __future__ import annotations

from console.core.instants import Instant
from console.core.messages import Message


class FeedPosition(Message, frozen=True):
    """A ChangePage without its changes."""

    epoch: str
    from_seq: int
    scanned_to_seq: int
    head_seq: int
    watermark: Instant
    has_more: bool
    next_cursor: str


class SnapshotPosition(Message, frozen=True):
    """A SnapshotPage without its items."""

    epoch: str
    type: str
    tail_cursor: str
    tail_seq: int
    has_more: bool
    next: str | None = None


class HistoryPosition(Message, frozen=True):
    """A TransactionPage or LoginPage without its items."""

    has_more: bool
    next: str | None = None
