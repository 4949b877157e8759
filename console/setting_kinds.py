"""The kinds of settings: each reads what a file or a variable says, or says in words what it takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from console.language import tr

MOST_LETTERS = 2_000
LOOPBACK = ("127.0.0.1", "localhost", "::1")


Kind = Callable[[object], Any]
"""Gives the value of what was said. Raises ValueError that says what the key takes."""


def text(said: object) -> str:
    if not isinstance(said, str) or not said.strip() or len(said) > MOST_LETTERS or not said.isprintable():
        raise ValueError(tr("settings.kind.text"))
    return said


def path(said: object) -> Path:
    return Path(text(said)).expanduser().absolute()


def folder(said: object) -> Path:
    place = path(said)
    if not place.is_dir():
        raise ValueError(tr("settings.kind.folder", path=place))
    return place


def origin(said: object) -> str:
    """An http or https address."""
    address = text(said)
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise ValueError(tr("settings.kind.web")) from None
    if parts.scheme not in ("http", "https") or not named or " " in address:
        raise ValueError(tr("settings.kind.web"))
    return address


def webhook(said: object) -> str:
    address = origin(said)
    if address.startswith("http://") and urlsplit(address).hostname not in LOOPBACK:
        raise ValueError(tr("settings.kind.https"))
    return address


def webhooks(said: object) -> tuple[str, ...]:
    return tuple(webhook(one) for one in listed(said))


def listed(said: object) -> list[object]:
    if not isinstance(said, list) or len(said) > MOST_LETTERS:
        raise ValueError(tr("settings.kind.list"))
    return said


def flag(said: object) -> bool:
    if not isinstance(said, bool):
        raise ValueError(tr("settings.kind.flag"))  # noqa: TRY004 - a value of the file, not of a call
    return said


def language(said: object) -> str | None:
    """A language by its code, or by a locale's name such as zh_CN.UTF-8; None for `auto`, the system's."""
    code = text(said).lower()
    found = next((one for one in ("auto", "en", "zh") if code.startswith(one)), None)
    if found is None:
        raise ValueError(tr("settings.kind.choice", said=said, words="auto, en, zh"))
    return None if found == "auto" else found


def zone(said: object) -> str | None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    name = text(said)
    if name == "system":
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(tr("settings.kind.zone", said=name)) from None
    return name


def key_names(said: object) -> tuple[str, ...]:
    """One key, or a list of them; an empty list takes an action's keys away."""
    names = [said] if isinstance(said, str) else listed(said)
    if not all(isinstance(name, str) and name.strip() and "," not in name for name in names):
        raise ValueError(tr("settings.kind.keys"))
    return tuple(str(name) for name in names)


def choice(*words: str) -> Kind:
    """One of some words."""

    def read(said: object) -> str:
        if said not in words:
            raise ValueError(tr("settings.kind.choice", said=said, words=", ".join(words)))
        return str(said)

    return read


def several(*words: str) -> Kind:
    """A list of some of these words."""
    one = choice(*words)
    return lambda said: tuple(dict.fromkeys(one(word) for word in listed(said)))


def whole(least: int, most: int) -> Kind:
    """A whole number within bounds."""

    def read(said: object) -> int:
        if isinstance(said, bool) or not isinstance(said, int) or not least <= said <= most:
            raise ValueError(tr("settings.kind.whole", least=least, most=most))
        return said

    return read
