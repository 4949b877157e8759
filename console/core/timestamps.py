"""Many of the contract's timestamps at once: texts in, an array of microseconds since 1970 out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from console.core import instants

Instants = NDArray[np.int64]
"""Microseconds since 1970-01-01T00:00:00Z."""

FORMS = ("0000-00-00T00:00:00.000000Z", "0000-00-00T00:00:00Z")
"""What is read in bulk: the contract's form, and the same in whole seconds. A 0 stands for any digit."""
_ZERO = ord("0")
_TENS = [0, 2, 5, 8, 11, 14, 17, 20, 22, 24]
"""Where numbers of two digits stand: century, year of it, month, day, hour, minute, second, and three of a fraction."""
_LEAST = [0, 0, 1, 1, 0, 0, 0, 0, 0, 0]
_MOST = [99, 99, 12, 31, 23, 59, 59, 99, 99, 99]
_LONG = [0, 0, 0, instants.DAY, instants.HOUR, instants.MINUTE, instants.SECOND, 10_000, 100, 1]
"""What one of each adds to an instant; the month stands for the numbers before the day."""


class _Form:
    """Texts of one form: the least and the most that each letter may be above a 0, and each number of two digits."""

    def __init__(self, form: str) -> None:
        letters = np.frombuffer(form.encode(), np.uint8)[:, None]
        self.least = letters - np.uint8(_ZERO)
        self.most = np.where(letters == _ZERO, np.uint8(9), self.least)
        self.tens = np.array([place for place in _TENS if place < len(form) - 1])
        self.units = self.tens + 1
        self.least_number, self.most_number = (
            np.array(bounds[: len(self.tens)], np.uint8)[:, None] for bounds in (_LEAST, _MOST)
        )
        self.long = np.array(_LONG[: len(self.tens)])


_FORMS = {len(form): _Form(form) for form in FORMS}

_MONTH_STARTS = np.arange("0000-01", "10000-02", dtype="M8[M]").astype("M8[D]").astype(np.int64)
"""Day number of the first of each month from January of the year 0 on."""
_MONTH_DAYS = np.diff(_MONTH_STARTS)
_BEFORE_MONTH = (_MONTH_STARTS - 1) * instants.DAY
"""The instant a day before each month."""


def parse_all(texts: Sequence[str]) -> Instants:
    """What `instants.parse` says of each text. Raises ValueError when one of them is not a timestamp."""
    read = _in_form(texts)
    return np.array([instants.parse(text) for text in texts], np.int64) if read is None else read


def parse_columns(columns: Mapping[str, Sequence[str]]) -> dict[str, Instants]:
    """`parse_all` of each column. Raises ValueError, with the column's name, when a text is not a timestamp."""
    together = _in_form(list(chain.from_iterable(columns.values())))
    if together is None:
        return {name: _parse_column(name, texts) for name, texts in columns.items()}
    read, end = {}, 0
    for name, texts in columns.items():
        read[name], end = together[end : end + len(texts)], end + len(texts)
    return read


def _parse_column(name: str, texts: Sequence[str]) -> Instants:
    try:
        return parse_all(texts)
    except ValueError as error:
        raise ValueError(f"{error} - at `$.{name}`") from error


def _in_form(texts: Sequence[str]) -> Instants | None:
    """The instants of texts that all stand in one of the forms, None when one does not."""
    if not texts:
        return np.zeros(0, np.int64)
    form = _FORMS.get(len(texts[0]))
    if form is None or set(map(len, texts)) != {len(form.least)}:
        return None
    joined = "".join(texts)
    if not joined.isascii():
        return None
    letters = np.frombuffer(joined.encode(), np.uint8).reshape(len(texts), len(form.least)).T.copy()
    letters -= np.uint8(_ZERO)  # whatever lies before the 0 comes out above all others
    if _beyond(letters, form.least, form.most):
        return None
    numbers = letters[form.tens] * np.uint8(10) + letters[form.units]
    if _beyond(numbers, form.least_number, form.most_number):
        return None
    return _instants(numbers.astype(np.int64), form.long)


def _beyond(numbers: NDArray[np.uint8], least: NDArray[np.uint8], most: NDArray[np.uint8]) -> bool:
    return bool(((numbers < least) | (numbers > most)).any())


def _instants(numbers: Instants, long: Instants) -> Instants | None:
    """Instants from numbers (number, text), each so many µs `long`; None when a date among them does not exist."""
    century, year, month, day = numbers[:4]
    month = (century * 100 + year) * 12 + month - 1
    if month.min() < 12 or (day > _MONTH_DAYS[month]).any():  # there is no year 0
        return None
    return np.asarray(_BEFORE_MONTH[month] + long @ numbers)
