"""Commands, their approval, and the problems the core answers with."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Raw

from console.core.instants import Instant
from console.core.messages.base import NOTHING, Id, Message, Name, Note, Ref, Seq, Version, Word


class FieldError(Message, frozen=True):
    pointer: Annotated[str, Meta(max_length=256)]
    detail: Annotated[str, Meta(max_length=512)]


class Problem(Message, frozen=True):
    """An error of the core (application/problem+json). `effect` says whether this request may have changed anything."""

    type: str
    title: Annotated[str, Meta(max_length=256)]
    status: Annotated[int, Meta(ge=400, le=599)]
    code: Word
    effect: Word
    retryable: bool
    detail: Annotated[str, Meta(max_length=1024)] | None = None
    instance: Annotated[str, Meta(max_length=256)] | None = None
    request_id: Name | None = None
    server_time: Instant | None = None
    errors: list[FieldError] | None = None
    current: Raw = NOTHING
    earliest_cursor: Annotated[str, Meta(max_length=256)] | None = None


class Approval(Message, frozen=True):
    required: bool
    policy: Word | None = None
    expires_at: Instant | None = None
    decision: Word | None = None
    decided_by: Name | None = None
    decided_at: Instant | None = None
    note: Note | None = None


class DecidedOn(Message, frozen=True):
    """What the operator had on screen when deciding; kept by the core for audit."""

    model: Name | None = None
    score: float | None = None
    rule_ids: list[Word] | None = None
    seen_seq: Seq | None = None


class Command(Message, frozen=True):
    """`decided_on` is what its creator had on screen. A core need not tell it, nor in the contract's form."""

    id: Id
    version: Version
    type: Word
    target: Ref
    params: dict[str, Any]
    status: Word
    created_at: Instant
    created_by: Name
    not_after: Instant
    reason_code: Word | None = None
    effect: Word | None = None
    note: Note | None = None
    case_ref: Name | None = None
    if_match: Version | None = None
    approval: Approval | None = None
    resulting_version: Version | None = None
    effect_seq: Seq | None = None
    completed_at: Instant | None = None
    problem: Problem | None = None
    dry_run: bool | None = None
    preview: Raw = NOTHING
    decided_on: Raw = NOTHING


class CommandRequest(Message, frozen=True):
    """The body of POST /commands. `params` follows the closed schema of `type`."""

    type: Word
    target: Ref
    params: dict[str, Any]
    not_after: Instant
    reason_code: Word | None = None
    note: Note | None = None
    case_ref: Name | None = None
    dry_run: bool | None = None
    decided_on: DecidedOn | None = None


class Decision(Message, frozen=True):
    decision: Word
    note: Note | None = None
