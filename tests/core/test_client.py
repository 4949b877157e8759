"""The HTTP client: what is asked again, what is an error of which kind, and what never shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from console.core import client as client_module
from console.core.client import CoreClient, check_origin
from console.core.problems import CoreProblem, CoreUnreachable
from console.paths import fixtures

ORIGIN = "http://127.0.0.1:1"
ACCOUNT = (fixtures() / "contract" / "examples" / "account.json").read_bytes()
JSON = {"content-type": "application/json"}

Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses are noted instead of waited for."""
    pauses: list[float] = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(client_module.asyncio, "sleep", note)
    return pauses


def core(handler: Handler, token: str | None = None) -> CoreClient:
    return CoreClient(ORIGIN, lambda: token, httpx.MockTransport(handler))


def problem(status: int, code: str, **more: Any) -> httpx.Response:
    body = {"type": "t", "title": "T", "status": status, "code": code, "effect": "none", "retryable": False}
    return httpx.Response(
        status, content=json.dumps(body), headers={"content-type": "application/problem+json", **more}
    )


async def test_a_read_is_asked_again_and_then_answered(no_pauses: list[float]) -> None:
    answers = [
        problem(503, "overloaded", **{"retry-after": "2"}),
        problem(500, "internal"),
        httpx.Response(200, content=ACCOUNT, headers=JSON),
    ]
    async with core(lambda _: answers.pop(0)) as client:
        assert (await client.account("acc_01HZX4T9")).version == 41
    assert no_pauses[0] == 2.0


async def test_a_command_is_sent_exactly_once() -> None:
    seen: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        raise httpx.ConnectError("refused")

    async with core(refuse) as client:
        with pytest.raises(CoreUnreachable):
            await client.send("/commands", b"{}")
    assert len(seen) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 412, 422, 428])
async def test_a_refusal_is_not_asked_again(status: int) -> None:
    seen: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return problem(status, "validation")

    async with core(refuse) as client:
        with pytest.raises(CoreProblem) as refusal:
            await client.meta()
    assert (len(seen), refusal.value.problem.effect) == (1, "none")


@pytest.mark.parametrize(("status", "effect"), [(418, "none"), (408, "unknown"), (500, "unknown"), (502, "unknown")])
async def test_an_error_without_a_problem_is_judged_by_its_status(status: int, effect: str) -> None:
    async with core(lambda _: httpx.Response(status, content=b"<h1>oops</h1>")) as client:
        with pytest.raises(CoreProblem) as refusal:
            await client.send("/commands", b"{}")
    assert refusal.value.problem.effect == effect


@pytest.mark.parametrize("headers", [{}, {"content-type": "text/html"}])
async def test_an_answer_that_is_no_json_is_no_answer(headers: dict[str, str]) -> None:
    async with core(lambda _: httpx.Response(200, content=ACCOUNT, headers=headers)) as client:
        with pytest.raises(CoreUnreachable):
            await client.account(json.loads(ACCOUNT)["id"])


async def test_a_body_without_end_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_BODY", 1000)
    async with core(lambda _: httpx.Response(200, content=b" " * 2000, headers=JSON)) as client:
        with pytest.raises(CoreUnreachable):
            await client.meta()


async def test_the_token_travels_and_never_shows() -> None:
    seen: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        raise httpx.ConnectError(f"could not send {request.headers}")

    async with core(refuse, "s3cret") as client:
        with pytest.raises(CoreUnreachable) as error:
            await client.send("/commands", b"{}")
    assert seen == ["Bearer s3cret"]
    assert "s3cret" not in f"{error.value!r} {error.value} {error.value.__cause__!r} {client!r}"


@pytest.mark.parametrize(
    "origin", ["ftp://core", "core:8443", "https://", "http://core.example", "https://core.example/v1", ""]
)
def test_an_origin_that_is_none_or_not_safe_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match=r"use https|is not an origin"):
        check_origin(origin, "token")


def test_elsewhere_a_token_is_needed() -> None:
    with pytest.raises(ValueError, match="RISKDESK_TOKEN"):
        check_origin("https://core.example", None)
    check_origin("https://core.example", "token")
    check_origin("http://127.0.0.1:8900", None)
    check_origin("http://[::1]:8900", None)


async def test_the_cores_clock_is_followed() -> None:
    headers = {**JSON, "date": "Fri, 20 Nov 2099 21:14:10 GMT"}
    async with core(lambda _: httpx.Response(200, content=ACCOUNT, headers=headers)) as client:
        await client.account(json.loads(ACCOUNT)["id"])
        assert client.clock_offset_us > 10**15
