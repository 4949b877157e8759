"""A scorer in a process of its own, so that it has a processor, and an interpreter's lock, to itself.

What is asked goes over a pair of sockets as pickles of our own making, each after its length. The child does it in its
order, and ends with its watcher: as soon as its end of the line closes, whatever it is about. What it writes to the
journal meanwhile is whole or not at all.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from logging.handlers import QueueHandler
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Concatenate

from console.language import tr
from console.risk.packs import load_packs
from console.watch.garbage import collect_seldom
from console.watch.learning import School
from console.watch.scorer import Asked, Scorer, ScorerGone, T

log = logging.getLogger("riskdesk.watch")

STOP = "stop"
"""Asked out of its turn, and not answered."""
LENGTH = 8
"""Bytes before each message that tell its length."""


class ScorerApart:
    """A scorer in a process of its own. For one thread, but for `stop`."""

    def __init__(self, mirror: Path, packs: Sequence[tuple[str, str]], journal: Path, school: School | None) -> None:
        """`packs` are the packs' texts by file name; the rest is as a Scorer takes it, but that the school's clock and
        its way to begin a fit are the child's own."""
        self._socket, its = socket.socketpair()
        with its, _deaf():
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "console.watch.scorer_process", str(its.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[its.fileno()],
                start_new_session=True,
            )
        self._sending, self._noting = threading.Lock(), threading.Lock()
        self._waiting: deque[Future[Any]] = deque()
        self._gone: ScorerGone | None = None
        ways = ("cadence", "parameters", "beside")
        self._tell((mirror, packs, journal, school and {name: getattr(school, name) for name in ways}))
        threading.Thread(target=self._listen, name="scorer", daemon=True).start()

    def ask(
        self, what: Callable[Concatenate[Scorer, Asked], T], *arguments: Asked.args, **named: Asked.kwargs
    ) -> Future[T]:
        answer: Future[T] = Future()
        with self._noting:
            if self._gone is not None:
                answer.set_exception(self._gone)
                return answer
            self._waiting.append(answer)
        self._tell((what.__name__, arguments, named))
        return answer

    @property
    def pid(self) -> int:
        """Of the process that scores."""
        return self._process.pid

    def stop(self) -> None:
        self._tell((STOP, (), {}))

    def close(self) -> None:
        self.ask(Scorer.close).result()
        self._end()

    def abandon(self) -> None:
        self._process.kill()
        self._end()

    def _end(self) -> None:
        with suppress(OSError):  # the other end may be closed already
            self._socket.shutdown(socket.SHUT_RDWR)
        self._process.wait()
        self._socket.close()

    def _tell(self, message: object) -> None:
        try:
            with self._sending:
                send(self._socket, message)
        except OSError:  # it has ended, and whoever waits for an answer is told so
            self._process.kill()

    def _listen(self) -> None:
        """Hand each answer to who waits for it, in their order, and log what the child logs, until the line ends."""
        try:
            while True:
                done, error = receive(self._socket)
                if isinstance(done, logging.LogRecord):
                    logging.getLogger(done.name).handle(done)
                elif error is None:
                    self._waiting.popleft().set_result(done)
                else:
                    self._waiting.popleft().set_exception(error)
        except (EOFError, OSError):
            pass  # it has ended
        except Exception:
            log.exception("an answer of the scorer can't be read: it is ended")
            self._process.kill()
        code = self._process.wait()
        with self._noting:
            self._gone = ScorerGone(tr("watch.scorer_gone", code=code))
        for answer in self._waiting:
            answer.set_exception(self._gone)


@contextmanager
def _deaf() -> Iterator[None]:
    """What is begun inside, and all that it begins, never hears a signal to end, which may go to all at once.

    The watcher ends it: a refit that ended by itself would count as failed.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def send(line: socket.socket, message: object) -> None:
    """Raises OSError when the other end is closed."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    line.sendall(len(body).to_bytes(LENGTH, "little"))
    line.sendall(body)


def receive(line: socket.socket) -> Any:  # noqa: ANN401 - whatever was sent
    """The next message. Raises EOFError when the other end is closed."""
    size = int.from_bytes(_whole(line, LENGTH), "little")
    return pickle.loads(_whole(line, size))  # noqa: S301 - made by the other end of our own line


def _whole(line: socket.socket, size: int) -> bytearray:
    """So many bytes, in as few calls as the system allows: between two another thread may take the interpreter."""
    body, got = bytearray(size), 0
    while got < size:
        part = line.recv_into(memoryview(body)[got:], size - got, socket.MSG_WAITALL)
        if not part:
            raise EOFError
        got += part
    return body


# ---------------------------------------------------------------- the child


class Child:
    """The scorer at the other end of the line."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._asked: SimpleQueue[tuple[str, tuple[Any, ...], dict[str, Any]]] = SimpleQueue()
        self._sending = threading.Lock()
        mirror, packs, journal, learns = receive(line)
        self._scorer = Scorer(mirror, load_packs(packs), journal, learns and School(**learns))

    def run(self) -> None:
        """Do what is asked in its order; never returns."""
        threading.Thread(target=self._listen, name="asked", daemon=True).start()
        while True:
            name, arguments, named = self._asked.get()
            try:
                self.tell(getattr(self._scorer, name)(*arguments, **named))
            except Exception as error:  # noqa: BLE001 - whoever asked is told
                self.tell(None, _sendable(error))

    def tell(self, done: object, error: Exception | None = None) -> None:
        with self._sending:
            send(self._line, (done, error))

    def _listen(self) -> None:
        """Note what is asked, until nobody is there any more, or what they say can't be read: then all ends."""
        try:
            while True:
                asked = receive(self._line)
                if asked[0] == STOP:
                    self._scorer.stop()
                else:
                    self._asked.put(asked)
        except (EOFError, OSError):
            os._exit(0)
        except Exception:
            log.exception("what the scorer is asked can't be read: it ends")
            os._exit(1)


class Forwarded(QueueHandler):
    """What the child logs, logged by its watcher."""

    def __init__(self, child: Child) -> None:
        super().__init__(SimpleQueue())
        self._child = child

    def enqueue(self, record: logging.LogRecord) -> None:
        self._child.tell(record)


def _sendable(error: Exception) -> Exception:
    """The error with where it happened; in words, where it can't be sent as it is."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    except Exception:  # noqa: BLE001 - whatever its making raises
        return RuntimeError("".join(traceback.format_exception(error)))
    return error


def main() -> None:
    """The child: the number of its socket is its argument."""
    try:
        child = Child(socket.socket(fileno=int(sys.argv[1])))
    except EOFError:
        return
    logging.getLogger().addHandler(Forwarded(child))
    logging.getLogger().setLevel(logging.INFO)
    collect_seldom()
    child.run()


if __name__ == "__main__":
    main()
