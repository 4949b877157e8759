"""Arrays that grow by doubling and are saved without their spare room."""

from __future__ import annotations

import numpy as np

from console.risk.columns import Array


def grown(array: Array, rows: int) -> Array:
    """`array` itself when it has `rows` rows, else a zeroed one of twice the size or more with the same beginning."""
    if rows <= len(array):
        return array
    wider = np.zeros((max(rows, 2 * len(array)), *array.shape[1:]), array.dtype)
    wider[: len(array)] = array
    return wider


def packed(array: Array, rows: int) -> bytes:
    """The first `rows` rows as bytes."""
    return np.ascontiguousarray(array[:rows]).tobytes()


def unpacked(state: bytes, like: Array) -> Array:
    """An array shaped as `like` but for its length, from `packed` bytes.

    Raises ValueError when the bytes do not divide into such rows.
    """
    return np.frombuffer(state, like.dtype).reshape(-1, *like.shape[1:]).copy()
