"""The service: the subject of its own under which a watcher acts by itself, and never under the operator's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from console.core.client import CoreClient
from console.core.messages import CoreMeta
from console.core.problems import CoreProblem, CoreUnreachable
from console.desk.credentials import Credentials
from console.desk.regimes import Regimes
from console.language import tr
from console.risk.packs import Pack
from console.watch.automatic import AutomaticRunner
from console.watch.errands import ClientSource
from store.automatic import Automatic
from store.journal import Entry, Journal


class Service:
    """Who sends what: the operator's commands go with the operator's credential, the machine's with the service's.

    Without `acting` there is no client for what a watcher has left behind that did act: it waits, and lapses.
    """

    def __init__(
        self, journal: Journal, credentials: Credentials, reads: CoreClient, operators: ClientSource, *, acting: bool
    ) -> None:
        """`reads` is the client that reads, of the same core; `operators` gives the one of the operator."""
        self._journal, self._acts, self._credentials = journal, Automatic(journal), credentials
        self._reads, self._operators, self.acting = reads, operators, acting
        self._client: CoreClient | None = None
        self._closing: list[Callable[[], None]] = []

    def runner(
        self,
        mirror: Path,
        pack: Pack,
        meta: Callable[[], CoreMeta | None],
        dispatch: Callable[[], Awaitable[None]],
    ) -> AutomaticRunner:
        """What acts with the service's credential; `meta` tells what the core says of the operator."""

        def operator() -> str | None:
            known = meta()
            return known.you.subject if known is not None else None

        regime = Regimes(self._journal).now
        made = AutomaticRunner(self._journal, mirror, self.client, operator, regime, pack, dispatch)
        self._closing.append(made.close)
        return made

    def client(self) -> CoreClient | None:
        """The client with the service's credential; None while there is none."""
        if not self.acting:
            return None
        if self._client is None and self._credentials.serving():
            origin, breaker = self._reads.origin, self._reads.breaker
            self._client = CoreClient(origin, self._credentials.serving, breaker=breaker)
        return self._client

    def sender(self, entry: Entry) -> CoreClient | str:
        """The client for a command by who decided it, or what it waits for: the machine's also for the end of a stop.

        So nothing of the machine's goes out, not even once more, that was on its way when it was stopped.
        """
        if entry.created_by not in self._acts.subjects():
            return self._operators() or "credential"
        return "stop" if self._acts.stopped() is not None else self.client() or "credential"

    async def renew(self, *, refused: bool) -> None:
        """Look for another token where there is none, or where the core refused the one there is."""
        if self.acting and (refused or not self._credentials.serving()):
            await asyncio.to_thread(self._credentials.find_service)

    async def close(self) -> None:
        for close in self._closing:
            close()
        if self._client is not None:
            await self._client.__aexit__(None, None, None)


async def check(core: str, credentials: Credentials) -> None:
    """Raise ValueError, with what to do, where the service has no credential or is the operator.

    A core that does not answer can't tell the two apart: then every round of the watcher asks again before it acts.
    """
    if not credentials.find_service():
        raise ValueError(tr("automatic.no_token"))
    if credentials.serving() == credentials.sending():
        raise ValueError(tr("automatic.same_token"))
    try:
        async with CoreClient(core, credentials.serving) as service, CoreClient(core, credentials.sending) as operator:
            serves, operates = (await service.meta()).you, (await operator.meta()).you
    except (CoreProblem, CoreUnreachable):
        return
    if serves.subject == operates.subject:
        raise ValueError(tr("automatic.same_subject", subject=serves.subject))
    if "core:command" not in serves.scopes:
        raise ValueError(tr("automatic.may_not", subject=serves.subject))
