"""`riskdesk audit verify`: walk the journal's hash chain and name the first row that breaks it."""

from __future__ import annotations

import sys

from console.exits import Exit
from console.language import tr
from console.paths import Home
from store.files import StoreError
from store.journal import Journal


def verify(home: Home) -> int:
    """Print whether the chain holds; the exit code is 0 only when it does."""
    if not home.journal.exists():
        print(tr("cli.no_journal", path=home.journal), file=sys.stderr)
        return Exit.FAILED
    try:
        journal = Journal(home.journal)
        fault = journal.verify_audit()
        journal.close()
    except StoreError as error:
        print(tr("cli.error", error=error), file=sys.stderr)
        return Exit.FAILED
    print(tr("cli.chain_holds") if fault is None else tr("cli.chain_broken", fault=fault))
    return Exit.OK if fault is None else Exit.FAILED
