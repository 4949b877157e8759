"""Writing rows to a file, CSV or JSON lines: whole or not at all, readable for its owner only.

Values stand as the read interface has them: times in RFC 3339 UTC, money in minor units beside its currency, lists as
JSON text. In CSV a text that a spreadsheet would take for a formula begins with an apostrophe, and control characters
are replaced; JSON lines hold every text as it is, escaped to ASCII.
"""

from __future__ import annotations

import csv
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TextIO

Form = Literal["csv", "jsonl"]
FORMULA = tuple("=+-@＝＋－＠")
"""What makes a spreadsheet take a text for a formula (OWASP, CSV injection), wherever it may stand after spaces."""
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Characters that steer a terminal, or reorder or hide what stands beside them."""

Row = Sequence[Any]


class Cancelled(Exception):
    """Somebody stopped it: nothing was written."""


@dataclass(frozen=True)
class Extract:
    """Rows on their way to a file. `parts` is asked for in the thread that writes; `total` is 0 while not known."""

    columns: Sequence[str]
    parts: Callable[[], Iterable[Sequence[Row]]]
    total: int = 0


def form_of(path: Path) -> Form | None:
    """The form that a file's name asks for, None when it is none of ours."""
    forms: dict[str, Form] = {".csv": "csv", ".jsonl": "jsonl"}
    return forms.get(path.suffix.lower())


def write(extract: Extract, to: Path, *, overwrite: bool, progress: Callable[[int], bool] = lambda _: True) -> int:
    """Write all rows; their number. `progress` is told how many are written, and says whether to go on.

    Raises Cancelled when it said no, FileExistsError unless `overwrite`, OSError, ValueError for another form.
    """
    form = form_of(to)
    if form is None:
        raise ValueError(f"{to} is neither .csv nor .jsonl")
    if not overwrite and to.exists():
        raise FileExistsError(str(to))
    written = 0
    with _whole(to, overwrite) as file:
        put = _csv(file, extract.columns) if form == "csv" else _json_lines(file, extract.columns)
        for part in extract.parts():
            put(part)
            written += len(part)
            if not progress(written):
                raise Cancelled
    return written


@contextmanager
def _whole(to: Path, overwrite: bool) -> Iterator[TextIO]:
    """A file under another name, that gets its own only once all of it is on disk."""
    handle, name = tempfile.mkstemp(prefix=f".{to.name[:40]}.", suffix=".unfinished", dir=to.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if not overwrite:
            os.close(os.open(to, os.O_CREAT | os.O_EXCL, 0o600))  # fails where somebody made that file meanwhile
        unfinished.replace(to)
    finally:
        unfinished.unlink(missing_ok=True)


def _csv(file: TextIO, columns: Sequence[str]) -> Callable[[Sequence[Row]], None]:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    return lambda rows: writer.writerows([_cell(value) for value in row] for row in rows)


def _json_lines(file: TextIO, columns: Sequence[str]) -> Callable[[Sequence[Row]], None]:
    return lambda rows: file.writelines(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows)


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = CONTROLS.sub("\N{REPLACEMENT CHARACTER}", value)
    return f"'{text}" if value.lstrip().startswith(FORMULA) else text
