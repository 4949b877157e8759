"""What a model learns from: past rows of features, and the truth about them as far as it was known at a moment.

A label is known from its place in the feed on. A row without one counts as legitimate once it is as old as the core's
labels take to come (`/meta.labels.maturity_s`); a younger one says nothing yet and is left out. A desk's verdicts come
early, and only on what scored high: a selection (Heckman 1979), which would teach that whatever tells of recent days is
suspicious. They weigh less until the truth about all of their age is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from console.risk.columns import Array, Bools, Judgement
from console.risk.model import Matrix

YOUNG = 0.3
"""What a row weighs that a desk has judged, while others of its age are silent. On the handbook's stream 0.3 and 0.1
are alike, and .004 of average precision better than 1; with 0 a new kind of fraud would be learned late."""

Packed = NDArray[np.uint16]
"""The upper half of each float32, rounded: a relative error below 1/256; NaN stays NaN."""


def packed(matrix: Matrix) -> Packed:
    """Features as they are kept and as every model sees them, at half the size (the format is called bfloat16)."""
    bits = np.ascontiguousarray(matrix, np.float32).view(np.uint32)
    return np.asarray(((bits + np.uint32(0x8000)) >> np.uint32(16)).astype(np.uint16))


def unpacked(rows: Packed) -> Matrix:
    """The floats that packed rows stand for."""
    return np.asarray((rows.astype(np.uint32) << np.uint32(16)).view(np.float32))


class Block(NamedTuple):
    """The scored transactions of one stretch of the feed, in order.

    `at` is when the core recorded each (µs), `fired` says by `np.packbits` which of `rules` fired, a row each.
    """

    features: tuple[str, ...]
    rules: tuple[str, ...]
    seq: Array
    at: Array
    fired: Array
    rows: Packed


def block_of(
    features: tuple[str, ...], rules: tuple[str, ...], seqs: bytes, ats: bytes, fired: bytes, rows: bytes
) -> Block:
    """A block from its columns as they are stored: little-endian, row by row."""
    count = len(seqs) // 8
    return Block(
        features,
        rules,
        np.frombuffer(seqs, "<i8"),
        np.frombuffer(ats, "<i8"),
        np.frombuffer(fired, np.uint8).reshape(count, -1),
        np.frombuffer(rows, "<u2").reshape(count, -1),
    )


def bits_of(fired: Bools, rows: Array) -> bytes:
    """Per row which rules fired, a bit each, the first one the highest of its byte: (rows, rules / 8) bytes."""
    bits = np.zeros((len(rows), -(-len(fired) // 8)), np.uint8)
    for rule in np.flatnonzero(fired.any(axis=1)).tolist():
        bits[:, rule // 8] |= fired[rule, rows].view(np.uint8) << np.uint8(7 - rule % 8)
    return bits.tobytes()


class Judged(NamedTuple):
    """Labels in the order of the feed: where each came, the transaction's seq, its `Judgement`, whether a desk's."""

    seq: Array
    target: Array
    code: Array
    desk: Bools


@dataclass(frozen=True)
class Moment:
    """When a fit is made: everything before `seq` is known, `at` is the stream's time there, `maturity` is in µs."""

    seq: int
    at: int
    maturity: int


@dataclass(frozen=True)
class Training:
    """Rows with a known truth. `weight`: how many rows of the stream each stands for; a desk's young ones for less.

    `told` is the seq at which a label said so, 0 for a row that counts as legitimate by its age.
    """

    moment: Moment
    features: tuple[str, ...]
    rules: tuple[str, ...]
    seq: Array
    at: Array
    matrix: Matrix
    fired: Bools
    fraud: Bools
    told: Array
    weight: NDArray[np.float32]


def verdicts(judged: Judged, before: int) -> Judged:
    """The last label below a seq of each judged transaction, ordered by the transaction."""
    known = np.flatnonzero(judged.seq < before)
    target, last = np.unique(judged.target[known][::-1], return_index=True)
    last = known[::-1][last]
    return Judged(judged.seq[last], target, judged.code[last], judged.desk[last])


def gather(
    blocks: Sequence[Block], judged: Judged, moment: Moment, window: int, legit_rows: int, features: Sequence[str]
) -> Training:
    """The training set of a moment: rows recorded in the `window` (µs) before it whose truth is known.

    Legitimate rows beyond `legit_rows` are thinned by a hash of their seq, so that the same stream gives the same rows.
    A feature that an older block does not have is missing there.
    """
    known = verdicts(judged, moment.seq)
    blocks = [block for block in blocks if len(block.seq)]
    found = [_truth(block, known, moment, window) for block in blocks]
    legit = sum(int((use & ~fraud).sum()) for use, fraud, _ in found)
    share = min(1.0, legit_rows / legit) if legit else 1.0
    rules = tuple(sorted({rule for block in blocks for rule in block.rules}))
    parts = []
    for block, (use, fraud, told) in zip(blocks, found, strict=True):
        rows = np.flatnonzero(use & (fraud | (hashed(block.seq) < share)))
        if len(rows):
            parts.append(_part(block, rows, fraud[rows], told[rows], features, rules))
    names = ("seq", "at", "matrix", "fired", "fraud", "told")
    if not parts:
        parts = [_nothing(len(features), len(rules))]
    joined = {name: np.concatenate(columns) for name, columns in zip(names, zip(*parts, strict=True), strict=True)}
    young = (joined["at"] >= moment.at - moment.maturity) & np.isin(joined["seq"], known.target[known.desk])
    weight = (np.where(joined["fraud"], 1.0, 1 / share) * np.where(young, YOUNG, 1.0)).astype(np.float32)
    return Training(moment=moment, features=tuple(features), rules=rules, weight=weight, **joined)


def _truth(block: Block, known: Judged, moment: Moment, window: int) -> tuple[Bools, Bools, Array]:
    """Per row: whether its truth is known, whether it is fraud, and the seq that said so."""
    told, code = np.zeros(len(block.seq), np.int64), np.zeros(len(block.seq), np.uint8)
    row = np.searchsorted(block.seq, known.target)
    here = np.flatnonzero(block.seq[np.minimum(row, len(block.seq) - 1)] == known.target)
    told[row[here]], code[row[here]] = known.seq[here], known.code[here]
    due = (block.seq < moment.seq) & (block.at >= moment.at - window)
    judged = (code == Judgement.FRAUD) | (code == Judgement.LEGIT)
    silent = (code == 0) | (code == Judgement.WITHDRAWN)
    aged = silent & (block.at < moment.at - moment.maturity)
    return due & (judged | aged), code == Judgement.FRAUD, told * judged


def _part(
    block: Block, rows: Array, fraud: Bools, told: Array, features: Sequence[str], rules: Sequence[str]
) -> tuple[Array, ...]:
    matrix = np.full((len(rows), len(features)), np.nan, np.float32)
    values = unpacked(block.rows[rows])
    if tuple(features) == block.features:
        matrix = values
    else:
        for place, name in enumerate(features):
            if name in block.features:
                matrix[:, place] = values[:, block.features.index(name)]
    fired = np.zeros((len(rows), len(rules)), bool)
    fired[:, [rules.index(rule) for rule in block.rules]] = np.unpackbits(
        block.fired[rows], axis=1, count=len(block.rules)
    )
    return block.seq[rows], block.at[rows], matrix, fired, fraud, told


def _nothing(features: int, rules: int) -> tuple[Array, ...]:
    return (
        np.empty(0, np.int64),
        np.empty(0, np.int64),
        np.empty((0, features), np.float32),
        np.empty((0, rules), bool),
        np.empty(0, bool),
        np.empty(0, np.int64),
    )


def hashed(seq: Array) -> Array:
    """A number in 0..1 for each seq, spread evenly (the finaliser of SplitMix64, Steele and others 2014)."""
    mixed = seq.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((mixed ^ (mixed >> np.uint64(31))) / 2.0**64)


def judged(rows: Iterable[tuple[int, int, int, int]]) -> Judged:
    """Labels as columns, from (seq, seq of the transaction, Judgement, 1 of a desk) in the feed's order."""
    table = np.array(list(rows), np.int64).reshape(-1, 4)
    return Judged(table[:, 0], table[:, 1], table[:, 2].astype(np.uint8), table[:, 3] > 0)
