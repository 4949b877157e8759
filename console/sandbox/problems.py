"""Refusals: every way in which the core says no (contract, section 8)."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import Raw

from console.core.instants import Instant
from console.core.messages import NOTHING, FieldError, Message, Problem, encode


@dataclass(frozen=True, slots=True)
class Kind:
    status: int
    title: str
    retryable: bool = False


KINDS = {
    "validation": Kind(400, "The request does not follow the contract"),
    "idempotency_key_missing": Kind(400, "The Idempotency-Key header is missing"),
    "unsupported": Kind(400, "This core does not offer that"),
    "unauthenticated": Kind(401, "The token is unknown", retryable=True),
    "forbidden": Kind(403, "Your role does not allow this"),
    "self_approval": Kind(403, "Another person must decide this command"),
    "not_found": Kind(404, "No such resource"),
    "in_progress": Kind(409, "The command is still being executed", retryable=True),
    "illegal_transition": Kind(409, "The target's state does not allow this"),
    "already_decided": Kind(409, "The command waits for nobody any more"),
    "already_claimed": Kind(409, "Somebody else holds the claim"),
    "cursor_expired": Kind(410, "Cursor is older than the retained feed"),
    "epoch_changed": Kind(410, "The log was renumbered or restored"),
    "version_mismatch": Kind(412, "The target changed after the version you saw"),
    "idempotency_key_reused": Kind(422, "The key belongs to another request"),
    "command_expired": Kind(422, "not_after has passed"),
    "precondition_required": Kind(428, "This command needs If-Match"),
    "rate_limited": Kind(429, "Too many requests", retryable=True),
    "internal": Kind(500, "The core failed"),
    "overloaded": Kind(503, "The core is not ready", retryable=True),
}


@dataclass
class Refusal(Exception):
    """The request changed nothing, for the reason `code`; `current` is the target as it stands now."""

    code: str
    detail: str | None = None
    status: int | None = None
    errors: list[FieldError] = field(default_factory=list)
    current: Message | None = None
    earliest_cursor: str | None = None
    retry_after_s: int | None = None

    def problem(
        self, now: Instant, *, instance: str | None = None, request_id: str | None = None, effect: str = "none"
    ) -> Problem:
        """The refusal as the contract's problem document."""
        kind = KINDS[self.code]
        return Problem(
            type=f"urn:core:problem:{self.code}",
            title=kind.title,
            status=self.status or kind.status,
            code=self.code,
            effect=effect,
            retryable=kind.retryable,
            detail=self.detail[:1024] if self.detail else None,
            instance=instance[:256] if instance else None,
            request_id=request_id,
            server_time=now,
            errors=self.errors or None,
            current=Raw(encode(self.current)) if self.current is not None else NOTHING,
            earliest_cursor=self.earliest_cursor,
        )


def invalid(pointer: str, detail: str) -> Refusal:
    """A 400 that points at the part of the request which is wrong."""
    return Refusal(
        "validation", f"{pointer}: {detail}", errors=[FieldError(pointer=pointer[:256], detail=detail[:512])]
    )
