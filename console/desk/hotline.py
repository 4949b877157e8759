"""The local line between the watcher and the consoles of the same person: a Unix socket, one JSON object a line.

A client says hello first, with its version; a watcher of another version refuses it. Then one request, one answer:
`nudge` (a command was decided), `credential` (the token, kept in memory only), `status` (what the watcher says),
`preview` (a dry run for the core, which the watcher asks with the operator's token).
Socket and folder belong to one user (0600, 0700), and the watcher also checks who is at the other end.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import stat
import struct
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from console import __version__

LONGEST_PATH = 100
"""Bytes of a socket's path that every system accepts (Linux 108, macOS 104)."""
SHORT_ROOT = Path("/tmp")  # noqa: S108 - a folder of ours in it, refused when others can open it
"""Where a socket goes whose own place has too long a path: the same for a service and a shell, whatever TMPDIR says."""
LONGEST_LINE = 64 * 1024
ANSWER_S = 2.0
"""Seconds a peer may take: both ends are on this machine."""
PREVIEW_S = 2.0
"""Seconds the core may take over a dry run."""

Message = dict[str, Any]
Rehearse = Callable[[bytes, int | None], Awaitable[Message]]
"""Asks the core about a dry run: its body and If-Match in; out what came of it (see `desk.preview`)."""


class SocketError(Exception):
    """No watcher answers here, or it refused; the message says which."""


class WrongVersion(SocketError):
    """Watcher and console are of different versions and must not share a journal."""


def socket_path(wanted: Path) -> Path:
    """Where the socket lies: as wanted, or when that path is too long for a socket, in a private folder under /tmp.

    Raises SocketError when that folder belongs to somebody else or is open to others.
    """
    if len(os.fsencode(wanted)) <= LONGEST_PATH:
        return wanted
    folder = SHORT_ROOT / f"riskdesk-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise SocketError(
            f"{folder} must be a folder of yours that nobody else can open; remove it or use a shorter home"
        )
    return folder / (hashlib.sha256(os.fsencode(wanted)).hexdigest()[:24] + ".sock")


# ---------------------------------------------------------------- the watcher's end


class DeskServer:
    """The watcher's end. Callbacks run in the event loop and must return at once; `rehearse` may wait for the core."""

    def __init__(
        self,
        wanted: Path,
        *,
        nudged: Callable[[str], None],
        credential: Callable[[str], None],
        status: Callable[[], Mapping[str, Any]],
        rehearse: Rehearse,
    ) -> None:
        self.path = socket_path(wanted)
        self._nudged = nudged
        self._credential = credential
        self._status = status
        self._rehearse = rehearse
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Listen. The caller holds the watcher's lock, so a socket that is already there is a dead one's."""
        self.path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, self.path, limit=LONGEST_LINE)
        finally:
            os.umask(mask)
        return self

    async def __aexit__(self, *_exit: object) -> None:
        if self._server:
            self._server.close()
        self.path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not _is_same_user(writer.get_extra_info("socket")):
                return
            greeted = False
            while line := await reader.readline():
                answer = await self._answer(line, greeted)
                greeted = greeted or "version" in answer
                writer.write(_line(answer))
                await writer.drain()
                if "error" in answer:
                    return
        except (ConnectionError, ValueError):
            return  # the peer hung up or sent a line without end: nothing was lost, it asks again
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, line: bytes, greeted: bool) -> Message:
        match _message(line):
            case {"kind": "hello", "version": version}:
                mine = {"version": __version__, "pid": os.getpid()}
                return mine if version == __version__ else mine | {"error": "version"}
            case {"kind": "nudge", "command_id": str(command_id)} if greeted:
                self._nudged(command_id)
            case {"kind": "credential", "token": str(token)} if greeted:
                try:
                    self._credential(token)
                except ValueError as error:
                    return {"error": str(error)}
            case {"kind": "status"} if greeted:
                return {"status": dict(self._status())}
            case {"kind": "preview", "body": str(body), "if_match": int() | None as if_match} if greeted:
                try:
                    return {"preview": await self._rehearse(body.encode(), if_match)}
                except ValueError as error:
                    return {"error": str(error)}
            case _:
                return {"error": "not understood"}
        return {"ok": True}


def _is_same_user(peer: socket.socket) -> bool:
    """Whether the other end runs as us; where the system can't say, the socket's own permissions decide."""
    if not sys.platform.startswith("linux"):
        return True
    _pid, user, _group = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return bool(user == os.getuid())


# ---------------------------------------------------------------- the console's end


def ask(wanted: Path, request: Message, within_s: float = ANSWER_S) -> Message:
    """Say hello and ask one thing. Raises SocketError without a watcher, WrongVersion for one of another version."""
    path = socket_path(wanted)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(within_s)
        try:
            line.connect(str(path))
            stream = line.makefile("rwb")
            _check_version(_talk(stream, {"kind": "hello", "version": __version__, "pid": os.getpid()}))
            answer = _talk(stream, request)
        except OSError as error:
            raise SocketError(f"no watcher answers at {path}: {error}") from error
    if not answer or "error" in answer:
        raise SocketError(f"the watcher refused: {answer.get('error', 'it hung up')}")
    return answer


def nudge(wanted: Path, command_id: str) -> None:
    """Tell the watcher that a command was decided. Raises as `ask` does; the command stays queued all the same."""
    ask(wanted, {"kind": "nudge", "command_id": command_id})


def hand_over(wanted: Path, token: str) -> None:
    """Give the watcher the token to send commands with. Raises as `ask` does."""
    ask(wanted, {"kind": "credential", "token": token})


def status(wanted: Path) -> Message:
    """What the watcher says of itself. Raises as `ask` does."""
    answer = ask(wanted, {"kind": "status"})["status"]
    return answer if isinstance(answer, dict) else {}


def preview(wanted: Path, body: bytes, if_match: int | None) -> Message:
    """What the core said of a dry run, or why it said nothing. Raises as `ask` does."""
    request = {"kind": "preview", "body": body.decode(), "if_match": if_match}
    answer = ask(wanted, request, ANSWER_S + PREVIEW_S)["preview"]
    return answer if isinstance(answer, dict) else {}


def _talk(stream: Any, request: Message) -> Message:  # noqa: ANN401 - a socket's file, which typing can't name well
    stream.write(_line(request))
    stream.flush()
    return _message(stream.readline(LONGEST_LINE))


def _check_version(hello: Message) -> None:
    theirs = hello.get("version")
    if theirs != __version__:
        raise WrongVersion(
            f"the watcher (pid {hello.get('pid')}) is riskdesk {theirs}, this is {__version__}: stop it and start again"
        )


def _line(message: Message) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _message(line: bytes) -> Message:
    """A line as a message; one that is none is an empty message, which nobody understands."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}
