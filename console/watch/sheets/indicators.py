"""Figures about the economy and the portfolio: the newest of each is a resource, and every one is kept as it came."""

from __future__ import annotations

from console.watch.sheets.resources import Others
from store.batch import Batch


class Indicators(Others):
    """The engine learns nothing of them; the policy's drive does."""

    def store(self, batch: Batch) -> None:
        super().store(batch)
        taken = self._taken
        names = ("value", "unit", "scope")
        batch.indicators += zip(
            taken.column("id"),
            taken.times["recorded_at"].tolist(),
            taken.seqs.tolist(),
            taken.times["as_of"].tolist(),
            *(taken.column(name) for name in names),
            strict=True,
        )
