"""Where the tokens come from: environment, token command, private file, OS keyring, or handed over by a console.

A token is never an argument and never goes into a log, a file of ours or a traceback. The operator's token sends
commands; reading uses a read-only one where it is configured (RISKDESK_READ_TOKEN, RISKDESK_READ_TOKEN_COMMAND, the
file `read-token`), else the operator's. What a watcher does by itself goes under the service's own
(RISKDESK_SERVICE_TOKEN, RISKDESK_SERVICE_TOKEN_COMMAND, the file `service-token`), and under no other.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import shlex
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

from console.paths import Home

log = logging.getLogger(__name__)

COMMAND_S = 15
"""Seconds a token command may take."""
LONGEST_TOKEN = 8192
SHORTEST_HIDDEN = 6
"""A shorter token protects nothing, and taking it out of a text would leave no text."""
KEYRING_SERVICE = "riskdesk"
"""The keyring holds the token under this service, with the home's folder as the user name."""


_known: set[str] = set()


class CredentialError(ValueError):
    """A configured token can't be used; the message says which source and what to do, never the token."""


class Secret:
    """A token that shows in no repr, log or traceback. `source` names where it came from."""

    __slots__ = ("_text", "source")

    def __init__(self, text: str, source: str = "") -> None:
        self._text = text
        self.source = source

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


class Credentials:
    """The tokens of one home, found once and kept in memory. Raises CredentialError when a source can't be used."""

    def __init__(self, home: Home, environment: Mapping[str, str] | None = None) -> None:
        self._home = home
        self._environment = os.environ if environment is None else environment
        self._own = self._find_own()
        self._reading = self._find("RISKDESK_READ_TOKEN", home.folder / "read-token")
        self._service: Secret | None = None

    def sending(self) -> str | None:
        """The operator's token, for commands; None when there is none."""
        return self._own.reveal() if self._own else None

    def reading(self) -> str | None:
        """The token to read with; None when there is none."""
        return self._reading.reveal() if self._reading else self.sending()

    def serving(self) -> str | None:
        """The service's token as it was last looked for; None without one."""
        return self._service.reveal() if self._service else None

    def find_service(self) -> bool:
        """Look for the service's token; returns whether there is one, and another than before.

        May take as long as the token command: not for the event loop.
        """
        before, self._service = self._service, self._find("RISKDESK_SERVICE_TOKEN", self._home.folder / "service-token")
        return self._service is not None and self._service != before

    def sources(self) -> list[str]:
        """Where the operator's token and the one to read with come from; empty without any."""
        return list(dict.fromkeys(one.source for one in (self._own, self._reading) if one))

    def receive(self, token: str) -> None:
        """Take the token that a console hands over. Raises CredentialError when it can't be one."""
        self._own = _secret(token, "the token handed over")

    def renew(self) -> bool:
        """The core refused the operator's token: look again at the sources; returns whether there is another one now.

        May take as long as the token command: not for the event loop.
        """
        refused, self._own = self._own, self._find_own()
        return self._own is not None and self._own != refused

    def _find_own(self) -> Secret | None:
        return self._find("RISKDESK_TOKEN", self._home.token) or _from_keyring(self._home)

    def _find(self, name: str, file: Path) -> Secret | None:
        """The first source that is configured: variable, command (variable's name with _COMMAND), file."""
        if text := self._environment.get(name):
            return _secret(text, f"${name}")
        if command := self._environment.get(f"{name}_COMMAND"):
            return _secret(output_of(command, f"${name}_COMMAND"), f"${name}_COMMAND")
        return _secret(private_text(file), str(file)) if file.exists() else None


def _secret(text: str, source: str) -> Secret:
    token = text.strip()
    if not token or len(token) > LONGEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise CredentialError(f"{source} gives no usable token: one line of printable ASCII is needed")
    if len(token) >= SHORTEST_HIDDEN:
        _known.add(token)
    return Secret(token, source)


def without_tokens(text: str) -> str:
    """A text, such as a traceback, in which no token that this process ever had can be read."""
    for token in sorted(_known, key=len, reverse=True):
        text = text.replace(token, "***")
    return text


def output_of(command: str, source: str) -> str:
    """What a command of the operator's prints. Raises CredentialError that names the source, not what it printed."""
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise CredentialError(f"{source} can't be run: {type(error).__name__}") from None
    if done.returncode:
        raise CredentialError(f"{source} failed with exit code {done.returncode}")
    return done.stdout


def private_text(file: Path) -> str:
    """A file's text, if it is ours and closed to everybody else (0600); else raises CredentialError."""
    facts = file.stat()
    if facts.st_uid != os.getuid() or stat.S_IMODE(facts.st_mode) & 0o077:
        raise CredentialError(f"{file} can be read by others: chmod 600 it, and get a new token")
    return file.read_text(encoding="utf-8", errors="replace")


def _from_keyring(home: Home) -> Secret | None:
    """The token in the OS keyring, when the keyring package is installed and has one."""
    if importlib.util.find_spec("keyring") is None:
        return None
    keyring = importlib.import_module("keyring")
    try:
        token = keyring.get_password(KEYRING_SERVICE, str(home.folder))
    except (RuntimeError, keyring.errors.KeyringError) as error:
        log.warning("the OS keyring can't be asked: %s", type(error).__name__)
        return None
    return _secret(token, "the OS keyring") if token else None
