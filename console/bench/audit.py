"""`riskdesk bench audit`: what is done to the journal behind its back, and whether that shows.

Random edits of the audit chain before a checkpoint must all be found; a journal whose writer is killed with SIGKILL at
random moments must hold everything that it said was written.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from console.bench import forgery, killed
from console.bench.forgery import FORMS, Finds
from console.bench.killed import LIFE, Survival
from console.exits import Exit
from store.audit import Checkpoint
from store.journal import Journal

COMMANDS_BEFORE, COMMANDS_AFTER = 12, 3
"""Commands in the chain that is forged, before its checkpoint and after it; each is four rows."""


def run(edits: int, writes: int, seed: int, *, as_json: bool) -> int:
    """Forge and kill, and print a table or one JSON object.

    Exit code 0 when every edit was found and nothing written was missing. Raises OSError when a process does not start.
    """
    with tempfile.TemporaryDirectory(prefix="riskdesk-audit-") as folder:
        journal = Path(folder) / "forged.db"
        finds = forgery.forge(journal, chain(journal), edits, seed)
        survival = killed.survive(Path(folder) / "killed.db", writes, seed)
    if as_json:
        print(json.dumps(_figures(finds, survival, seed)))
    else:
        _print(finds, survival, seed)
    return Exit.OK if not finds.missed and survival.whole else Exit.FAILED


def chain(path: Path) -> Checkpoint:
    """Write a journal whose commands went their whole way, and return the checkpoint left before the last of them."""
    with closing(Journal(path)) as journal:
        for number in range(COMMANDS_BEFORE + COMMANDS_AFTER):
            if number == COMMANDS_BEFORE:
                point = journal.checkpoint(1)
            for state in LIFE:
                killed.step(journal, f"command-{number}", state)
    return point


def _figures(finds: Finds, survival: Survival, seed: int) -> dict[str, Any]:
    kinds = {f"{kind}, {form}": tried for (kind, form), tried in sorted(finds.tried.items())}
    return {"edits": finds.tried.total(), "missed": finds.missed, "kinds": kinds, **vars(survival), "seed": seed}


def _print(finds: Finds, survival: Survival, seed: int) -> None:
    print(f"{'edit':12}" + "".join(f"{form:>16}" for form in FORMS) + f"{'found':>12}")
    for kind in forgery.EDITS:
        tried, found = (sum(counts[kind, form] for form in FORMS) for counts in (finds.tried, finds.found))
        columns = "".join(f"{finds.tried[kind, form]:16,}" for form in FORMS)
        print(f"{kind:12}{columns}{found:6,}/{tried:,}")
    print(f"{'edits':20}{finds.tried.total():8,}\n{'missed':20}{finds.missed:8,}")
    for name, count in vars(survival).items():
        print(f"{name:20}{count:8,}")
    print(f"{'seed':20}{seed:8}")
