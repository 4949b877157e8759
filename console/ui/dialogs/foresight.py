"""What a decision would do, for the dialog in which it is being made: asked beside it, never waited for."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from textual.worker import Worker

from console.core.commands import InvalidWish
from console.core.instants import Instant
from console.core.messages import CoreMeta
from console.desk import deciding, preview
from console.desk.preview import NoPreview, Preview
from console.desk.quota import Quota, quota
from console.paths import Home
from store.files import StoreError
from store.journal import Journal
from store.reader import Reader

if TYPE_CHECKING:
    from console.ui.app import RiskDesk
    from console.ui.dialogs.base import DecisionDialog

SETTLE_S = 0.2
"""A decision is previewed once it has stood still for so long: an amount is typed digit by digit."""


@dataclass(frozen=True)
class Foreseen:
    """`preview` is the core's word, None with the `trouble` that prevented it; `quota` an operator's bulk quota."""

    preview: Preview | None
    trouble: str | None
    quota: Quota | None


class Foresight:
    """The preview of one dialog: asked anew whenever the decision has changed, the last answer in `seen`."""

    def __init__(self) -> None:
        self.seen: Foreseen | None = None
        self._asked: tuple[bytes, int | None] | None = None
        self._asking: Worker[None] | None = None

    def look(self, dialog: DecisionDialog) -> None:
        """Ask beside the dialog when what it would send has not been asked about; it is shown again once told."""
        desk, meta = cast("RiskDesk", dialog.app), dialog.situation.meta
        if meta is None:
            return
        wish, now = dialog.wish(), Instant(dialog.situation.core_now)
        try:
            request = preview.body(wish, meta, dialog.resource, now)
            if_match = deciding.if_match(desk.sight.open_journal(), wish, dialog.resource)
        except (InvalidWish, StoreError, sqlite3.Error):
            return  # the decision itself says so when it is sent
        if (request, if_match) == self._asked:
            return
        self._asked, self.seen = (request, if_match), None

        async def ask() -> None:
            await asyncio.sleep(SETTLE_S)
            self.seen = await asyncio.to_thread(foresee, desk.sight.home, meta, request, if_match, now)
            dialog.show()

        self._asking = dialog.run_worker(ask, exclusive=True, group="preview")


def foresee(home: Home, meta: CoreMeta, request: bytes, if_match: int | None, core_now: int) -> Foreseen:
    """Ask the core and count the quota; takes seconds at worst, so it is called in a thread."""
    left = _quota(home, meta, core_now)
    try:
        return Foreseen(preview.ask(home, request, if_match), None, left)
    except NoPreview as missing:
        return Foreseen(None, missing.trouble, left)


def _quota(home: Home, meta: CoreMeta, core_now: int) -> Quota | None:
    """The quota by the files as they are; None, too, while one of them can't be read."""
    try:
        journal, mirror = Journal(home.journal), Reader(home.mirror)
    except (StoreError, OSError):
        return None
    try:
        return quota(meta, journal, mirror, core_now)
    except sqlite3.Error:
        return None
    finally:
        journal.close()
        mirror.close()
