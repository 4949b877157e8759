"""How a watcher opens its mirror, with the scorer in a process of its own."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence

from console.risk.packs import Pack
from console.watch.ingest import Ingest
from console.watch.learning import School
from console.watch.options import WatchOptions
from console.watch.scorer_process import ScorerApart
from store.files import StoreError, damaged, set_aside

log = logging.getLogger("riskdesk.watch")


def opened(options: WatchOptions, packs: Sequence[tuple[str, str]], pack: Pack) -> Ingest:
    """Open mirror and engine; `packs` are the texts that make the pack. A damaged mirror is set aside and built anew.

    Raises StoreError or sqlite3.DatabaseError for a file that can't be used.
    """
    path = options.home.mirror
    try:
        return _open(options, packs, pack)
    except (StoreError, sqlite3.DatabaseError) as error:
        if not damaged(error):
            raise
        log.warning("%s is damaged, set aside as %s: it is built anew", path, set_aside(path))
        return _open(options, packs, pack)


def _open(options: WatchOptions, packs: Sequence[tuple[str, str]], pack: Pack) -> Ingest:
    home, school = options.home, None if options.rules_only else School(beside=options.refits_beside)

    def line() -> ScorerApart:
        return ScorerApart(home.mirror, packs, home.journal, school)

    return Ingest(home.mirror, pack, home.journal, school, line)
