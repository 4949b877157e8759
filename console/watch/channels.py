"""The channels that are notified: their addresses, and a letter box for each, emptied by Apprise in a thread.

Addresses hold secrets: they come from a variable, a command or a private file, and are never told. Webhooks without any
may stand in the settings.
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import parse_qsl, urlsplit

from console.core import trust
from console.core.client import is_loopback
from console.desk.credentials import output_of, private_text
from console.language import tr
from console.paths import Home
from console.settings import Notify

VARIABLE = "RISKDESK_NOTIFY"
WAITING = 50
"""Letters that a channel keeps while it can't be reached; then the oldest are dropped."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 600.0
"""Between two tries of a channel that did not take a letter; doubled each time."""
LOOPBACK = "127.0.0.1,localhost,::1"


class ChannelError(ValueError):
    """An address can't be used; the message says which source it is from and why, without the address."""


@dataclass(frozen=True)
class Address:
    """An address of Apprise's, or a webhook's, and where it was found."""

    text: str = field(repr=False)
    source: str


@dataclass(frozen=True)
class Letter:
    """What is told: a title, lines, and how bad it is."""

    title: str
    body: str
    grade: Literal["failure", "warning", "success"]


class Service(Protocol):
    """What takes letters: a service of Apprise's."""

    def notify(self, *, title: str, body: str, notify_type: str) -> bool: ...


@dataclass
class Channel:
    """A service and the letters that wait for it. Times in seconds of the monotonic clock."""

    name: str
    service: Service
    waiting: deque[Letter] = field(default_factory=lambda: deque(maxlen=WAITING))
    sent: int = 0
    failed: int = 0
    due: float = 0.0
    pause: float = FIRST_PAUSE_S
    failing: bool = False

    def post(self, letter: Letter) -> None:
        """Put a letter into the box."""
        if len(self.waiting) == WAITING:
            self.failed += 1
        self.waiting.append(letter)

    def deliver(self, now: float) -> None:
        """Send what waits, the oldest first, until one is not taken; then pause. May take some seconds."""
        while self.waiting and now >= self.due:
            letter = self.waiting[0]
            if self.service.notify(title=letter.title, body=letter.body, notify_type=letter.grade):
                self.waiting.popleft()
                self.sent += 1
                self.pause, self.failing = FIRST_PAUSE_S, False
            else:
                self.failed += 1
                self.due, self.failing = now + self.pause, True
                self.pause = min(2 * self.pause, LONGEST_PAUSE_S)


def addresses(home: Home, settings: Notify, environment: Mapping[str, str] | None = None) -> list[Address]:
    """Every configured address. May take as long as the command. Raises CredentialError when a source can't be read."""
    environment = os.environ if environment is None else environment
    found = [Address(text, "notify.webhooks") for text in settings.webhooks]
    found += [Address(text, f"${VARIABLE}") for text in environment.get(VARIABLE, "").split()]
    if settings.command:
        found += [Address(text, "notify.command") for text in _lines(output_of(settings.command, "notify.command"))]
    if home.notify.exists():
        found += [Address(text, home.notify.name) for text in _lines(private_text(home.notify))]
    return found


def named(home: Home) -> bool:
    """Whether the variable or the private file names addresses."""
    return bool(os.environ.get(VARIABLE)) or home.notify.exists()


def channels(found: Iterable[Address]) -> list[Channel]:
    """A channel for each address. Loads Apprise. Raises ChannelError for the first that can't be used."""
    known = list(found)
    if not known:
        return []
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its texts may hold addresses
    _trust_and_proxy(os.environ)
    asset = apprise.AppriseAsset(async_mode=False, http_redirects=False, app_id="riskdesk", image_url_mask="")
    return [_channel(address, asset) for address in known]


def _channel(address: Address, asset: Any) -> Channel:  # noqa: ANN401 - Apprise has no types
    import apprise

    web = urlsplit(address.text) if address.text.startswith(("http://", "https://")) else None
    asked: Any = address.text if web is None else _webhook(address.text)
    service = apprise.Apprise.instantiate(asked, asset=asset)
    if service is None:
        raise ChannelError(tr("notify.no_address", source=address.source))
    if not service.verify_certificate or service.redirects:
        raise ChannelError(tr("notify.unverified", source=address.source))
    if service.schema not in tuple(_words(service.secure_protocol)) and not _here(service):
        raise ChannelError(tr("notify.insecure", source=address.source))
    return Channel(web.hostname or "" if web else str(service.service_name), service)


def _webhook(text: str) -> dict[str, Any]:
    """A plain web address as Apprise's JSON service takes it."""
    parts = urlsplit(text)
    return {
        "schema": "jsons" if parts.scheme == "https" else "json",
        "host": parts.hostname,
        "port": parts.port,
        "user": parts.username,
        "password": parts.password,
        "fullpath": parts.path or "/",
        "params": dict(parse_qsl(parts.query, keep_blank_values=True)),
    }


def _here(service: Any) -> bool:  # noqa: ANN401 - Apprise has no types
    """Whether a service is on this machine."""
    host = str(getattr(service, "host", "") or "")
    return bool(host) and is_loopback(f"http://[{host}]" if ":" in host else f"http://{host}")


def _words(said: object) -> Iterator[str]:
    yield from (said,) if isinstance(said, str) else tuple(said or ()) if isinstance(said, tuple | list) else ()


def _trust_and_proxy(environment: Any) -> None:  # noqa: ANN401 - os.environ
    """Have Apprise trust whom we trust, and reach this machine without a proxy."""
    if environment.get(trust.VARIABLE):
        environment["REQUESTS_CA_BUNDLE"] = environment[trust.VARIABLE]
    without = environment.get("NO_PROXY", "")
    if LOOPBACK not in without:
        environment["NO_PROXY"] = f"{without},{LOOPBACK}".strip(",")


def _lines(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def now() -> float:
    """Seconds of the clock that channels count by."""
    return time.monotonic()
