"""What a recorded stream says of its transactions, frauds included: the truth that a run is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from console.bench.protocol import Rows
from console.core.instants import DAY
from console.sandbox.mapping import Mapping, shipped_mapping
from console.sandbox.recording import account_id, columns_of, transaction_id

Array = NDArray[Any]


@dataclass(frozen=True)
class Stream:
    """One element a transaction, in order. `occurred_at` is in µs, `account` a position in `account_ids`."""

    mapping: Mapping
    number: Array
    occurred_at: Array
    account: Array
    fraud: Array
    account_ids: list[str]

    @cached_property
    def day(self) -> Array:
        """Whole days since midnight before the first transaction."""
        return np.asarray(self.occurred_at // DAY - self.occurred_at[0] // DAY)

    def date(self, day: int) -> str:
        """The date of a day's number."""
        return str(np.datetime64(int(self.occurred_at[0] // DAY) + day, "D"))

    def scored(self, scores: dict[str, float]) -> Rows:
        """The rows to judge. Raises ValueError when a transaction has no score."""
        found = [scores.get(transaction_id(number)) for number in self.number.tolist()]
        missing = found.count(None)
        if missing:
            raise ValueError(f"{missing} transactions of the stream have no score in the mirror")
        return Rows(self.day, self.account, self.fraud, np.array(found, np.float64))


def read_stream(path: Path) -> Stream:
    """Read a stream that a shipped mapping fits. Raises OSError, ValueError when none does or it tells no frauds."""
    mapping = shipped_mapping(columns_of(path))
    columns = mapping.columns
    if columns.fraud is None:
        raise ValueError(f"{path} does not say which transactions are frauds")
    table = _table(path, [name for name in (columns.id, columns.account, columns.occurred_at, columns.fraud) if name])
    accounts, place = np.unique(table.column(columns.account).to_numpy(), return_inverse=True)
    number = table.column(columns.id).to_numpy() if columns.id else np.arange(table.num_rows)
    return Stream(
        mapping,
        number,
        pc.cast(pc.cast(table.column(columns.occurred_at), pa.timestamp("us")), pa.int64()).to_numpy(),
        place,
        table.column(columns.fraud).to_numpy().astype(bool),
        [account_id(cell) for cell in accounts.tolist()],
    )


def _table(path: Path, names: list[str]) -> pa.Table:
    if path.suffix == ".parquet":
        return pa.parquet.read_table(path, columns=names)
    return pa.csv.read_csv(path, convert_options=pa.csv.ConvertOptions(include_columns=names))
