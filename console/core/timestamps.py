"""Many of the contract's timestamps at once: texts in, an array of microseconds since 1970 out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from console.core import instants

Instants = NDArray[np.int64]
"""Microseconds since 1970-01-01T00:00:00Z."""

FORMS = ("0000-00-00T00:00:00.000000Z", "0000-00-00T00:00:00Z")
"""What is read in bulk: the contract's form, and the same in whole seconds. A 0 stands for any digit."""
_FORM = {len(form): np.frombuffer(form.encode(), np.uint8) for form in FORMS}
_ZERO = ord("0")
_MONTH_STARTS = np.arange("0000-01", "10000-02", dtype="M8[M]").astype("M8[D]").astype(np.int64)
"""Day number of the first of each month from January of the year 0 on."""
_MONTH_DAYS = np.diff(_MONTH_STARTS)


def parse_all(texts: Sequence[str]) -> Instants:
    """What `instants.parse` says of each text. Raises ValueError when one of them is not a timestamp."""
    if not texts:
        return np.zeros(0, np.int64)
    read = _in_form(texts)
    return np.array([instants.parse(text) for text in texts], np.int64) if read is None else read


def _in_form(texts: Sequence[str]) -> Instants | None:
    """The instants of texts that all stand in one of the forms, None when one does not."""
    form = _FORM.get(len(texts[0]))
    if form is None or set(map(len, texts)) != {len(form)}:
        return None
    joined = "".join(texts)
    if not joined.isascii():
        return None
    letters = np.frombuffer(joined.encode(), np.uint8).reshape(len(texts), len(form)).T.copy()
    marks = form != _ZERO
    if (letters[marks] != form[marks, None]).any():
        return None
    digits = letters - np.uint8(_ZERO)
    if (digits[~marks] > 9).any():
        return None
    return _joined(digits)


def _joined(digits: NDArray[np.uint8]) -> Instants | None:
    """Instants from the digits by place (place, text), None when a date or time among them does not exist."""
    year, month, day = _number(digits[0:4]), _number(digits[5:7]), _number(digits[8:10])
    hour, minute, second = _number(digits[11:13]), _number(digits[14:16]), _number(digits[17:19])
    if year.min() < 1 or month.min() < 1 or month.max() > 12 or hour.max() > 23 or max(minute.max(), second.max()) > 59:
        return None
    at = year * 12 + month - 1
    if day.min() < 1 or (day > _MONTH_DAYS[at]).any():
        return None
    seconds = (_MONTH_STARTS[at] + day - 1) * 86_400 + hour * 3600 + minute * 60 + second
    return np.asarray(seconds * instants.SECOND + _number(digits[20:26]))


def _number(digits: NDArray[np.uint8]) -> Instants:
    """The number that digits spell, most significant first; 0 for none."""
    number = np.zeros(digits.shape[1], np.int64)
    for digit in digits:
        number = number * 10 + digit
    return number
