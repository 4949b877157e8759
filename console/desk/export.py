"""Writing rows to a file, CSV or JSON lines: whole or not at all, readable for its owner only.

Values stand as the read interface has them: times in RFC 3339 UTC, money in minor units beside its currency, lists as
JSON text. In CSV a text that a spreadsheet would take for a formula begins with an apostrophe, and control characters
are replaced; JSON lines hold every text as it is, escaped to ASCII.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TextIO

from console.desk.written import whole

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
    with whole(to, overwrite=overwrite) as file:
        put = _csv(file, extract.columns) if form == "csv" else _json_lines(file, extract.columns)
        for part in extract.parts():
            put(part)
            written += len(part)
            if not progress(written):
                raise Cancelled
    return written


def _csv(file: TextIO, columns: Sequence[str]) -> Callable[[Sequence[Row]], None]:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    return lambda rows: writer.writerows([cell(value) for value in row] for row in rows)


def _json_lines(file: TextIO, columns: Sequence[str]) -> Callable[[Sequence[Row]], None]:
    return lambda rows: file.writelines(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows)


def cell(value: object) -> object:
    """A value as it stands in CSV."""
    if not isinstance(value, str):
        return value
    text = CONTROLS.sub("\N{REPLACEMENT CHARACTER}", value)
    return f"'{text}" if value.lstrip().startswith(FORMULA) else text
