"""What later fits learn from a page, put aside until the mirror has it in its file."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from console.risk.columns import OPERATOR, Array, Fact, of_kind
from console.risk.engine import Scored
from console.risk.learned import digest_of
from console.risk.training import bits_of
from store.training import Judgement, Layout, TrainingPage


@dataclass
class Kept:
    """What is learned from one page of facts, for the mirror to keep: rows in a named layout, and labels."""

    to_seq: int
    from_seq: int
    layout: tuple[str, Layout]
    pages: list[TrainingPage] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)


class Keeping:
    """The pages whose rows are not in the mirror's file yet. Rows are of these `features` and `rules`."""

    def __init__(self, features: tuple[str, ...], rules: Sequence[str]) -> None:
        self.layout = digest_of((*features, "", *rules)), Layout(features, tuple(rules))
        self.unwritten: deque[Kept] = deque()

    @property
    def last(self) -> Kept | None:
        """Of the page that was begun last."""
        return self.unwritten[-1] if self.unwritten else None

    def begin(self, facts: Array) -> None:
        """Begin a page of facts; one of none keeps nothing."""
        if len(facts):
            self.unwritten.append(Kept(int(facts["seq"][-1]), int(facts["seq"][0]), self.layout))

    def written(self, to_seq: int | None) -> None:
        """Let go of what is in the file up to a seq."""
        while self.unwritten and to_seq is not None and self.unwritten[0].to_seq <= to_seq:
            self.unwritten.popleft()

    def keep(self, facts: Array, rows: Array, scored: Scored, part: slice) -> None:
        """Put aside what a later fit learns from facts of the last page: `rows` are this `part` of what models see."""
        kept = self.unwritten[-1]
        if len(rows):
            seqs, ats = facts["seq"][rows], facts["recorded_at"][rows]
            kept.pages.append(
                TrainingPage(
                    to_seq=int(seqs[-1]),
                    from_seq=int(seqs[0]),
                    at=int(ats.max()),
                    layout=self.layout[0],
                    seqs=seqs.astype("<i8").tobytes(),
                    ats=ats.astype("<i8").tobytes(),
                    fired=bits_of(scored.fired, scored.learned.place[part]),
                    features=scored.learned.rows[part].astype("<u2").tobytes(),
                )
            )
        labels = facts[of_kind(facts, Fact.LABEL) & (facts["judged"] != 0)]
        columns = labels["seq"], labels["judged"], labels["code"], (labels["status"] == OPERATOR).astype(int)
        kept.judgements += zip(*(column.tolist() for column in columns), strict=True)
