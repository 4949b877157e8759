"""Calls to addresses outside the core: checkpoints and the heartbeat. An error names the host, never the address."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from console.core import trust
from console.core.client import is_loopback

ANSWER_S = 10.0
"""Seconds an address may take to answer."""


class OutsideError(Exception):
    """An address did not take what was sent; the message says why, without the address: it may hold a secret."""


async def call(method: str, url: str, content: str | None = None) -> None:
    """One request, with JSON where there is content. Redirects are not followed. Raises OutsideError."""
    host = urlsplit(url).hostname or ""
    if not url.startswith("https://") and not is_loopback(url):
        raise OutsideError(f"{host}: use https")
    headers = {"Content-Type": "application/json"} if content is not None else {}
    try:
        async with httpx.AsyncClient(
            verify=trust.verification(), trust_env=not is_loopback(url), timeout=ANSWER_S
        ) as client:
            answer = await client.request(method, url, content=content, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise OutsideError(f"{host}: {type(error).__name__}") from None
    if not answer.is_success:
        raise OutsideError(f"{host} answered {answer.status_code}")
