"""A recorded stream as ready-made changes: transactions in order, each label at its exact place among them.

Deterministic: the same file, mapping and options give the same changes, byte for byte.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from console.core.instants import DAY, Instant, wire
from console.core.messages import Account, Customer, Label, Limits, Location, Merchant, Message, Ref, encode
from console.sandbox.bank.log import CODES, Recorded
from console.sandbox.mapping import Mapping

TRANSACTION = CODES["transaction"]
BATCH = 8_192
"""Rows read at a time."""


_PLAIN = re.compile(r"[A-Za-z0-9_.:-]{1,68}\Z")


class Row(NamedTuple):
    """One recorded transaction, cell by cell; `when` is `occurred_at` in the contract's form."""

    number: int
    account: str
    occurred_at: int
    when: str
    amount_minor: int
    merchant: Any
    category: Any
    lat: float | None
    lon: float | None
    home_lat: float | None
    home_lon: float | None
    fraud: Any


class Recording:
    """A parquet or CSV file under a mapping. Iterating yields changes (`Recorded`) from the first to the last label."""

    def __init__(
        self, path: Path, mapping: Mapping, *, label_delay_days: float = 7.0, limit: int | None = None
    ) -> None:
        self.path = path
        self.mapping = mapping
        self.label_delay = round(label_delay_days * DAY)
        self.limit = limit
        self._merchants = _Merchants(mapping)

    @property
    def epoch(self) -> str:
        """A name that is the same for the same stream and options."""
        parts = (self.path.name, self.path.stat().st_size, self.label_delay, self.limit)
        text = repr(parts).encode() + msgspec.json.encode(self.mapping)
        return f"replay-{blake2b(text, digest_size=6).hexdigest()}"

    def __iter__(self) -> Iterator[Recorded]:
        known: set[str] = set()
        labels: deque[tuple[int, Row]] = deque()
        recorded_at = 0
        for row in self._rows():
            recorded_at = max(recorded_at, row.occurred_at)
            while labels and labels[0][0] < recorded_at:
                due, judged = labels.popleft()
                yield _label(judged, due)
            if row.account not in known:
                known.add(row.account)
                yield from self._opened(row, recorded_at)
            yield self._transaction(row, recorded_at)
            if row.fraud:
                labels.append((recorded_at + self.label_delay, row))
        for due, judged in labels:
            yield _label(judged, due)

    def _rows(self) -> Iterator[Row]:
        rows = chain.from_iterable(self._read())
        return rows if self.limit is None else islice(rows, self.limit)

    def _read(self) -> Iterator[Iterator[Row]]:
        columns, begin = self.mapping.columns, 0
        for batch in self._batches():
            cells = _Cells(batch)
            when = pc.cast(batch.column(columns.occurred_at), pa.timestamp("us"))
            numbers = cells.of(columns.id) if columns.id else range(begin, begin + batch.num_rows)
            begin += batch.num_rows
            fields = (
                numbers,
                [account_id(cell) for cell in cells.of(columns.account)],
                pc.cast(when, pa.int64()).to_numpy().tolist(),
                pc.strftime(when, "%Y-%m-%dT%H:%M:%SZ").to_numpy(zero_copy_only=False).tolist(),
                *(cells.of(name) for name in (columns.amount_minor, columns.merchant, columns.category)),
                *(cells.of(name) for name in (columns.merchant_lat, columns.merchant_lon)),
                *(cells.of(name) for name in (columns.home_lat, columns.home_lon, columns.fraud)),
            )
            yield map(Row._make, zip(*fields, strict=True))

    def _batches(self) -> Iterator[pa.RecordBatch]:
        names = self.mapping.columns.names()
        if self.path.suffix == ".parquet":
            yield from pa.parquet.ParquetFile(self.path).iter_batches(BATCH, columns=names)
        else:
            options = pa.csv.ConvertOptions(include_columns=names)
            yield from pa.csv.open_csv(self.path, convert_options=options)

    def _transaction(self, row: Row, recorded_at: int) -> Recorded:
        id_ = transaction_id(row.number)
        recorded = row.when if recorded_at == row.occurred_at else wire(recorded_at)
        times = f'"occurred_at":"{row.when}","recorded_at":"{recorded}"'
        head = f'"type":"transaction","op":"upsert","id":"{id_}","version":1,{times},"data":'
        return Recorded(
            TRANSACTION,
            id_,
            recorded_at,
            len(head),
            f'{head}{{"id":"{id_}","version":1,"account_id":"{row.account}","kind":"purchase","status":"posted",'
            f'"amount_minor":{row.amount_minor}{self._merchants.json(row.merchant, row.category)}'
            f'{_place(row.lat, row.lon)},{times},"posted_at":"{recorded}"}}}}',
        )

    def _opened(self, row: Row, at: int) -> Iterator[Recorded]:
        """The customer and the account, as known before their first transaction."""
        when = Instant(at)
        home = None
        if row.home_lat is not None and row.home_lon is not None:
            home = Location(lat=round(row.home_lat, 5), lon=round(row.home_lon, 5), country=self.mapping.country)
        customer = Customer(id="cus" + row.account[3:], version=1, registered_at=when, updated_at=when, home=home)
        limit = self.mapping.credit_limit_minor
        account = Account(
            id=row.account,
            version=1,
            customer_id=customer.id,
            status="active",
            credit_state="current",
            limits=Limits(
                currency=self.mapping.currency,
                credit_limit_minor=limit,
                available_minor=limit,
                balance_minor=0,
                pending_minor=0,
            ),
            holds=[],
            opened_at=when,
            updated_at=when,
        )
        yield _first("customer", customer.id, customer, at, at)
        yield _first("account", account.id, account, at, at)


def columns_of(path: Path) -> list[str]:
    """Names of the columns in a parquet or CSV file. Raises OSError or ValueError."""
    if path.suffix == ".parquet":
        return list(pa.parquet.ParquetFile(path).schema_arrow.names)
    return list(pa.csv.open_csv(path).schema.names)


def transaction_id(number: int) -> str:
    """Ordered and of fixed width, so that ids sort as the stream runs."""
    return f"txn.{number:010d}"


def _label(row: Row, due: int) -> Recorded:
    id_ = transaction_id(row.number)
    label = Label(
        id=f"lab.{id_[4:]}",
        version=1,
        target=Ref(type="transaction", id=id_),
        account_id=row.account,
        verdict="fraud",
        kind="chargeback",
        occurred_at=Instant(row.occurred_at),
        recorded_at=Instant(due),
    )
    return _first("label", label.id, label, due, row.occurred_at)


def _first(kind: str, id_: str, resource: Message, recorded_at: int, occurred_at: int) -> Recorded:
    head = (
        f'"type":"{kind}","op":"upsert","id":"{id_}","version":1,'
        f'"occurred_at":"{wire(occurred_at)}","recorded_at":"{wire(recorded_at)}","data":'
    )
    return Recorded(CODES[kind], id_, recorded_at, len(head), f"{head}{encode(resource).decode()}}}")


class _Merchants:
    """What mapping and merchant say about a transaction, as JSON members made once each."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._made: dict[tuple[Any, Any], str] = {}

    def json(self, merchant: Any, category: Any) -> str:  # noqa: ANN401 - cells: text or number
        """`,"currency":..,"channel":..` and the merchant when there is one."""
        made = self._made.get((merchant, category))
        if made is None:
            channel = self._mapping.channel_of.get(category, self._mapping.channel)
            made = f',"currency":"{self._mapping.currency}","channel":"{channel}"'
            if merchant is not None:
                made += f',"merchant":{encode(self._merchant(merchant, category)).decode()}'
            self._made[merchant, category] = made
        return made

    def _merchant(self, merchant: Any, category: Any) -> Merchant:  # noqa: ANN401 - cells: text or number
        mcc, country = self._mapping.mcc.get(category), self._mapping.country
        if isinstance(merchant, int):
            return Merchant(id=f"mer.{merchant:06d}", mcc=mcc, country=country)
        name = blake2b(str(merchant).encode(), digest_size=6).hexdigest()
        return Merchant(id=f"mer.{name}", name=str(merchant)[:256], mcc=mcc, country=country)


class _Cells:
    """One batch's columns as lists of Python values."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._batch = batch

    def of(self, name: str | None) -> list[Any]:
        """The column's values; a column that is not mapped is all None."""
        if name is None:
            return [None] * self._batch.num_rows
        column = self._batch.column(name)
        whole = column.null_count == 0
        cells: list[Any] = column.to_numpy(zero_copy_only=False).tolist() if whole else column.to_pylist()
        return cells


def account_id(cell: Any) -> str:  # noqa: ANN401 - a cell: text or number
    """The id of a recorded account."""
    if isinstance(cell, int):
        return f"acc.{cell:06d}"
    return f"acc.{cell}" if _PLAIN.match(str(cell)) else f"acc.{blake2b(str(cell).encode(), digest_size=8).hexdigest()}"


def _place(lat: float | None, lon: float | None) -> str:
    return "" if lat is None or lon is None else f',"location":{{"lat":{lat:.5f},"lon":{lon:.5f}}}'
