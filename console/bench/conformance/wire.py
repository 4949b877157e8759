"""HTTP as the kit needs it: every answer as it came, none refused, each looked at by the inspection."""

from __future__ import annotations

import asyncio
import email.utils
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import httpx
import msgspec

from console.bench.conformance.inspection import Inspection
from console.bench.conformance.verdict import Failed
from console.core.client import BASE, MAX_BODY, check_origin, is_loopback
from console.core.messages import CoreMeta, Message, Problem, decoder

M = TypeVar("M", bound=Message)

ANSWER_S = 20.0
"""Seconds an answer may take, the long poll's wait not counted."""
CONNECTIONS = 24
PATIENCE = 4
"""How often a request that the rate limit refused is made, Retry-After being kept."""
LONGEST_PAUSE_S = 10


@dataclass(frozen=True)
class Person:
    """Somebody the core knows by a token (None: no token), and what the core says of them."""

    token: str | None
    meta: CoreMeta

    @property
    def subject(self) -> str:
        return self.meta.you.subject

    def may(self, role: str) -> bool:
        """Whether the person has the role; a supervisor is an operator too."""
        return role in self.meta.you.roles or (role == "operator" and "supervisor" in self.meta.you.roles)

    def __repr__(self) -> str:
        return f"Person({self.subject})"


@dataclass(frozen=True)
class Answer:
    """One answer of the core, decompressed. `seconds` is how long it took."""

    method: str
    path: str
    status: int
    headers: httpx.Headers
    body: bytes
    seconds: float

    def read(self, kind: type[M]) -> M:
        """The body as one of the contract's messages. Raises Failed when it is none."""
        try:
            message: M = decoder(kind).decode(self.body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Failed(f"a readable {kind.__name__} from {self.method} {self.path}", error) from error
        return message

    @property
    def problem(self) -> Problem | None:
        """The problem in an error's body, None where there is none that can be read."""
        try:
            return self.read(Problem) if self.status >= 400 else None
        except Failed:
            return None

    @property
    def date(self) -> float | None:
        """The Date header in seconds since 1970, whole ones."""
        try:
            return email.utils.parsedate_to_datetime(self.headers["date"]).timestamp()
        except (KeyError, ValueError):
            return None

    def __str__(self) -> str:
        problem = self.problem
        return f"{self.status} {problem.code}" if problem else str(self.status)

    def expect(self, *wanted: str) -> Self:
        """Raise Failed unless this is one of the answers, as `409` or `409 illegal_transition`."""
        if str(self) not in wanted and str(self.status) not in wanted:
            raise Failed(" or ".join(wanted), f"{self} to {self.method} {self.path}")
        return self


class Wire:
    """The connections to one core. Raises httpx.HTTPError where no answer comes."""

    def __init__(
        self,
        origin: str,
        token: str | None,
        inspection: Inspection,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        check_origin(origin, token)
        self._inspection = inspection
        self._http = httpx.AsyncClient(
            base_url=origin.rstrip("/") + BASE,
            headers={"Accept": "application/json", "User-Agent": "riskdesk-conformance"},
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            transport=transport,
            trust_env=not is_loopback(origin),
            follow_redirects=False,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def get(
        self,
        path: str,
        token: str | None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        wait_s: int = 0,
    ) -> Answer:
        """One GET; with `wait_s` the core is asked to hold the answer."""
        params = {**(params or {}), **({"wait_s": wait_s} if wait_s else {})}
        return await self._ask("GET", path, token, params, headers or {}, None, wait_s)

    async def post(self, path: str, token: str | None, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """One POST of a JSON body, sent again only where the rate limit refused it."""
        return await self._ask("POST", path, token, None, {"Content-Type": "application/json", **(headers or {})}, body)

    async def _ask(
        self,
        method: str,
        path: str,
        token: str | None,
        params: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        body: bytes | None,
        wait_s: float = 0,
    ) -> Answer:
        allowed = {**headers, **({"Authorization": f"Bearer {token}"} if token else {})}
        for attempt in range(1, PATIENCE + 1):
            began = time.perf_counter()
            async with (
                asyncio.timeout(ANSWER_S + wait_s),
                self._http.stream(
                    method, path, params=params, headers=allowed, content=body, timeout=ANSWER_S + wait_s
                ) as response,
            ):
                content = await _bounded(response)
            spent = time.perf_counter() - began
            answer = Answer(method, path, response.status_code, response.headers, content, spent)
            self._inspection.look(method, path, answer.status, answer.headers, content)
            if answer.status != 429 or attempt == PATIENCE:
                break
            await asyncio.sleep(_pause(answer))
        return answer


def _pause(answer: Answer) -> float:
    text = answer.headers.get("retry-after", "1")
    return min(LONGEST_PAUSE_S, int(text)) if text.isascii() and text.isdigit() else 1


async def _bounded(response: httpx.Response) -> bytes:
    content = bytearray()
    async for part in response.aiter_bytes():
        content += part
        if len(content) > MAX_BODY:
            raise httpx.ReadError(f"the answer is longer than {MAX_BODY} bytes")
    return bytes(content)
