"""The settings: one typed object, read from `settings.toml` in the home; what a key means is in the catalogues.

What an argument says counts first, then the environment, then the file, then the default. A mistake in the file is
told with its line and the nearest key there is. Secrets have no place in it.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from console import setting_kinds as kinds
from console.language import tr
from console.setting_kinds import Kind

MOST_BYTES = 64 * 1024
NEAR = 0.6
"""Likeness (0..1, `difflib`) from which on a key counts as the one that was meant."""
SECRET = re.compile(r"(token|secret|passw|credential)(?!.*_command)")
"""Names under which people would put a secret."""
EVENTS = ("critical_alert", "feed_stalled", "review", "automatic_stopped")
DETAILS = ("counts", "ids", "rules")
THEMES = ("dusk", "dawn", "clear", "plain")
FIRST_SCREENS = ("watch", "alerts", "pulse", "commands", "approvals", "plans", "feeds", "rules", "model")


@dataclass(frozen=True)
class Key:
    """How one key is read: its kind, and the environment variable that overrides it."""

    kind: Kind
    variable: str = ""


def _read_as(kind: Kind, variable: str = "") -> Mapping[str, Key]:
    return {"key": Key(kind, variable)}


@dataclass(frozen=True)
class Core:
    """Where the core is, whom to trust there, and the commands that print the tokens."""

    url: str = field(default="http://127.0.0.1:8900", metadata=_read_as(kinds.origin, "RISKDESK_CORE"))
    ca: Path | None = field(default=None, metadata=_read_as(kinds.path, "RISKDESK_CA"))
    token_command: str | None = field(default=None, metadata=_read_as(kinds.text, "RISKDESK_TOKEN_COMMAND"))
    read_token_command: str | None = field(default=None, metadata=_read_as(kinds.text, "RISKDESK_READ_TOKEN_COMMAND"))
    service_token_command: str | None = field(
        default=None, metadata=_read_as(kinds.text, "RISKDESK_SERVICE_TOKEN_COMMAND")
    )


@dataclass(frozen=True)
class Console:
    """How the console looks and behaves. `language` and `time_zone` are None for the system's."""

    language: str | None = field(default=None, metadata=_read_as(kinds.language, "RISKDESK_LANG"))
    theme: str = field(default="dusk", metadata=_read_as(kinds.choice(*THEMES)))
    first_screen: str = field(default="watch", metadata=_read_as(kinds.choice(*FIRST_SCREENS)))
    time_zone: str | None = field(default=None, metadata=_read_as(kinds.zone))
    armed_minutes: int = field(default=10, metadata=_read_as(kinds.whole(1, 60)))
    auto_advance: bool = field(default=True, metadata=_read_as(kinds.flag))
    bell: bool = field(default=True, metadata=_read_as(kinds.flag))


@dataclass(frozen=True)
class Watcher:
    """What the watcher runs with. Without `packs` the shipped rules count.

    `limit_review_days` lie between two reviews of all limits, 0 for none.
    """

    packs: Path | None = field(default=None, metadata=_read_as(kinds.folder))
    limit_review_days: int = field(default=30, metadata=_read_as(kinds.whole(0, 366)))


@dataclass(frozen=True)
class Checkpoints:
    """Where the watcher leaves the audit chain's end."""

    file: Path | None = field(default=None, metadata=_read_as(kinds.path, "RISKDESK_CHECKPOINT_FILE"))
    url: str | None = field(default=None, metadata=_read_as(kinds.webhook, "RISKDESK_CHECKPOINT_URL"))


@dataclass(frozen=True)
class Notify:
    """Whom the watcher tells, of what, and how much. `stalled_after_s` is the feed's silence in seconds."""

    webhooks: tuple[str, ...] = field(default=(), metadata=_read_as(kinds.webhooks))
    command: str | None = field(default=None, metadata=_read_as(kinds.text, "RISKDESK_NOTIFY_COMMAND"))
    events: tuple[str, ...] = field(default=EVENTS, metadata=_read_as(kinds.several(*EVENTS)))
    detail: str = field(default="ids", metadata=_read_as(kinds.choice(*DETAILS)))
    stalled_after_s: int = field(default=120, metadata=_read_as(kinds.whole(30, 86_400)))


@dataclass(frozen=True)
class Heartbeat:
    """The address that is called every `every_s` seconds while all is well."""

    url: str | None = field(default=None, metadata=_read_as(kinds.webhook, "RISKDESK_HEARTBEAT_URL"))
    every_s: int = field(default=60, metadata=_read_as(kinds.whole(10, 3_600)))
    method: str = field(default="GET", metadata=_read_as(kinds.choice("GET", "POST")))


@dataclass(frozen=True)
class Settings:
    """Every setting. `keys` are the keys of actions by name; the console checks them."""

    core: Core = field(default_factory=Core)
    console: Console = field(default_factory=Console)
    watcher: Watcher = field(default_factory=Watcher)
    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    notify: Notify = field(default_factory=Notify)
    heartbeat: Heartbeat = field(default_factory=Heartbeat)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


TABLES: Mapping[str, type[Any]] = {
    "core": Core,
    "console": Console,
    "watcher": Watcher,
    "checkpoints": Checkpoints,
    "notify": Notify,
    "heartbeat": Heartbeat,
}
KEYS: Mapping[str, Key] = {
    f"{table}.{part.name}": part.metadata["key"] for table, kind in TABLES.items() for part in fields(kind)
}
"""Every key of the file but those of `[keys]`, in the order in which they are told."""


@dataclass(frozen=True)
class Mistake:
    """What is wrong, and in which line of the file; line 0 is the environment, `text` then names the variable."""

    line: int
    text: str


class SettingsError(ValueError):
    """The settings can't be used; the message has a line for each mistake."""


@dataclass(frozen=True)
class Loaded:
    """What was read: the settings (the default where there is a mistake), each key's origin, and the mistakes.

    An origin is a variable's name or the file's; a key that has none has its default.
    """

    file: Path
    settings: Settings
    origins: Mapping[str, str]
    mistakes: tuple[Mistake, ...]

    def told(self) -> list[str]:
        """Every mistake as `FILE:LINE: what is wrong`."""
        return [f"{self.file}:{one.line}: {one.text}" if one.line else one.text for one in self.mistakes]

    def also(self, wrong: list[tuple[str, str]]) -> Loaded:
        """The same with more mistakes: (key, what is wrong with it)."""
        if not wrong:
            return self
        lines = lines_of(_read(self.file))
        found = [*self.mistakes, *(Mistake(lines.get(name, 0), f"{name}: {text}") for name, text in wrong)]
        return replace(self, mistakes=tuple(sorted(found, key=lambda one: one.line)))

    def checked(self) -> Settings:
        """The settings. Raises SettingsError when there is a mistake in them."""
        if self.mistakes:
            raise SettingsError("\n".join(self.told()))
        return self.settings

    def export(self, environment: MutableMapping[str, str]) -> None:
        """Put what the file says into the variables that override it, for every part and child that reads those."""
        for name, origin in self.origins.items():
            variable = KEYS[name].variable
            value = value_of(self.settings, name)
            if variable and origin != variable and value is not None:
                environment[variable] = str(value)


def value_of(settings: Settings, name: str) -> object:
    """The value of a key such as `core.url`."""
    table, _, key = name.partition(".")
    return getattr(getattr(settings, table), key)


def load(file: Path, environment: Mapping[str, str] | None = None) -> Loaded:
    """Read the settings; mistakes are in the answer. A file that is not there says nothing."""
    environment = os.environ if environment is None else environment
    written = ""
    try:
        written = _read(file)
        told = tomllib.loads(written)
    except (OSError, ValueError) as error:
        told = {}
        mistakes = [] if isinstance(error, FileNotFoundError) else [unreadable(error, written)]
    else:
        mistakes = []
    reading = _Reading(file.name, told, environment)
    settings = reading.settings()
    lines = lines_of(written) if reading.wrong else {}
    mistakes += [Mistake(lines.get(name, 0), text) for name, text in reading.wrong]
    return Loaded(file, settings, reading.origins, tuple(sorted(mistakes, key=lambda one: one.line)))


def lines_of(written: str) -> dict[str, int]:
    """The line (from 1) on which each table and key of a TOML text begins, by its dotted name."""
    found: dict[str, int] = {}
    begins, parts = 1, written.splitlines(keepends=True)
    for number in range(1, len(parts) + 1):
        try:
            told = tomllib.loads("".join(parts[:number]))
        except tomllib.TOMLDecodeError:
            continue  # inside a value that goes on in the next line
        for name in _names(told):
            found.setdefault(name, begins)
        begins = number + 1
    return found


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one, by its last part, then by the whole; None when none is alike."""

    def likeness(other: str) -> tuple[float, float]:
        pairs = ((name.rpartition(".")[2], other.rpartition(".")[2]), (name, other))
        last, whole = (difflib.SequenceMatcher(None, *pair).ratio() for pair in pairs)
        return last, whole

    best = max(known, key=likeness, default=None)
    return best if best is not None and likeness(best)[0] >= NEAR else None


class _Reading:
    """One reading: collects what is wrong as (key, text), and where each value came from."""

    def __init__(self, file: str, told: dict[str, Any], environment: Mapping[str, str]) -> None:
        self._file, self._told, self._environment = file, told, environment
        self.wrong: list[tuple[str, str]] = []
        self.origins: dict[str, str] = {}

    def settings(self) -> Settings:
        self._strangers()
        tables = {table: kind(**self._values(table, kind)) for table, kind in TABLES.items()}
        return Settings(**tables, keys=self._keys())

    def _values(self, table: str, kind: type[Any]) -> dict[str, object]:
        written = self._told.get(table)
        given = cast(dict[str, object], written) if isinstance(written, dict) else {}
        values: dict[str, object] = {}
        for part in fields(kind):
            name, key = f"{table}.{part.name}", part.metadata["key"]
            said: object = self._environment.get(key.variable) if key.variable else None
            origin = key.variable if said else self._file
            said = said or given.get(part.name)
            if said is None or said == "":
                continue
            try:
                value = key.kind(said)
                if origin == self._file and _holds_password(value):
                    raise ValueError(tr("settings.kind.no_user"))  # noqa: TRY301 - told like any other mistake
                values[part.name], self.origins[name] = value, origin
            except ValueError as error:
                self.wrong.append((name if origin == self._file else "", f"{_shown(name, origin)}: {error}"))
        return values

    def _strangers(self) -> None:
        """Tables and keys that do not exist."""
        for table, inside in self._told.items():
            if table == "keys":
                continue
            if table in TABLES and not isinstance(inside, dict):
                self.wrong.append((table, tr("settings.no_table", table=table)))
                continue
            names = [f"{table}.{key}" for key in inside] if isinstance(inside, dict) and inside else [table]
            self.wrong += [(name, _stranger(name)) for name in names if name not in KEYS and name not in TABLES]

    def _keys(self) -> dict[str, tuple[str, ...]]:
        written = self._told.get("keys", {})
        if not isinstance(written, dict):
            self.wrong.append(("keys", tr("settings.no_table", table="keys")))
            return {}
        keys: dict[str, tuple[str, ...]] = {}
        for name, said in written.items():
            try:
                keys[name] = kinds.key_names(said)
            except ValueError as error:
                self.wrong.append((f"keys.{name}", f"keys.{name}: {error}"))
        return keys


def _holds_password(value: object) -> bool:
    """Whether an address in it names a user, as in https://user:password@host."""
    addresses = value if isinstance(value, tuple) else (value,)
    return any(isinstance(one, str) and "://" in one and "@" in urlsplit(one).netloc for one in addresses)


def _shown(name: str, origin: str) -> str:
    return f"${origin}" if origin.startswith("RISKDESK_") else name


def _stranger(name: str) -> str:
    if SECRET.search(name.rpartition(".")[2]):
        return tr("settings.no_secrets", key=name)
    meant = nearest(name, KEYS if "." in name else (*KEYS, *TABLES))
    return tr("settings.nearest", key=name, meant=meant) if meant else tr("settings.unknown", key=name)


def _names(told: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for key, inside in told.items():
        yield before + key
        if isinstance(inside, dict):
            yield from _names(inside, f"{before}{key}.")


def _read(file: Path) -> str:
    with file.open("rb") as handle:
        raw = handle.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise ValueError(tr("settings.too_long", most=MOST_BYTES // 1024))
    return raw.decode("utf-8")


def unreadable(error: Exception, written: str) -> Mistake:
    """The mistake that a file which can't be parsed makes; TOML's errors name the line in their text, or the end."""
    if isinstance(error, UnicodeDecodeError):
        return Mistake(1, tr("settings.no_text"))
    placed = re.search(r"^(.*) \(at line (\d+), column \d+\)$", str(error))
    if placed:
        return Mistake(int(placed[2]), tr("settings.no_toml", error=placed[1]))
    return Mistake(max(1, len(written.splitlines())), tr("settings.no_toml", error=error))
