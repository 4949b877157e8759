"""The levels that the desk's policies give, as the ingest uses them: read when the journal changed, each from its place
in the feed on."""

from __future__ import annotations

import logging
from pathlib import Path

from console.core import instants
from console.risk.levels import Levels, Scale
from console.risk.packs import Pack
from console.risk.policy import PolicyError
from console.risk.policy_text import read_policy
from store.journal import Journal
from store.policies import InForce, Policies

log = logging.getLogger("riskdesk.policy")


class LevelsInForce:
    """Belongs to the mirror's thread. Without a journal, and before the first policy, the packs' own levels hold."""

    def __init__(self, journal: Path | None, pack: Pack) -> None:
        self._journal = Journal(journal) if journal else None
        self._pack = pack
        self._read: tuple[str, int] | None = None
        self.now = Levels.of_pack(pack)

    def close(self) -> None:
        if self._journal:
            self._journal.close()

    def read(self, epoch: str, next_seq: int) -> Levels:
        """Take up what was put in force since the last page: it counts from `next_seq` on."""
        if self._journal is None:
            return self.now
        present = epoch, self._journal.data_version()
        if self._read != present:
            counting = Policies(self._journal).settle(epoch, next_seq, instants.now())
            self._read = present
            scales = [_scale(move, epoch, self._pack) for move in counting]
            self.now = Levels([*Levels.of_pack(self._pack).scales, *scales])
        return self.now


def _scale(move: InForce, epoch: str, pack: Pack) -> Scale:
    """What a policy makes of scores; one that this version can't read leaves the packs' levels."""
    from_seq = (move.from_seq or 0) if move.epoch == epoch else 0
    try:
        levels = read_policy(move.name, move.text).stances[move.stance].levels
    except (PolicyError, KeyError) as error:
        log.warning("the levels of policy %s are not used: %s", move.stamp, error)
        levels = None
    if levels is None:
        return Scale(from_seq, pack.thresholds, pack.alert_level, move.stamp)
    return Scale(from_seq, levels.thresholds, levels.alert_level, move.stamp)
