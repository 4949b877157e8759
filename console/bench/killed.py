"""A journal whose writer is killed again and again, and whether everything that it said was written is there.

Run as `python -m console.bench.killed JOURNAL FIRST`: decides, sends and settles commands without end, and after each
write that returned says so, a line `COMMAND STATE`.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from store import files
from store.journal import AttemptEnd, Intent, Journal, Move
from store.life import State

WROTE_WITHIN_S = 30.0
"""A writer that says nothing for so long has failed."""
LONGEST_LIFE = 60
"""The most writes of one writer before it is killed."""
LIFE = (State.QUEUED, State.SENDING, State.ACKED, State.CONFIRMED)
"""What a writer does with each command, a write each."""


@dataclass
class Survival:
    """What became of a journal: writes that were said to be done, kills, and what was missing or broken after them."""

    writes: int = 0
    kills: int = 0
    missing: int = 0
    broken: int = 0

    @property
    def whole(self) -> bool:
        return not self.missing and not self.broken


def survive(journal: Path, writes: int, seed: int) -> Survival:
    """Kill writers of a journal with SIGKILL at random moments until `writes` writes were said to be done.

    Raises OSError when a writer does not write.
    """
    chance, survival = random.Random(seed), Survival()
    said: dict[str, State] = {}
    while survival.writes < writes:
        told = _write_and_kill(journal, survival.kills, min(writes - survival.writes, LONGEST_LIFE), chance)
        said |= told
        survival.writes += sum(LIFE.index(state) + 1 for state in told.values())
        survival.kills += 1
        survival.missing += _missing(journal, said)
        survival.broken += not _sound(journal)
    return survival


def _write_and_kill(journal: Path, number: int, most: int, chance: random.Random) -> dict[str, State]:
    """Start a writer, kill it in the middle of a write; the last state that it told of each command."""
    writer = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", __name__, str(journal), str(number)], stdout=subprocess.PIPE, text=True
    )
    out = writer.stdout
    if out is None:
        raise OSError("a writer without output")
    told = [out.readline() for _ in range(chance.randint(1, most))]
    time.sleep(chance.uniform(0, 0.01))
    writer.send_signal(signal.SIGKILL)
    told += out.readlines()
    writer.wait(WROTE_WITHIN_S)
    if not told[0]:
        raise OSError("the journal's writer did not start")
    return {line.split()[0]: State(line.split()[1]) for line in told if line.endswith("\n")}


def _missing(journal: Path, said: dict[str, State]) -> int:
    """How many commands are not there, or not as far as was said."""
    with closing(Journal(journal)) as opened:
        stored = {entry.command_id: entry.state for entry in opened.recent(len(said) + 10)}
    return sum(name not in stored or LIFE.index(stored[name]) < LIFE.index(state) for name, state in said.items())


def _sound(journal: Path) -> bool:
    """Whether the file is whole and its audit chain holds."""
    with closing(Journal(journal)) as opened:
        chained = opened.verify_audit() is None
    with closing(files.reader(journal)) as database:
        whole: str = database.execute("PRAGMA integrity_check").fetchone()[0]
    return chained and whole == "ok"


def write(path: Path, first: str) -> None:
    """Write on and on, and tell of each write when it is done."""
    with closing(Journal(path)) as journal:
        number = 0
        while True:
            name = f"{first}-{number}"
            for state in LIFE:
                step(journal, name, state)
                os.write(1, f"{name} {state}\n".encode())
            number += 1


def step(journal: Journal, name: str, state: State) -> None:
    """Bring a command of that name to a state from the one before it."""
    at = time.time_ns() // 1000
    if state is State.QUEUED:
        journal.intend(_intent(name), at)
    elif state is State.SENDING:
        journal.begin_attempt(name, at)
    else:
        attempt = AttemptEnd(1, 200, "recorded") if state is State.ACKED else None
        journal.settle(name, Move(to=state), at, attempt=attempt)


def _intent(name: str) -> Intent:
    return Intent(
        command_id=name,
        type="account.freeze",
        target_type="account",
        target_id=name,
        account_id=name,
        body=b'{"type":"account.freeze"}',
        if_match=1,
        not_after=time.time_ns() // 1000 + 120_000_000,
        created_by="bench",
        reason_code="account_takeover",
    )


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2])
