"""The HTTP surface of the core: every operation of the contract, each a few lines over the bank."""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from email.utils import formatdate

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from console.core.instants import SECOND, Instant
from console.core.messages import RESOURCES, Command, CoreMeta, FeedBounds, LabelPolicy, You, encode
from console.paths import fixtures
from console.sandbox import policy, reading
from console.sandbox.answers import etag, json_answer, matches, message_answer, problem_answer
from console.sandbox.bank import Bank, cursors
from console.sandbox.bank.commands import Submission
from console.sandbox.bank.history import HistoryPage
from console.sandbox.bank.log import Page
from console.sandbox.bell import Bell
from console.sandbox.life import Life, breathe, settle_forever
from console.sandbox.people import Person, identify
from console.sandbox.positions import FeedPosition, HistoryPosition, SnapshotPosition
from console.sandbox.problems import Refusal, invalid
from console.sandbox.rate import RateLimit

BASE = "/core/v1"
FOLLOW_SLICE = 2_000
"""Changes that an index of the log takes in before others get a turn."""
LOG = logging.getLogger("riskdesk.sandbox")
UNFINISHED = ("pending_approval", "accepted", "executing")

Handler = Callable[["Core", Request, Person], Awaitable[Response]]


class Core:
    """One running core: its bank, its life, and who waits for news. `private` are controls outside the contract."""

    def __init__(
        self,
        bank: Bank,
        life: Life,
        rate: RateLimit,
        labels: LabelPolicy = policy.LABELS,
        private: Sequence[Route] = (),
    ) -> None:
        self.bank = bank
        self.life = life
        self.rate = rate
        self.labels = labels
        self.private = private
        self.bell: Bell | None = None
        self.failure: Exception | None = None
        self.on_failure: Callable[[], None] = self.stop

    def asgi(self) -> ASGIApp:
        """The application to serve."""
        routes = [Route(BASE + path, self._guarded(handler), methods=[method]) for method, path, handler in OPERATIONS]
        routes += [Route(BASE + "/openapi.yaml", _contract, methods=["GET"]), *self.private]
        app = Starlette(
            routes=routes,
            lifespan=self._lifespan,
            exception_handlers={Refusal: self._refused, HTTPException: self._unrouted, Exception: self._failed},
        )
        return _named(app, self.bank.clock)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        self.bell = bell = Bell()
        self.bank.database.on_commit.append(bell.ring)
        work = [asyncio.create_task(self._attended(part)) for part in (self.life.run(), settle_forever(self.bank))]
        try:
            yield
        finally:
            self.bank.database.on_commit.remove(bell.ring)
            bell.close()
            for task in work:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _attended(self, part: Coroutine[None, None, None]) -> None:
        """Run a part of the core that must not die unseen: when it fails, the whole core stops and says why."""
        try:
            await part
        except Exception as error:
            LOG.exception("the core stops")
            self.failure = error
            self.on_failure()

    def _guarded(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            person = identify(request.headers.get("authorization"))
            if person is None:
                raise Refusal("unauthenticated")
            self.rate.take(person.subject)
            return await handler(self, request, person)

        return endpoint

    async def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)  # noqa: S101 - registered for this class
        return problem_answer(request, error, self.bank.clock())

    async def _unrouted(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
        code = "not_found" if error.status_code == 404 else "unsupported"
        answer = problem_answer(request, Refusal(code, error.detail, status=error.status_code), self.bank.clock())
        answer.headers.update(error.headers or {})
        return answer

    async def _failed(self, request: Request, error: Exception) -> Response:
        return problem_answer(request, Refusal("internal"), self.bank.clock(), effect="unknown")

    def stop(self) -> None:
        """Let nobody wait any longer, so that the server can stop. From any thread."""
        if self.bell is not None:
            self.bell.close()

    async def wait(self, seconds: float) -> bool:
        """Wait for news; False when there is no point in waiting (any longer)."""
        if seconds <= 0 or self.bell is None or self.bell.closed:
            return False
        await self.bell.wait(seconds)
        return True


def _named(app: ASGIApp, clock: Callable[[], Instant]) -> ASGIApp:
    """Give each request an id that its answer repeats, and each answer the core's clock as its date."""

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        name = given if re.fullmatch(r"[A-Za-z0-9_.:-]{1,72}", given) else f"rq-{uuid.uuid4().hex[:16]}"
        scope.setdefault("state", {})["request_id"] = name

        async def named(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                own = [(b"x-request-id", name.encode()), *dated(clock())]
                message["headers"] = [*message["headers"], *own]  # type: ignore[misc]
            await send(message)

        await app(scope, receive, named)  # type: ignore[arg-type]

    return outer


def dated(now: Instant) -> list[tuple[bytes, bytes]]:
    """The `Date` header of an answer."""
    return [(b"date", formatdate(now / SECOND, usegmt=True).encode())]


async def _contract(request: Request) -> Response:
    return FileResponse(fixtures() / "contract" / "core-api-v1.openapi.yaml", media_type="application/yaml")


# ---------------------------------------------------------------- reading


async def _meta(core: Core, request: Request, person: Person) -> Response:
    log = core.bank.log
    meta = CoreMeta(
        api_version=policy.API_VERSION,
        institution=policy.INSTITUTION,
        server_time=core.bank.clock(),
        feed=FeedBounds(
            epoch=log.epoch, earliest_cursor=log.earliest_cursor(), head_seq=log.head, watermark=log.watermark()
        ),
        capabilities=policy.CAPABILITIES,
        types=list(RESOURCES),
        reason_codes=policy.REASON_CODES,
        currencies=policy.CURRENCIES,
        limits=policy.LIMITS,
        retention=policy.RETENTION,
        labels=core.labels,
        you=You(subject=person.subject, roles=person.roles, scopes=person.scopes),
    )
    return message_answer(request, meta)


async def _changes(core: Core, request: Request, person: Person) -> Response:
    cursor, kinds = reading.word(request, "after", 256), reading.kinds(request)
    limit, wait_s = reading.limit(request), reading.wait_s(request)
    clock = asyncio.get_running_loop().time
    deadline = clock() + wait_s
    while True:
        after = core.bank.log.seq_of(cursor)
        await core.life.demand(after, limit)
        if after > core.bank.log.head:
            raise invalid("after", "lies beyond the head of the log")
        page = core.bank.log.page(after, limit, kinds)
        if page.bodies or _has_more(core, page) or not await core.wait(deadline - clock()):
            return json_answer(request, _page(core, page))


def _has_more(core: Core, page: Page) -> bool:
    return not page.reached_head or core.life.unfinished()


def _page(core: Core, page: Page) -> bytes:
    head = encode(
        FeedPosition(
            epoch=core.bank.log.epoch,
            from_seq=page.from_seq,
            scanned_to_seq=page.scanned_to_seq,
            head_seq=page.head_seq,
            watermark=page.watermark,
            has_more=_has_more(core, page),
            next_cursor=core.bank.log.cursor(page.scanned_to_seq),
        )
    )
    return head[:-1] + b',"changes":[' + b",".join(page.bodies) + b"]}"


async def _snapshot(core: Core, request: Request, person: Person) -> Response:
    kind, limit, log = reading.kind(request), reading.limit(request), core.bank.log
    after_id, tail_seq = _bookmark(core, reading.word(request, "next", 512), kind)
    rows = log.scan(kind, after_id, limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    position = SnapshotPosition(
        epoch=log.epoch,
        type=kind,
        tail_cursor=log.cursor(tail_seq),
        tail_seq=tail_seq,
        has_more=more,
        next=cursors.pack(log.epoch, kind, tail_seq, rows[-1][0]) if more else None,
    )
    items = b",".join(data for _, data in rows)
    return json_answer(request, encode(position)[:-1] + b',"items":[' + items + b"]}")


def _bookmark(core: Core, word: str | None, kind: str) -> tuple[str, int]:
    """(last id seen, tail seq) of a scan that goes on, or of one that begins. Raises Refusal (400, 410)."""
    log = core.bank.log
    if word is None:
        return "", log.head
    try:
        epoch, named, tail, last_id = cursors.unpack(word, 4)
        tail_seq = int(tail)
    except ValueError as error:
        raise invalid("next", str(error)) from error
    if named != kind:
        raise invalid("next", f"belongs to a scan of {named}")
    log.check_tail(epoch, tail_seq)
    return last_id, tail_seq


async def _digest(core: Core, request: Request, person: Person) -> Response:
    kind, buckets = reading.kind(request), reading.buckets(request)
    await _followed(core.bank.digests.follow)
    return message_answer(request, core.bank.digests.digest(kind, buckets))


async def _followed(follow: Callable[[int], bool]) -> None:
    """Bring an index of the log to the head, giving others a turn between slices."""
    while not follow(FOLLOW_SLICE):
        await breathe()


async def _account(core: Core, request: Request, person: Person) -> Response:
    account_id = reading.resource_id(request.path_params["id"], "id")
    account = core.bank.register.find_account(account_id)
    if account is None:
        raise Refusal("not_found", f"no account {account_id}")
    headers = {"ETag": etag(account.version)}
    if matches(request.headers.get("if-none-match"), account.version):
        return Response(status_code=304, headers=headers)
    return message_answer(request, core.bank.desk.offered(account, person), headers=headers)


async def _transactions(core: Core, request: Request, person: Person) -> Response:
    account_id, window = _asked_account(core, request), reading.window(request)
    await _followed(core.bank.histories.follow)
    return _history(request, core.bank.histories.transactions(account_id, window))


async def _logins(core: Core, request: Request, person: Person) -> Response:
    account_id, window = _asked_account(core, request), reading.window(request)
    customer_id = core.bank.account(account_id).customer_id
    await _followed(core.bank.histories.follow)
    return _history(request, core.bank.histories.logins(account_id, customer_id, window))


def _asked_account(core: Core, request: Request) -> str:
    account_id = reading.resource_id(request.query_params.get("account_id"), "account_id")
    reading.window(request)
    if core.bank.register.find_account(account_id) is None:
        raise Refusal("not_found", f"no account {account_id}")
    return account_id


def _history(request: Request, page: HistoryPage) -> Response:
    position = encode(HistoryPosition(has_more=page.next is not None, next=page.next))
    return json_answer(request, position[:-1] + b',"items":[' + b",".join(page.bodies) + b"]}")


# ---------------------------------------------------------------- commands


async def _submit(core: Core, request: Request, person: Person) -> Response:
    key, if_match = reading.idempotency_key(request), request.headers.get("if-match")
    answer = core.bank.desk.submit(Submission(key, person, await reading.body(request), if_match))
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else {}
    return _command_answer(request, answer.command, headers)


async def _command(core: Core, request: Request, person: Person) -> Response:
    command_id, wait_s = reading.command_id(request.path_params["id"]), reading.wait_s(request)
    clock = asyncio.get_running_loop().time
    deadline = clock() + wait_s
    command = core.bank.desk.get(command_id)
    while command.status in UNFINISHED and await core.wait(deadline - clock()):
        command = core.bank.desk.get(command_id)
    return message_answer(request, command, headers={"ETag": etag(command.version)})


async def _decide(core: Core, request: Request, person: Person) -> Response:
    command_id = reading.command_id(request.path_params["id"])
    return message_answer(request, core.bank.desk.decide(command_id, person, await reading.body(request)))


async def _cancel(core: Core, request: Request, person: Person) -> Response:
    command_id = reading.command_id(request.path_params["id"])
    return message_answer(request, core.bank.desk.cancel(command_id, person))


def _command_answer(request: Request, command: Command, headers: dict[str, str]) -> Response:
    if command.status in UNFINISHED and not command.dry_run:
        place = {"Location": f"{BASE}/commands/{command.id}", "Retry-After": "5"}
        return message_answer(request, command, status=202, headers=headers | place)
    return message_answer(request, command, headers=headers | {"ETag": etag(command.version)})


OPERATIONS: list[tuple[str, str, Handler]] = [
    ("GET", "/meta", _meta),
    ("GET", "/changes", _changes),
    ("GET", "/snapshot/{type}", _snapshot),
    ("GET", "/digest/{type}", _digest),
    ("GET", "/accounts/{id}", _account),
    ("GET", "/transactions", _transactions),
    ("GET", "/logins", _logins),
    ("POST", "/commands", _submit),
    ("GET", "/commands/{id}", _command),
    ("POST", "/commands/{id}/decision", _decide),
    ("POST", "/commands/{id}/cancel", _cancel),
]
