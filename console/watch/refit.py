"""A refit in a process of its own: what is handed over, how it runs, and what comes back.

The child reads the mirror read-only, and the rows of the page at hand, which nobody else can see yet, from its standard
input. It steps back behind everything else, and ends when that input closes: with the watcher, however that ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from console.risk.columns import DAY
from console.risk.learner import Parameters, TooFewFrauds, refit
from console.risk.model import Model, UnusableModel
from console.risk.training import Moment, Training, block_of, gather, judged
from store.training import Judgement, Layout, TrainingPage, TrainingReader

NICENESS = 19
LONGEST_S = 3600.0
"""Seconds after which a refit that nobody sees the end of is given up."""


class Job(Struct, frozen=True):
    """What a refit needs to know. `weights` are the rules' by id.

    `pages` and `judgements` are those of the page at hand, which the file does not have yet, or has by the time it is
    read: of the file only what lies before `filed_before` counts.
    """

    mirror: str
    version: str
    moment: Moment
    features: tuple[str, ...]
    weights: dict[str, float]
    parameters: Parameters
    champion: bytes | None
    filed_before: int
    layouts: dict[str, Layout]
    pages: list[TrainingPage]
    judgements: list[Judgement]


class Answer(Struct, frozen=True):
    """What came of it: promoted, refused or failed, and why in a word; the model only where it is promoted."""

    outcome: str
    why: str = ""
    figures: str | None = None
    body: bytes | None = None
    seconds: float = 0.0


class Running(Protocol):
    """A refit under way: `ready` says whether its answer has come, `answer` waits for it, `stop` ends it."""

    @property
    def ready(self) -> bool: ...
    def answer(self) -> Answer: ...
    def stop(self) -> None: ...


class Stopped(Exception):
    """The watcher ends and took its refit with it; the next one begins it again."""


class Fitting:
    """A refit in a process of its own."""

    def __init__(self, job: Job) -> None:
        self._stopped = False
        self._process: subprocess.Popen[bytes] | None = None
        self._answer = Answer("failed", "unknown")
        self._thread = threading.Thread(target=self._run, args=(msgspec.msgpack.encode(job),), daemon=True)
        self._thread.start()

    @property
    def ready(self) -> bool:
        return not self._thread.is_alive()

    def answer(self) -> Answer:
        """The outcome, waited for. Raises Stopped when `stop` came first."""
        self._thread.join(LONGEST_S)
        if self._stopped:
            raise Stopped
        if self._thread.is_alive():
            self.stop()
            return Answer("failed", f"not done after {LONGEST_S:.0f} s")
        return self._answer

    def stop(self) -> None:
        """End it, from any thread."""
        self._stopped = True
        if self._process is not None:
            self._process.kill()

    def _run(self, job: bytes) -> None:
        try:
            with subprocess.Popen(
                [sys.executable, "-m", "console.watch.refit"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            ) as process:
                self._process = process
                if self._stopped:
                    process.kill()
                self._answer = _asked(process, job)
        except (OSError, msgspec.MsgspecError) as error:
            self._answer = Answer("failed", f"{type(error).__name__}: {error}"[:200])


def _asked(process: subprocess.Popen[bytes], job: bytes) -> Answer:
    """Hand over the job, and wait for the answer. The input stays open as long as the child may live."""
    assert process.stdin is not None and process.stdout is not None  # noqa: S101 - both were asked for
    process.stdin.write(len(job).to_bytes(8, "little") + job)
    process.stdin.flush()
    body = process.stdout.read()
    code = process.wait()
    return msgspec.msgpack.decode(body, type=Answer) if code == 0 else Answer("failed", f"ended with code {code}")


# ---------------------------------------------------------------- the child


def carry_out(job: Job) -> Answer:
    """Fit as asked; whatever goes wrong is the answer."""
    started = time.perf_counter()
    try:
        champion = Model.from_bytes(job.champion, job.features) if job.champion else None
    except UnusableModel:
        champion = None
    try:
        result = refit(_training(job), champion, job.weights, job.parameters, job.version)
    except TooFewFrauds as error:
        return Answer("refused", f"too_few_frauds: {error}", seconds=time.perf_counter() - started)
    figures = msgspec.json.encode(result.model.figures).decode()
    seconds = round(time.perf_counter() - started, 3)
    if not result.promoted:
        return Answer("refused", result.refused, figures, seconds=seconds)
    return Answer("promoted", "", figures, result.model.to_bytes(), seconds)


def _training(job: Job) -> Training:
    moment, parameters = job.moment, job.parameters
    window = parameters.window_days * DAY + moment.maturity
    before = min(moment.seq, job.filed_before)
    reader = TrainingReader(Path(job.mirror))
    try:
        layouts = reader.layouts() | job.layouts
        pages = [*reader.pages(before, moment.at - window), *job.pages]
        labels = [*reader.judgements(before), *job.judgements]
    finally:
        reader.close()
    blocks = [block_of(*layouts[page.layout], page.seqs, page.ats, page.fired, page.features) for page in pages]
    return gather(blocks, judged(labels), moment, window, parameters.legit_rows, job.features)


def main() -> None:
    """The child: a job in, an answer out."""
    from console.children import end_with_parent

    os.nice(NICENESS - os.nice(0))
    size = int.from_bytes(_read(8), "little")
    job = msgspec.msgpack.decode(_read(size), type=Job)
    end_with_parent()
    sys.stdout.buffer.write(msgspec.msgpack.encode(carry_out(job)))


def _read(size: int) -> bytes:
    """So many bytes of the standard input, past Python's buffer, which would keep the end of it from `end_with_parent`.

    Raises EOFError when it closes before.
    """
    parts = bytearray()
    while len(parts) < size:
        part = os.read(sys.stdin.fileno(), min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError("the watcher is gone")
        parts += part
    return bytes(parts)


if __name__ == "__main__":
    main()
