"""The one HTTP client: timeouts, keep-alive, gzip, retries for reads, problems as typed errors."""

from __future__ import annotations

import asyncio
import email.utils
import ipaddress
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from console.core import apart, instants, trust
from console.core.breaker import Breaker
from console.core.clocks import Clock
from console.core.instants import Instant
from console.core.messages import UNREADABLE, Account, CoreMeta, Digest, SnapshotPage, decoder
from console.core.problems import CoreProblem, CoreUnreachable, Unreadable, read_problem

BASE = "/core/v1"
MAX_BODY = 64 * 1024 * 1024
"""Bytes; a longer answer is broken off."""
ENCODINGS = ("identity", "gzip")
"""How an answer may be packed, once: packed again and again, a few bytes unpack to more than memory holds."""
ANSWER_S = 10.0
"""Seconds an answer may take, the long poll's wait not counted."""
READ_ATTEMPTS = 3
LONGEST_PAUSE_S = 5.0
PROBE_S = 3.0
"""Seconds a probe of a silent host may take."""

_META = decoder(CoreMeta)
_ACCOUNT = decoder(Account)
_DIGEST = decoder(Digest)
_SNAPSHOT = decoder(SnapshotPage)
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """A successful answer as it came."""

    status: int
    headers: httpx.Headers
    body: bytes


def is_loopback(origin: str) -> bool:
    """Whether an origin names this machine: only there may HTTP be plain and the token missing."""
    host = urlsplit(origin).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_origin(origin: str, token: str | None) -> None:
    """Raise ValueError, with what to do, for an origin that is none or is not safe to talk to."""
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ValueError(f"{origin!r} is not an origin; give scheme, host and port, like https://core.example:8443")
    if is_loopback(origin):
        return
    if parts.scheme != "https":
        raise ValueError(f"{origin} is not on this machine and not encrypted: use https")
    if not token:
        raise ValueError(f"{origin} needs a token: set RISKDESK_TOKEN, a token command or a token file")


class CoreClient:
    """Talks to one core. Use it as an async context manager.

    `token` is asked before each request, so that a renewed one is used at once; it never shows in errors or reprs.
    `breaker` is shared by all clients of one host. Raises ValueError for an origin that is not safe to talk to.
    """

    def __init__(
        self,
        origin: str,
        token: Callable[[], str | None],
        transport: httpx.AsyncBaseTransport | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        check_origin(origin, token())
        self.origin = origin.rstrip("/")
        self._clock_offset_us = 0
        self._clock = Clock()
        self.breaker = breaker or Breaker()
        self._token = token
        encodings = "identity" if is_loopback(origin) else "gzip"
        self._http = httpx.AsyncClient(
            base_url=self.origin + BASE,
            headers={"Accept": "application/json", "Accept-Encoding": encodings, "User-Agent": "riskdesk"},
            timeout=httpx.Timeout(ANSWER_S, connect=3.0),
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=60),
            transport=transport,
            verify=trust.verification(),
            trust_env=not is_loopback(origin),  # what may be plain on this machine must not go through a proxy
            follow_redirects=False,
        )

    @property
    def clock_offset_us(self) -> int:
        """What to add to this machine's clock to get the core's, also after this machine's was set."""
        return self._clock_offset_us - self._clock.jumped_us()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    # ------------------------------------------------------------ any request

    async def read(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        wait_s: float = 0,
    ) -> Answer:
        """GET, asked again while that may help. `wait_s` is how long the core may hold the answer.

        Raises CoreProblem for an answer of 400 and above, CoreUnreachable when there is no answer.
        """
        for attempt in range(1, READ_ATTEMPTS + 1):
            try:
                return await self._ask("GET", path, params, headers, None, wait_s)
            except CoreProblem as problem:
                pause = problem.retry_after_s
                if (
                    attempt == READ_ATTEMPTS
                    or problem.status not in (429, 500, 502, 503, 504)
                    or (pause or 0) > LONGEST_PAUSE_S
                ):
                    raise
            except CoreUnreachable:
                pause = None
                if attempt == READ_ATTEMPTS:
                    raise
            await asyncio.sleep(random.uniform(0, 0.2 * 4**attempt) if pause is None else pause)
        raise AssertionError("unreachable")

    async def send(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """POST, exactly one attempt: whether to try again is the caller's decision.

        Raises CoreProblem for an answer of 400 and above, CoreUnreachable when the outcome is unknown.
        """
        return await self._ask("POST", path, None, {"Content-Type": "application/json", **(headers or {})}, body, 0)

    async def answers(self) -> bool:
        """Ask once, and briefly, whether the host is there at all; the breaker learns of it."""
        try:
            async with asyncio.timeout(PROBE_S):
                await self._ask("GET", "/meta", None, None, None, 0)
        except CoreProblem:
            return True
        except CoreUnreachable:
            return False
        except TimeoutError:
            self.breaker.silent()
            return False
        return True

    async def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        headers: Mapping[str, str] | None,
        body: bytes | None,
        wait_s: float,
    ) -> Answer:
        token = self._token()
        allowed = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        try:
            async with (
                asyncio.timeout(ANSWER_S + wait_s),
                self._http.stream(
                    method,
                    path,
                    params=params,
                    headers=allowed,
                    content=body,
                    timeout=httpx.Timeout(ANSWER_S + wait_s, connect=3.0),
                ) as response,
            ):
                content = await _bounded(response)
        except (httpx.HTTPError, TimeoutError) as error:
            self.breaker.silent()
            raise CoreUnreachable(f"{method} {path}: {type(error).__name__}") from None
        self.breaker.answered()
        self._note_clock(response)
        if response.status_code >= 400:
            raise CoreProblem(read_problem(response.status_code, content), _retry_after(response), _date(response))
        if response.status_code != 304 and not response.headers.get("content-type", "").startswith("application/json"):
            raise CoreUnreachable(
                f"{method} {path}: the answer is no JSON but {response.headers.get('content-type')!r:.80}"
            )
        return Answer(response.status_code, response.headers, content)

    def _note_clock(self, response: httpx.Response) -> None:
        """Follow the core's wall clock by the Date header (whole seconds: the middle of its second is taken)."""
        theirs = _date(response)
        if theirs is None:
            return
        drift = theirs + instants.SECOND // 2 - instants.now()
        if abs(drift - self.clock_offset_us) > instants.SECOND:
            self._clock_offset_us = drift if abs(drift) > instants.SECOND else 0
            self._clock = Clock()

    # ------------------------------------------------------------ the contract's reads

    async def meta(self) -> CoreMeta:
        """GET /meta."""
        return _decoded(_META, await self.read("/meta"), CoreMeta)

    async def account(self, account_id: str) -> Account:
        """GET /accounts/{id}. Raises Unreadable for an answer that is no account, or another."""
        account = _decoded(_ACCOUNT, await self.read(f"/accounts/{quote(account_id, safe='')}"), Account)
        if account.id != account_id:
            raise Unreadable("the answer is about another account")
        return account

    async def snapshot(self, type_: str, following: str | None, limit: int) -> SnapshotPage:
        """One page of GET /snapshot/{type}; `following` is the previous page's `next`."""
        params: dict[str, str | int] = {"limit": limit}
        if following:
            params["next"] = following
        answer = await self.read(f"/snapshot/{type_}", params)
        try:
            return _decoded(_SNAPSHOT, answer, SnapshotPage)
        except Unreadable:  # one item may spoil the page's JSON: it is set aside when the others are read
            return _taken_apart(answer)

    async def digest(self, type_: str, buckets: int) -> Digest:
        """GET /digest/{type}."""
        return _decoded(_DIGEST, await self.read(f"/digest/{type_}", {"buckets": buckets}), Digest)


def _taken_apart(answer: Answer) -> SnapshotPage:
    """A page of a snapshot that is no JSON, its items as they came."""
    try:
        head, items = apart.split(answer.body, "items")
    except ValueError as error:
        raise CoreUnreachable(f"the answer can't be read: {error}") from error
    page = _decoded(_SNAPSHOT, replace(answer, body=head), SnapshotPage)
    return msgspec.structs.replace(page, items=[msgspec.Raw(item) for item in items])


def _decoded(reader: msgspec.json.Decoder[Any], answer: Answer, kind: type[T]) -> T:
    try:
        value = reader.decode(answer.body)
    except UNREADABLE as error:
        raise Unreadable(f"the answer can't be read: {error}") from error
    if not isinstance(value, kind):
        raise Unreadable(f"the answer is no {kind.__name__}")
    return value


async def _bounded(response: httpx.Response) -> bytes:
    encoding = response.headers.get("content-encoding", "identity")
    if encoding not in ENCODINGS:
        raise httpx.DecodingError(f"the answer is packed as {encoding:.80}, which nobody asked for")
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > MAX_BODY:
            raise httpx.ReadError(f"the answer is longer than {MAX_BODY} bytes")
        parts.append(part)
    return b"".join(parts)


def _date(response: httpx.Response) -> Instant | None:
    """The Date header, in whole seconds."""
    try:
        return Instant(email.utils.parsedate_to_datetime(response.headers["date"]).timestamp() * instants.SECOND)
    except (KeyError, ValueError):
        return None


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
