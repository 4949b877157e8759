"""What every answer must have: a shape of the contract, headers, and a problem when it is an error.

The kit sends all its requests through one inspection; three checks at the end say what it found.
"""

from __future__ import annotations

import email.utils
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from console.bench.conformance import schema

SHOWN = 3
"""Faults of a kind that are kept to be shown; the others are counted."""
CODES = {
    400: ("validation", "idempotency_key_missing", "unsupported"),
    401: ("unauthenticated",),
    403: ("forbidden", "self_approval"),
    404: ("not_found",),
    409: ("in_progress", "illegal_transition", "already_decided", "already_claimed"),
    410: ("cursor_expired", "epoch_changed"),
    412: ("version_mismatch",),
    422: ("idempotency_key_reused", "command_expired"),
    428: ("precondition_required",),
    429: ("rate_limited",),
    500: ("internal",),
    503: ("overloaded",),
}
"""The codes of each status (contract, section 8)."""
UNDECIDED = ("in_progress", "internal", "overloaded")
"""Codes whose `effect` need not be `none`."""


class Inspection:
    """Counts answers, and the faults found in them by kind: `schema`, `headers`, `problems`."""

    def __init__(self) -> None:
        self.answers = 0
        self.errors = 0
        self.counts: dict[str, int] = defaultdict(int)
        self.shown: dict[str, list[str]] = defaultdict(list)

    def look(self, method: str, path: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Note what is wrong with an answer by itself."""
        self.answers += 1
        where = f"{method} {path} {status}"
        self._note("headers", where, _header_faults(status, headers))
        value = None
        if body:
            try:
                value = json.loads(body)
            except (ValueError, RecursionError) as error:
                self._note("schema", where, [f"the body is no JSON: {error}"])
                return
        if status >= 400:
            self.errors += 1
            self._note("problems", where, _problem_faults(status, headers, value))
        self._note("schema", where, _shape_faults(method, path, status, value))

    def _note(self, kind: str, where: str, faults: Iterator[str] | list[str]) -> None:
        for fault in faults:
            self.counts[kind] += 1
            if len(self.shown[kind]) < SHOWN:
                self.shown[kind].append(f"{where}: {fault}")


def _header_faults(status: int, headers: Mapping[str, str]) -> Iterator[str]:
    try:
        email.utils.parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        yield f"Date is {headers.get('date', 'missing')}"
    if status < 300 and _media(headers) != "application/json":
        yield f"Content-Type is {headers.get('content-type', 'missing')}"
    if status in (429, 503) and not headers.get("retry-after", "").isdigit():
        yield f"Retry-After is {headers.get('retry-after', 'missing')}"


def _problem_faults(status: int, headers: Mapping[str, str], value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if _media(headers) != "application/problem+json":
        yield f"Content-Type is {headers.get('content-type', 'missing')}"
    if not isinstance(value, dict):
        yield "the body is no problem"
        return
    code, effect = value.get("code"), value.get("effect")
    if value.get("status") != status:
        yield f"/status is {value.get('status')}"
    if code not in CODES.get(status, ()):
        yield f"/code is {code}, with this status it is {' or '.join(CODES.get(status, ('none',)))}"
    if effect != "none" and code not in UNDECIDED:
        yield f"/effect of {code} is {effect}, not none"


def _shape_faults(method: str, path: str, status: int, value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    wanted = schema.answer_schema(method, path, status)
    if wanted is None:
        yield "the contract foresees no such answer to this request"
        return
    yield from schema.faults(wanted, value) if wanted else ()
    if status == 200 and isinstance(value, dict):
        yield from _resource_faults(path, value)


def _resource_faults(path: str, page: dict[str, Any]) -> Iterator[str]:
    """The resources inside a page of the feed or of a snapshot, each by the schema of its type."""
    changes, items = page.get("changes"), page.get("items")
    if path == "/changes" and isinstance(changes, list):
        for number, change in enumerate(changes):
            if isinstance(change, dict) and change.get("data") is not None:
                yield from _typed(change.get("type"), change["data"], f"/changes/{number}/data")
    if path.startswith("/snapshot/") and isinstance(items, list):
        for number, item in enumerate(items):
            yield from _typed(page.get("type"), item, f"/items/{number}")


def _typed(type_: Any, value: Any, at: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    wanted = schema.resource(type_) if isinstance(type_, str) else None
    if wanted is not None:
        yield from schema.faults(wanted, value, at)


def _media(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()
