"""`riskdesk handover`: the summary of what is open, printed or kept in a file."""

from __future__ import annotations

from pathlib import Path

from console.core import instants
from console.desk.handover import gather, markdown, save
from console.exits import Exit
from console.language import tr
from console.paths import Home
from console.ui.sight import Sight
from console.watch.lock import holder


def run(home: Home, hours: int, to: Path | None) -> int:
    """Print it, or write it into a new file. Raises OSError for a file that can't be written or is there already."""
    sight = Sight(home, None, instants.now, lambda: holder(home.lock))
    try:
        sight.look()
        text = markdown(gather(sight.mirror, sight.open_journal(), sight.situation, hours))
    finally:
        sight.close()
    if to is None:
        print(text, end="")
    else:
        print(tr("handover.saved", file=save(text, to)))
    return Exit.OK
