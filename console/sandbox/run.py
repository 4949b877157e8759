"""Runs the core: builds bank and life from options, serves them on loopback, closes cleanly."""

from __future__ import annotations

import asyncio
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import uvicorn

from console.core import instants
from console.core.instants import DAY, MINUTE, SECOND, Instant
from console.core.messages import RESOURCES, LabelPolicy, Message, decoder
from console.sandbox import policy
from console.sandbox import world as worlds
from console.sandbox.bank import Bank
from console.sandbox.bank.database import Database
from console.sandbox.bank.truth import Act, Episode
from console.sandbox.life import PLAYED_FROM, Life, PlayedLife, Still, WorldLife
from console.sandbox.lockstep import Stepped, SteppedLife, SteppedWorld
from console.sandbox.mapping import Mapping, read_mapping, shipped_mapping
from console.sandbox.rate import RateLimit
from console.sandbox.recording import Recording, columns_of
from console.sandbox.replay import ReplayLife
from console.sandbox.server import Core

HOST = "127.0.0.1"
FILE = "core.db"
SCANNED = 2_000
"""Resources read in one go."""
PER_S, BURST = 2_000.0, 8_000
"""Requests a second and at once that one subject may make."""
STARTS_WITHIN_S, STOPS_WITHIN_S = 30, 3


@dataclass(frozen=True)
class SandboxOptions:
    """What to run. Neither world nor replay: an empty core that only commands and tests fill.

    `speed` is stream time per wall time: 1 for a world unless given, as fast as it is read for a replay. `data` keeps
    the database; without it a temporary one is removed at the end. `limit` is in rows, `population` in customers.
    With `days` a world is played for so many of them as fast as it is read, and then stands still.
    One subject may make `per_s` requests a second, and `burst` at once.
    With `lockstep_minutes` a replay, or a world that is played for `days`, stops after so many minutes of stream time
    until told to go on (see `lockstep`).
    """

    world: str | None = None
    replay: Path | None = None
    map: Path | None = None
    speed: float | None = None
    seed: int = 1
    port: int = 0
    data: Path | None = None
    label_delay_days: float = 7.0
    limit: int | None = None
    population: int | None = None
    lockstep_minutes: float | None = None
    days: float | None = None
    per_s: float = PER_S
    burst: int = BURST


@contextmanager
def opened(options: SandboxOptions, clock: Callable[[], Instant] = instants.now) -> Iterator[Core]:
    """A core ready to serve; its database is closed, and removed when temporary, at the end.

    Raises ValueError or OSError when the options name something that is not there.
    """
    with tempfile.TemporaryDirectory(prefix="riskdesk-sandbox-") as temporary:
        folder = options.data or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        recording = _recording(options)
        epoch = recording.epoch if recording else f"{options.world or 'empty'}-{options.seed}-{clock()}"
        database = Database(folder / FILE, durable=options.data is not None)
        bank = Bank(database, epoch=epoch, clock=clock)
        try:
            life = _life(options, bank, recording)
            private = [life.route()] if isinstance(life, Stepped) else []
            yield Core(bank, life, RateLimit(options.per_s, options.burst), _labels(options, recording), private)
        finally:
            bank.close()


def _labels(options: SandboxOptions, recording: Recording | None) -> LabelPolicy:
    """When silence means that nothing was wrong: in a replay once every label is out, in a world as it is set."""
    if recording is not None:
        return LabelPolicy(maturity_s=recording.label_delay // SECOND)
    if options.world is not None:
        return LabelPolicy(maturity_s=round(worlds.load(options.world).labels.maturity_days * DAY) // SECOND)
    return policy.LABELS


def _recording(options: SandboxOptions) -> Recording | None:
    if options.replay is None:
        return None
    mapping = read_mapping(options.map) if options.map else _fitting(options.replay)
    return Recording(options.replay, mapping, label_delay_days=options.label_delay_days, limit=options.limit)


def _fitting(path: Path) -> Mapping:
    return shipped_mapping(columns_of(path))


def _life(options: SandboxOptions, bank: Bank, recording: Recording | None) -> Life:
    if recording is not None and options.lockstep_minutes is not None:
        return SteppedLife(bank, recording, round(options.lockstep_minutes * MINUTE))
    if recording is not None:
        return ReplayLife(bank, recording, options.speed)
    if options.world is None or bank.log.head:
        return Still()
    name = options.world

    def make(start: int) -> worlds.World:
        return worlds.World(bank, name, options.seed, start, options.population)

    if options.lockstep_minutes is not None and options.days:
        step, until = round(options.lockstep_minutes * MINUTE), PLAYED_FROM + round(options.days * DAY)
        return SteppedWorld(bank, make, PLAYED_FROM, until, step)
    return PlayedLife(bank, make, options.days) if options.days else WorldLife(bank, make, options.speed or 1.0)


class _Server(uvicorn.Server):
    """uvicorn that says when it listens, and leaves signals to whoever runs it."""

    def __init__(self, core: Core, listening: Callable[[], None]) -> None:
        super().__init__(_config(core))
        self._core = core
        self._core.on_failure = self.stop
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """Answer what is in flight and stop. From any thread."""
        self._core.stop()
        self.should_exit = True


class Sandbox:
    """A running core on its own thread, for tests and demos: `with Sandbox() as sandbox: ... sandbox.origin`.

    `bank` may be used from the caller's thread at any time. Raises RuntimeError when the server does not start.
    """

    def __init__(self, options: SandboxOptions | None = None, clock: Callable[[], Instant] = instants.now) -> None:
        self._options = options or SandboxOptions()
        self._opened = opened(self._options, clock)

    def __enter__(self) -> Sandbox:
        self.core = self._opened.__enter__()
        self.bank = self.core.bank
        self._socket = _listen(self._options.port)
        self.origin = _origin(self._socket)
        listening = threading.Event()
        self._server = _Server(self.core, listening.set)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="sandbox", daemon=True)
        self._thread.start()
        if not listening.wait(STARTS_WITHIN_S):
            raise RuntimeError("the sandbox did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        self._thread.join()
        self._socket.close()
        self._opened.__exit__(kind, error, trace)
        if error is None and self.core.failure is not None:
            raise self.core.failure


def run(options: SandboxOptions, announce: Callable[[str], None]) -> int:
    """Serve until SIGTERM or SIGINT; calls `announce(origin)` once listening. Returns the exit code, 0.

    Raises ValueError or OSError when the options name something that is not there or the port is taken, and whatever
    broke the core while it ran.
    """
    with opened(options) as core, _listen(options.port) as listener:
        asyncio.run(_serve(_Server(core, lambda: announce(_origin(listener))), listener))
        if core.failure is not None:
            raise core.failure
    return 0


async def _serve(server: _Server, listener: socket.socket) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    await server.serve(sockets=[listener])


def _config(core: Core) -> uvicorn.Config:
    return uvicorn.Config(
        core.asgi(),
        lifespan="on",
        log_level="error",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=STOPS_WITHIN_S,
    )


def _listen(port: int) -> socket.socket:
    listener = socket.create_server((HOST, port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a short answer waits 40 ms for an ACK
    return listener


def _origin(listener: socket.socket) -> str:
    return f"http://{HOST}:{listener.getsockname()[1]}"


def truth(data: Path) -> list[Episode]:
    """What really happened in the world kept under `data`. Raises FileNotFoundError when there is none."""
    with _kept(data) as bank:
        return bank.truth()


def acts(data: Path) -> list[Act]:
    """The same, act by act."""
    with _kept(data) as bank:
        return bank.acts()


def stands(data: Path, kind: str) -> list[Message]:
    """Every resource of a type as it stands in the core kept under `data`: its own books, not what a reader has of it.

    Raises FileNotFoundError when there is none.
    """
    with _kept(data) as bank:
        decode, found, last = decoder(RESOURCES[kind]).decode, [], ""
        while rows := bank.log.scan(kind, last, SCANNED):
            found += [decode(body) for _, body in rows]
            last = rows[-1][0]
        return found


@contextmanager
def _kept(data: Path) -> Iterator[Bank]:
    path = data / FILE
    if not path.is_file():
        raise FileNotFoundError(f"no sandbox data in {data}")
    database = Database(path, durable=True)
    try:
        yield Bank(database)
    finally:
        database.close()
