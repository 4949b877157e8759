"""A failure nobody foresaw: one line on the terminal, the traceback in the home's log, no variables, no tokens."""

from __future__ import annotations

import sys
import traceback

from console.children import open_private
from console.core import instants
from console.desk.credentials import without_tokens
from console.exits import Exit
from console.language import tr
from console.paths import Home


def tell(error: Exception, home: Home) -> Exit:
    """Say what kind of failure it was and where its report is. Local variables are in neither."""
    report = f"{instants.wire(instants.now())} {''.join(traceback.format_exception(error))}"
    try:
        with open_private(home.log) as log:
            log.write(without_tokens(report).encode("utf-8", "replace"))
    except OSError as unwritten:
        print(tr("cli.crashed_unlogged", kind=type(error).__name__, why=unwritten.strerror), file=sys.stderr)
    else:
        print(tr("cli.crashed", kind=type(error).__name__, log=home.log), file=sys.stderr)
    return Exit.FAILED
