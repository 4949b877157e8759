"""Dry runs for the consoles: what the core says a command would do, asked with the operator's token."""

from __future__ import annotations

import asyncio
from typing import Any

from console.core import instants
from console.core.client import CoreClient
from console.core.commands import NotRehearsed, rehearse
from console.core.messages import CoreMeta, encode
from console.core.problems import CoreProblem, CoreUnreachable
from console.desk.hotline import PREVIEW_S

CAPABILITY = "dry_run"


async def rehearsed(
    client: CoreClient | None, meta: CoreMeta | None, body: bytes, if_match: int | None
) -> dict[str, Any]:
    """The core's command or problem as JSON text, or under `trouble` why there is neither.

    A core that does not say that it knows dry runs is never asked for one: it might carry it out. Raises ValueError for
    a body that is no dry run.
    """
    if meta is None or CAPABILITY not in meta.capabilities:
        return {"trouble": "unsupported" if meta else "core"}
    if client is None:
        return {"trouble": "credential"}
    try:
        async with asyncio.timeout(PREVIEW_S):
            command = await rehearse(client, body, if_match, instants.now())
    except CoreProblem as refusal:
        return {"problem": encode(refusal.problem).decode()}
    except (CoreUnreachable, NotRehearsed, TimeoutError) as error:
        return {"trouble": "not_rehearsed" if isinstance(error, NotRehearsed) else "core"}
    return {"command": encode(command).decode()}
