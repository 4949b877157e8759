"""`riskdesk audit`: prove the journal's hash chain, leave a checkpoint of it elsewhere, hand it on as JSON lines."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TextIO

from console.core import instants
from console.desk import checkpoints
from console.exits import Exit
from console.language import tr
from console.paths import Home
from store import journal_files
from store.audit import Checkpoint, Fault
from store.files import StoreError


def verify(home: Home, known: Path | None) -> int:
    """Print whether the chain holds, and is what the checkpoints of a file know; the exit code is 0 only when so.

    Raises OSError or ValueError for a file of checkpoints that can't be read.
    """
    points = checkpoints.read(known) if known else []
    try:
        proof = journal_files.prove(home.journal, points)
    except StoreError as error:
        return _fail(str(error))
    if proof.fault:
        print(broken(proof.fault))
        return Exit.FAILED
    print(tr("cli.chain_holds", rows=proof.seq))
    if points:
        print(tr("cli.checkpoints_hold", count=len(points), seq=max(point.seq for point in points)))
    else:
        print(tr("cli.end_not_proved"))
    return Exit.OK


def checkpoint(home: Home, to: Path | None) -> int:
    """Add the chain's present end to a file of checkpoints, or print it; a broken chain gets none."""
    try:
        proof = journal_files.prove(home.journal)
        if proof.fault:
            return _fail(broken(proof.fault))
        point = Checkpoint(proof.seq, proof.hash, instants.wire(instants.now()))
        if to:
            checkpoints.append(to, point)
    except (StoreError, OSError) as error:
        return _fail(str(error))
    print(checkpoints.line(point))
    return Exit.OK


def export(home: Home, to: Path | None) -> int:
    """Write the chain as JSON lines with the columns of `v_audit`, payload exactly as stored."""
    try:
        if to is None:
            _write(home, sys.stdout)
        else:
            with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                _write(home, file)
    except StoreError as error:
        return _fail(str(error))
    return Exit.OK


def broken(fault: Fault) -> str:
    """What is wrong with a chain, in words."""
    return tr("cli.chain_broken", fault=tr(f"cli.fault.{fault.kind}", seq=fault.seq, to=fault.to))


def _write(home: Home, file: TextIO) -> None:
    for row in journal_files.rows(home.journal):
        file.write(json.dumps(row._asdict()) + "\n")


def _fail(text: str) -> Exit:
    print(tr("cli.error", error=text), file=sys.stderr)
    return Exit.FAILED
