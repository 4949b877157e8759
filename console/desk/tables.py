"""A file of applicants as columns: CSV, gzipped or not, and parquet. Types are inferred from all rows, not the first.

A text file is read as words: numbers, dates and words are told apart afterwards, so that no odd row ends the reading.
"""

from __future__ import annotations

import csv
import difflib
import gzip
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from console.language import tr
from console.risk.columns import Bools
from console.risk.credit.scorecard import word
from console.risk.credit.table import Column, Numbers, Words

NOTHING = ("", "na", "n/a", "nan", "null", "none", "nil", "?", "#n/a", "missing", "-", "--", "空", "无", "缺失", "未知")
"""Words that mean that there is no value, in small letters."""
BAD_WORDS = frozenset(
    "1|bad|b|default|defaulted|true|t|yes|y|charged off|delinquent|late|坏|违约|逾期|不良|是".split("|")  # noqa: SIM905
)
"""What the bad outcome is called, in small letters, where nobody says it."""
MOSTLY = 0.95
"""A column of which so much is numbers is one of numbers."""
MOST_COLUMNS = 2_000


@dataclass(frozen=True)
class Sheet:
    """The columns of a file by name, in its order, and what was noticed while they were read."""

    columns: dict[str, Column]
    rows: int
    noticed: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """The target: the rows where it is known, which of these are bad, the bad value, and why it is taken for bad."""

    known: Bools
    bad: Bools
    value: str
    why: str


def read(path: Path) -> Sheet:
    """Read a file. Raises ValueError for one that is no table, OSError for one that can't be opened."""
    import pyarrow as pa

    with path.open("rb") as file:
        start = file.read(4)
    try:
        table = _parquet(path) if start == b"PAR1" else _text(path, zipped=start[:2] == b"\x1f\x8b")
    except (pa.ArrowException, EOFError, gzip.BadGzipFile, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(tr("scorecard.unreadable", file=path.name, error=str(error).splitlines()[0][:200])) from error
    names = [word(name) for name in table.column_names]
    if len(names) > MOST_COLUMNS:
        raise ValueError(tr("scorecard.too_wide", count=len(names), most=MOST_COLUMNS))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(tr("scorecard.twice", names=", ".join(map(repr, twice[:5]))))
    columns: dict[str, Column] = {}
    noticed: list[str] = []
    for place, name in enumerate(names):
        column = _column(name or f"#{place + 1}", table.column(place), noticed.append)
        if column is not None:
            columns[column.name] = column
    return Sheet(columns, table.num_rows, tuple(noticed))


def outcome(sheet: Sheet, target: str, positive: str | None) -> Outcome:
    """The target column as good and bad. Raises ValueError when it has not two values or none of them is `positive`."""
    column = chosen(sheet, target)
    if isinstance(column, Numbers):
        known = ~np.isnan(column.values)
        values, codes = np.unique(column.values[known], return_inverse=True)
        names = [word(float(value)) for value in values[:20]]
    else:
        known = column.codes >= 0
        used, codes = np.unique(column.codes[known], return_inverse=True)
        names = [column.words[code] for code in used[:20]]
    if len(names) != 2:
        raise ValueError(tr("scorecard.not_two", target=target, count=len(names), values=", ".join(names[:5])))
    bad = codes == 1
    if positive is not None:
        if word(positive) not in names:
            raise ValueError(tr("scorecard.no_such_value", value=positive, target=target, values=", ".join(names)))
        return _called(known, bad, names, names.index(word(positive)), tr("scorecard.told"))
    by_name = [place for place, name in enumerate(names) if name.lower() in BAD_WORDS]
    if len(by_name) == 1:
        return _called(known, bad, names, by_name[0], tr("scorecard.by_name"))
    rarer = int(np.count_nonzero(bad) * 2 <= len(bad))
    return _called(known, bad, names, rarer, tr("scorecard.by_count"))


def chosen(sheet: Sheet, name: str) -> Column:
    """A column by its name. Raises ValueError that says which names are near."""
    found = sheet.columns.get(word(name))
    if found is None:
        near = difflib.get_close_matches(name, sheet.columns, 5, 0.4) or list(sheet.columns)[:5]
        raise ValueError(tr("scorecard.no_column", name=name, near=", ".join(near)))
    return found


def _called(known: Bools, second: Bools, names: Sequence[str], place: int, why: str) -> Outcome:
    return Outcome(known, second if place else ~second, names[place], why)


# ---------------------------------------------------------------- reading


def _parquet(path: Path) -> Any:  # noqa: ANN401 - pyarrow has no types
    from pyarrow import parquet

    return parquet.read_table(path)


def _text(path: Path, *, zipped: bool) -> Any:  # noqa: ANN401
    """The whole file as words, by the separator of its first line."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    raw = gzip.decompress(path.read_bytes()) if zipped else path.read_bytes()
    encoding = _encoding(raw)
    first = raw[: 1 << 16].decode(encoding, "ignore").splitlines()
    if not first:
        raise ValueError(tr("scorecard.empty", file=path.name))
    separator = max(",;\t|", key=first[0].count)
    names = next(csv.reader(first[:1], delimiter=separator))
    return arrow.read_csv(
        pa.BufferReader(raw),
        read_options=arrow.ReadOptions(
            encoding=encoding, column_names=[f"{at}" for at in range(len(names))], skip_rows=1
        ),
        parse_options=arrow.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=arrow.ConvertOptions(
            column_types={f"{at}": pa.string() for at in range(len(names))}, strings_can_be_null=True, null_values=[""]
        ),
    ).rename_columns([name.removeprefix("\ufeff") for name in names])


def _encoding(raw: bytes) -> str:
    """UTF-8, else what Chinese systems of before it write."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _column(name: str, told: Any, notice: Callable[[str], None]) -> Column | None:  # noqa: ANN401
    """A column of the file as numbers or words; None, and a word about it, where it is neither."""
    import pyarrow as pa

    kind = told.type.value_type if pa.types.is_dictionary(told.type) else told.type
    if pa.types.is_boolean(kind):
        return _words(name, told.cast(pa.string()))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _numbers(name, told.cast(pa.float64()))
    if pa.types.is_temporal(kind) and not pa.types.is_duration(kind) and not pa.types.is_time(kind):
        notice(tr("scorecard.date", name=name))
        return _days(name, told)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return _inferred(name, told.cast(pa.string()), notice)
    notice(tr("scorecard.no_values", name=name, kind=str(kind)[:40]))
    return None


def _numbers(name: str, told: Any) -> Numbers:  # noqa: ANN401
    values = np.array(told.to_numpy(zero_copy_only=False), np.float64)
    values[~np.isfinite(values)] = np.nan
    return Numbers(name, values)


def _days(name: str, told: Any) -> Numbers:  # noqa: ANN401
    """Days since 1970 and their fractions."""
    import pyarrow as pa

    moments = told.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False).astype("M8[us]")
    days = (moments - np.datetime64(0, "us")) / np.timedelta64(1, "D")
    return Numbers(name, np.array(days, np.float64))


def _words(name: str, told: Any) -> Words:  # noqa: ANN401
    """Words as they are compared, numbered in the order of their letters."""
    import pyarrow as pa

    coded = told.combine_chunks().dictionary_encode()
    coded = coded if isinstance(coded, pa.DictionaryArray) else coded.chunk(0)
    spelled = [word(each) for each in coded.dictionary.to_pylist()]
    words = sorted({each for each in spelled if each.lower() not in NOTHING})
    place = {each: at for at, each in enumerate(words)}
    lookup = np.array([*(place.get(each, -1) for each in spelled), -1], np.intp)
    codes = coded.indices.fill_null(len(spelled)).to_numpy(zero_copy_only=False).astype(np.intp)
    return Words(name, lookup[codes], tuple(words))


def _inferred(name: str, told: Any, notice: Callable[[str], None]) -> Column:  # noqa: ANN401
    """Words, unless nearly all of them are numbers or all of them are days."""
    spelled = _words(name, told)
    known = spelled.codes >= 0
    if not known.any():
        return Numbers(name, np.full(len(known), np.nan))
    read = np.array([*_read(spelled.words), np.nan])
    values = read[spelled.codes]
    share = np.isfinite(values[known]).mean()
    if share >= MOSTLY and not any(_padded(each) for each in spelled.words):
        odd = [each for each, value in zip(spelled.words, read, strict=False) if not np.isfinite(value)]
        if odd:
            notice(
                tr(
                    "scorecard.odd",
                    name=name,
                    count=int((share * -1 + 1) * known.sum() + 0.5),
                    words=", ".join(odd[:3]),
                )
            )
        return Numbers(name, values)
    days = _moments(spelled.words)
    if days is not None:
        notice(tr("scorecard.date", name=name))
        return Numbers(name, np.array([*days, np.nan])[spelled.codes])
    return spelled


def _read(words: Sequence[str]) -> Iterator[float]:
    """Each word as a number, NaN where it is none."""
    for each in words:
        try:
            value = float(each) if "_" not in each else np.nan
        except ValueError:
            value = np.nan
        yield value if np.isfinite(value) else np.nan


def _padded(text: str) -> bool:
    """A code that only looks like a number: 007."""
    return len(text) > 1 and text[0] == "0" and text.isdigit()


def _moments(words: Sequence[str]) -> Sequence[float] | None:
    """Days since 1970 where all words are ISO dates or times, else None."""
    if not all(len(each) >= 10 and each[:4].isdigit() and each[4] in "-/" for each in words):
        return None
    try:
        moments = [np.datetime64(each[:26].replace("/", "-").removesuffix("Z"), "us") for each in words]
    except ValueError:
        return None
    return [float((each - np.datetime64(0, "us")) / np.timedelta64(1, "D")) for each in moments]
