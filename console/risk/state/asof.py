"""What changed within a page, as each row saw it: rare changes are applied in order and logged, rows look them up."""

from __future__ import annotations

import numpy as np

from console.risk.columns import Array


def latest(entity: Array, row: Array, changed: Array, at_row: Array) -> Array:
    """Per (entity, row) the place of the last change of that entity in an earlier row of the page, -1 without one.

    `changed` are the entities of the changes in the order they were applied, `at_row` the rows that caused them.
    """
    if not len(changed):
        return np.full(len(entity), -1)
    key = (changed.astype(np.int64) << 32) | at_row
    order = np.argsort(key, kind="stable")
    place = np.searchsorted(key[order], (entity.astype(np.int64) << 32) | row) - 1
    found = order[np.maximum(place, 0)]
    return np.where((place >= 0) & (changed[found] == entity), found, -1)
