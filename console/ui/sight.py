"""What the console sees: the mirror and the journal, opened when they appear and looked at on a beat."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from console.core.instants import MINUTE
from console.core.messages import Command
from console.core.second_person import may_decide
from console.desk import ailments, holds, stored
from console.desk.holds import Ending
from console.desk.undo import pressing
from console.desk.waiting import waiting
from console.paths import Home
from console.ui import reason_codes, rules
from console.ui.exporting import Exporter
from console.ui.former import former
from console.ui.plans import PlanSight
from console.ui.situation import Situation, read_watcher
from console.ui.troubles import Troubles
from store.automatic import Automatic
from store.files import StoreError
from store.journal import Entry, Journal
from store.life import SETTLED
from store.plans import Plans
from store.reader import Reader

SHOWN_COMMANDS = 500
"""Commands of the journal that the screens look at, the newest."""

SHOWN_SET_ASIDE = 20
"""Changes that could not be understood, the newest, that are told by name."""

RECENT = 10 * MINUTE
"""How long a settled command stays marked on its account's line."""


class Sight:
    """Both files, read-only for the mirror. `situation` and `commands` are as of the last `look`.

    `watched` is whether a watcher holds this home's lock.
    `turned` are the commands whose state changed between the last two looks at the journal, those of plans and of the
    machine left out.
    `latest` is the command of the decision made last at this console.
    `waiting` are the commands, everybody's, that wait for a second person, the least time left first.
    """

    def __init__(
        self,
        home: Home,
        core: str | None,
        clock: Callable[[], int],
        watcher_pid: Callable[[], int | None],
    ) -> None:
        self.home, self.clock, self._watcher_pid = home, clock, watcher_pid
        self.watched = True
        self.mirror: Reader | None = None
        self.journal: Journal | None = None
        self.commands: list[Entry] = []
        self.turned: list[Entry] = []
        self.latest: str | None = None
        self.waiting: list[Command] = []
        self.plans = PlanSight()
        self.exporter = Exporter()
        self.situation = Situation(clock(), core=core or "")
        self._seen: tuple[object, ...] = ()
        self._endings: list[Ending] = []
        self._troubles = Troubles(home.socket)
        self._mirror_version = -1
        self._journal_version = -1

    def look(self) -> tuple[bool, bool]:
        """Look again; returns whether the mirror's and the journal's contents changed since the last look."""
        now = self.clock()
        self.watched = self._watcher_pid() is not None
        try:
            mirror_changed = self._look_at_mirror(now)
        except sqlite3.Error:
            self._drop_mirror()
            mirror_changed = True
        if mirror_changed or not self.watched:
            self._troubles.wrote(now)
        journal_changed = self._look_at_journal()
        self.situation = replace(
            self.situation,
            now=now,
            mirror=self.mirror is not None,
            free_mb=ailments.free_mb(self.home.folder),
            troubles=self._troubles.told(now),
            export=(self.exporter.name, self.exporter.written, self.exporter.total) if self.exporter.running else None,
        )
        ends = holds.pressing(holds.judged(self._endings, self.situation.core_now))
        self.situation = replace(self.situation, ends=ends)
        return mirror_changed, journal_changed

    def close(self) -> None:
        self.exporter.close()
        self._drop_mirror()
        if self.journal is not None:
            self.journal.close()
            self.journal = None

    def arm(self, minutes: int) -> None:
        """Allow commands for so many minutes; 0 takes the permission back."""
        now = self.clock()
        self.situation = replace(self.situation, armed_since=now, armed_until=now + minutes * MINUTE)

    def count_alerts(self, alerts: Mapping[str, int]) -> None:
        self.situation = replace(self.situation, alerts=alerts)

    def intents(self) -> dict[str, str]:
        """The state of the newest command by account id: the unresolved ones, and those settled a short time ago."""
        now = self.situation.now
        return {
            entry.account_id: entry.state
            for entry in reversed(self.commands)
            if entry.state not in SETTLED or now - (entry.settled_at or 0) < RECENT
        }

    @property
    def wait_for_credential(self) -> bool:
        """Whether commands or plans can't go on without the operator's token."""
        return self.plans.wait_for_credential or any(entry.waits_for == "credential" for entry in self.commands)

    def open_journal(self) -> Journal:
        """The journal, made when there is none yet. Raises StoreError when that can't be done."""
        if self.journal is None:
            self.home.make()
            self.journal = Journal(self.home.journal)
        return self.journal

    def look_anew(self) -> None:
        """At the next look everything counts as changed."""
        self._mirror_version = self._journal_version = -1

    def forget_journal_version(self) -> None:
        """This process wrote to the journal, which its own connection does not report."""
        self._journal_version = -1

    # ------------------------------------------------------------ the two files

    def _look_at_mirror(self, now: int) -> bool:
        replaced = self.mirror is not None and self.mirror.replaced()
        if replaced:
            self._drop_mirror()
        if self.mirror is None and not self._open_mirror():
            return replaced
        mirror = self.mirror
        if mirror is None:
            return False
        version = mirror.data_version()
        changed, self._mirror_version = version != self._mirror_version, version
        if changed:
            notes = mirror.notes()
            self._endings = holds.read(notes.get(holds.NOTE))
            self.waiting = waiting(mirror, self.situation.core_now)
            self.situation = replace(
                self.situation,
                feeds=tuple(mirror.feeds()),
                meta=(meta := stored.meta(notes.get("meta"))),
                accounts=mirror.size(),
                quarantined=mirror.quarantined(),
                set_aside=tuple(mirror.set_aside(SHOWN_SET_ASIDE)),
                watcher=read_watcher(notes.get("watcher")),
                rebuilding=notes.get("scan", "{}") != "{}",
                to_approve=sum(may_decide(command, meta) for command in self.waiting) if meta else 0,
            )
            reason_codes.told_by(self.situation.meta)
            told = self.situation.watcher
            rules.scored_by(Path(told.packs) if told and told.packs else None)
        watcher = self.situation.watcher
        if watcher is not None:
            self.situation = replace(
                self.situation, watcher=replace(watcher, alive=self.watched and not watcher.stopped)
            )
        return changed

    def _open_mirror(self) -> bool:
        try:
            mirror = Reader(self.home.mirror)
        except (StoreError, OSError):
            return False
        if not mirror.ready():
            mirror.close()
            return False
        self.mirror, self._mirror_version = mirror, -1
        return True

    def _drop_mirror(self) -> None:
        if self.mirror is not None:
            self.mirror.close()
        self.mirror, self._mirror_version = None, -1

    def _look_at_journal(self) -> bool:
        if self.journal is None and not self.home.journal.exists():
            return False
        try:
            return self._read_journal(self.open_journal())
        except (StoreError, sqlite3.Error, OSError) as error:
            said = ailments.words(error, self.home.folder) or str(error)
            changed = said != self.situation.journal_error
            self.situation = replace(self.situation, journal_error=said)
            return changed

    def _read_journal(self, journal: Journal) -> bool:
        version = journal.data_version()
        if version == self._journal_version:
            return False
        self._journal_version = version
        before = {entry.command_id: entry.state for entry in self.commands}
        self.commands = journal.recent(SHOWN_COMMANDS)
        turned = [entry for entry in self.commands if before.get(entry.command_id, entry.state) != entry.state]
        ids, acts = [entry.command_id for entry in turned], Automatic(journal)
        others = Plans(journal).made(ids) | acts.made(ids) if ids else set()
        self.turned = [entry for entry in turned if entry.command_id not in others]
        self.plans.look(journal, self.situation.now)
        self.situation = replace(
            self.situation,
            commands={str(state): count for state, count in journal.counts().items()},
            again=len(pressing(self.commands, self.clock())),
            former=former(self.commands, self.latest),
            plans=self.plans.running,
            stop=acts.stopped(),
            journal_error="",
        )
        return True
