"""What a request asks for: query parameters, path ids and bodies, checked against the contract."""

from __future__ import annotations

import re

from starlette.requests import Request

from console.core.instants import Instant
from console.core.messages import RESOURCES
from console.sandbox.bank.history import END_OF_TIME, Window
from console.sandbox.problems import Refusal, invalid
from console.sandbox.requests import ID_PATTERN, KEY_PATTERN, timestamp

LARGEST_BODY = 262_144
_NUMBER = re.compile(r"[0-9]{1,9}\Z", re.ASCII)


def number(request: Request, name: str, default: int, lowest: int, highest: int) -> int:
    """An integer parameter within its bounds. Raises Refusal (400)."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not _NUMBER.match(text) or not lowest <= int(text) <= highest:
        raise invalid(name, f"must be a whole number from {lowest} to {highest}")
    return int(text)


def limit(request: Request) -> int:
    return number(request, "limit", 1000, 1, 10_000)


def wait_s(request: Request) -> int:
    return number(request, "wait_s", 0, 0, 30)


def word(request: Request, name: str, longest: int) -> str | None:
    """An opaque text parameter. Raises Refusal (400)."""
    text = request.query_params.get(name)
    if text is not None and len(text) > longest:
        raise invalid(name, f"longer than {longest} characters")
    return text


def kinds(request: Request) -> list[str] | None:
    """The resource types asked for, None for all. Raises Refusal (400)."""
    text = request.query_params.get("types")
    if text is None:
        return None
    names = text.split(",")
    if len(set(names)) != len(names) or any(name not in RESOURCES for name in names):
        raise invalid("types", "must be a comma-separated list of different resource types")
    return names


def kind(request: Request) -> str:
    """The resource type in the path. Raises Refusal (400)."""
    name: str = request.path_params["type"]
    if name not in RESOURCES:
        raise Refusal("unsupported", f"no such resource type: {name[:64]}")
    return name


def buckets(request: Request) -> int:
    text = request.query_params.get("buckets", "1024")
    if text not in ("256", "1024", "4096", "16384"):
        raise invalid("buckets", "must be 256, 1024, 4096 or 16384")
    return int(text)


def resource_id(text: str | None, name: str) -> str:
    if text is None or not re.match(ID_PATTERN, text):
        raise invalid(name, "must be an id")
    return text


def command_id(text: str, name: str = "id") -> str:
    if not re.match(KEY_PATTERN, text):
        raise invalid(name, "must be a lower-case UUID")
    return text


def idempotency_key(request: Request) -> str:
    """The key, which is the command's id. Raises Refusal (400)."""
    text = request.headers.get("idempotency-key")
    if text is None:
        raise Refusal("idempotency_key_missing")
    return command_id(text, "Idempotency-Key")


def window(request: Request) -> Window:
    """The span of a history. Raises Refusal (400)."""
    return Window(
        _instant(request, "occurred_from", -END_OF_TIME),
        _instant(request, "occurred_to", END_OF_TIME),
        word(request, "next", 512),
        limit(request),
    )


def _instant(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        return Instant(timestamp(text))
    except ValueError as error:
        raise invalid(name, str(error)) from error


async def body(request: Request) -> bytes:
    """The JSON body's bytes. Raises Refusal (400) for another media type or too much of it."""
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise invalid("Content-Type", "must be application/json")
    received = bytearray()
    async for part in request.stream():
        received += part
        if len(received) > LARGEST_BODY:
            raise invalid("", f"the body is longer than {LARGEST_BODY} bytes")
    return bytes(received)
