"""Dry runs for the consoles: what the core says a command would do, asked with the operator's token."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from console.core import instants
from console.core.client import CoreClient
from console.core.commands import NotRehearsed, rehearse
from console.core.messages import CoreMeta, encode
from console.core.problems import CoreProblem, CoreUnreachable
from console.desk.hotline import PREVIEW_S

log = logging.getLogger(__name__)

CAPABILITY = "dry_run"


class Rehearsal:
    """Asks for dry runs, until the core once carries one out: from then on it is never asked again."""

    def __init__(self) -> None:
        self._trusted = True

    async def ask(
        self, client: CoreClient | None, meta: CoreMeta | None, body: bytes, if_match: int | None
    ) -> dict[str, Any]:
        """The core's command or problem as JSON text, or under `trouble` why there is neither.

        A core that does not say that it knows dry runs is never asked for one: it might carry it out. Raises ValueError
        for a body that is no dry run.
        """
        if not self._trusted:
            return {"trouble": "not_rehearsed"}
        if meta is None or CAPABILITY not in meta.capabilities:
            return {"trouble": "unsupported" if meta else "core"}
        if client is None:
            return {"trouble": "credential"}
        try:
            async with asyncio.timeout(PREVIEW_S):
                command = await rehearse(client, body, if_match, instants.now())
        except CoreProblem as refusal:
            return {"problem": encode(refusal.problem).decode()}
        except (CoreUnreachable, TimeoutError):
            return {"trouble": "core"}
        except NotRehearsed as carried_out:
            self._trusted = False
            log.warning("%s: no preview is asked for any more", carried_out)
            return {"trouble": "not_rehearsed"}
        return {"command": encode(command).decode()}
