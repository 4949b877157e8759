"""Answers on the wire: JSON bytes, gzip where the reader wants it, problems, ETags."""

from __future__ import annotations

import gzip
import re

from starlette.requests import Request
from starlette.responses import Response

from console.core.instants import Instant
from console.core.messages import Message, encode
from console.sandbox.problems import KINDS, Refusal

SMALLEST_GZIP = 1400
"""Bytes below which compressing saves no packet."""
_REFUSES_GZIP = re.compile(r"gzip\s*;\s*q=0(\.0*)?\s*(,|$)")


def json_answer(request: Request, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON body that is already encoded."""
    return _answer(request, body, "application/json", status, headers or {})


def message_answer(
    request: Request, message: Message, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return json_answer(request, encode(message), status=status, headers=headers)


def problem_answer(request: Request, refusal: Refusal, now: Instant, *, effect: str = "none") -> Response:
    """The refusal as application/problem+json, with the headers that its status calls for."""
    problem = refusal.problem(
        now, instance=request.url.path, request_id=request.scope.get("state", {}).get("request_id"), effect=effect
    )
    headers = {}
    if problem.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="core"'
    if KINDS[refusal.code].retryable and problem.status != 401:
        headers["Retry-After"] = str(refusal.retry_after_s or 1)
    if refusal.code == "version_mismatch" and refusal.current is not None:
        headers["ETag"] = etag(refusal.current.version)  # type: ignore[attr-defined]
    return _answer(request, encode(problem), "application/problem+json", problem.status, headers)


def etag(version: int) -> str:
    """The quoted version."""
    return f'"{version}"'


def matches(if_none_match: str | None, version: int) -> bool:
    """Whether the reader already has this version."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag(version) in tags


def _answer(request: Request, body: bytes, media_type: str, status: int, headers: dict[str, str]) -> Response:
    headers["Vary"] = "Accept-Encoding"
    headers["Cache-Control"] = "no-store"
    accepted = request.headers.get("accept-encoding", "").lower()
    if len(body) >= SMALLEST_GZIP and "gzip" in accepted and not _REFUSES_GZIP.search(accepted):
        body = gzip.compress(body, compresslevel=1, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, status, headers, media_type)
