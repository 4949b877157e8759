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
_FORM = {len(form): np.frombuffer(form.encode(), np.uint8)[:, None] for form in FORMS}
_ZERO = ord("0")

_TENS = np.array([0, 2, 5, 8, 11, 14, 17, 20, 22, 24])
"""Where numbers of two digits stand: century, year of it, month, day, hour, minute, second, and three of a fraction."""
_LEAST = np.array([0, 0, 1, 1, 0, 0, 0, 0, 0, 0], np.uint8)[:, None]
_MOST = np.array([99, 99, 12, 31, 23, 59, 59, 99, 99, 99], np.uint8)[:, None]
_LONG = np.array([0, 0, 0, instants.DAY, instants.HOUR, instants.MINUTE, instants.SECOND, 10_000, 100, 1])
"""What one of each adds to an instant; the month's first day stands for the numbers before the day."""

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
    form = _FORM.get(len(texts[0]))
    if form is None or set(map(len, texts)) != {len(form)}:
        return None
    joined = "".join(texts)
    if not joined.isascii():
        return None
    letters = np.frombuffer(joined.encode(), np.uint8).reshape(len(texts), len(form)).T.copy()
    marks = form[:, 0] != _ZERO
    digits = letters - np.uint8(_ZERO)
    if (letters[marks] != form[marks]).any() or (digits[~marks] > 9).any():
        return None
    tens = _TENS[: np.searchsorted(_TENS, len(form) - 1)]
    return _instants(digits[tens] * np.uint8(10) + digits[tens + 1])


def _instants(numbers: NDArray[np.uint8]) -> Instants | None:
    """Instants from numbers of two digits (number, text), None when a date or time among them does not exist."""
    count = len(numbers)
    if ((numbers < _LEAST[:count]) | (numbers > _MOST[:count])).any():
        return None
    wide = numbers.astype(np.int64)
    century, year, month, day = wide[:4]
    month = (century * 100 + year) * 12 + month - 1
    if month.min() < 12 or (day > _MONTH_DAYS[month]).any():  # there is no year 0
        return None
    return np.asarray(_BEFORE_MONTH[month] + _LONG[:count] @ wide)
