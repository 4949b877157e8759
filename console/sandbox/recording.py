"""A recorded stream as ready-made changes: transactions in order, each label at its exact place among them.

Deterministic: the same file, mapping and options give the same changes, byte for byte.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from hashlib import blake2b
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

BATCH = 8_192
"""Rows read at a time."""


_PLAIN = re.compile(r"[A-Za-z0-9_.:-]{1,68}\Z")


class Row(NamedTuple):
    """One recorded transaction. `place` and `merchant` are JSON, `home` is (lat, lon)."""

    number: int
    account: str
    occurred_at: int
    occurred_text: str
    amount_minor: int
    merchant: str
    channel: str
    place: str
    home: tuple[float, float] | None
    fraud: bool


class Recording:
    """A parquet or CSV file under a mapping. Iterating yields changes (`Recorded`) from the first to the last label."""

    def __init__(
        self, path: Path, mapping: Mapping, *, label_delay_days: float = 7.0, limit: int | None = None
    ) -> None:
        self.path = path
        self.mapping = mapping
        self.label_delay = round(label_delay_days * DAY)
        self.limit = limit

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

    # -------------------------------------------------------------- reading

    def _rows(self) -> Iterator[Row]:
        merchants, channels = _Merchants(self.mapping), self.mapping.channel_of
        number = 0
        for batch in self._batches():
            columns = _Columns(batch, self.mapping)
            for account, occurred, text, amount, merchant, category, place, home, fraud, id_ in columns.rows():
                if self.limit is not None and number >= self.limit:
                    return
                yield Row(
                    number if id_ is None else id_,
                    account,
                    occurred,
                    text,
                    amount,
                    merchants.json(merchant, category),
                    channels.get(category, self.mapping.channel),
                    place,
                    home,
                    bool(fraud),
                )
                number += 1

    def _batches(self) -> Iterator[pa.RecordBatch]:
        names = self.mapping.columns.names()
        if self.path.suffix == ".parquet":
            yield from pa.parquet.ParquetFile(self.path).iter_batches(BATCH, columns=names)
        else:
            options = pa.csv.ConvertOptions(include_columns=names)
            yield from pa.csv.open_csv(self.path, convert_options=options)

    # -------------------------------------------------------------- writing

    def _transaction(self, row: Row, recorded_at: int) -> Recorded:
        id_ = transaction_id(row.number)
        recorded = row.occurred_text if recorded_at == row.occurred_at else wire(recorded_at)
        times = f'"occurred_at":"{row.occurred_text}","recorded_at":"{recorded}"'
        return Recorded(
            CODES["transaction"],
            id_,
            recorded_at,
            f'"type":"transaction","op":"upsert","id":"{id_}","version":1,{times}',
            f'{{"id":"{id_}","version":1,"account_id":"{row.account}","kind":"purchase","status":"posted",'
            f'"amount_minor":{row.amount_minor},"currency":"{self.mapping.currency}",{times}{row.merchant},'
            f'"channel":"{row.channel}"{row.place},"posted_at":"{recorded}"}}',
            row.account,
            row.occurred_at,
        )

    def _opened(self, row: Row, at: int) -> Iterator[Recorded]:
        """The customer and the account, as known before their first transaction."""
        when = Instant(at)
        home = Location(lat=row.home[0], lon=row.home[1], country=self.mapping.country) if row.home else None
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
        f'"occurred_at":"{wire(occurred_at)}","recorded_at":"{wire(recorded_at)}"'
    )
    return Recorded(CODES[kind], id_, recorded_at, head, encode(resource).decode())


class _Merchants:
    """Merchants as JSON, made once each."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._made: dict[tuple[Any, Any], str] = {}

    def json(self, merchant: Any, category: Any) -> str:  # noqa: ANN401 - a cell: text or number
        if merchant is None:
            return ""
        made = self._made.get((merchant, category))
        if made is None:
            text = encode(self._merchant(merchant, category)).decode()
            made = self._made[merchant, category] = f',"merchant":{text}'
        return made

    def _merchant(self, merchant: Any, category: Any) -> Merchant:  # noqa: ANN401 - a cell: text or number
        mcc, country = self._mapping.mcc.get(category), self._mapping.country
        if isinstance(merchant, int):
            return Merchant(id=f"mer.{merchant:06d}", mcc=mcc, country=country)
        name = blake2b(str(merchant).encode(), digest_size=6).hexdigest()
        return Merchant(id=f"mer.{name}", name=str(merchant)[:256], mcc=mcc, country=country)


class _Columns:
    """One batch's mapped columns as Python values."""

    def __init__(self, batch: pa.RecordBatch, mapping: Mapping) -> None:
        self._batch = batch
        self._columns = mapping.columns

    def rows(self) -> Iterator[tuple[Any, ...]]:
        columns = self._columns
        when = pc.cast(self._batch.column(columns.occurred_at), pa.timestamp("us"))
        return zip(
            [_account_id(cell) for cell in self._cells(columns.account)],
            pc.cast(when, pa.int64()).to_pylist(),
            [text + "Z" for text in pc.strftime(when, "%Y-%m-%dT%H:%M:%S").to_pylist()],
            self._cells(columns.amount_minor),
            self._cells(columns.merchant),
            self._cells(columns.category),
            [_place(at) for at in self._pairs(columns.merchant_lat, columns.merchant_lon)],
            self._pairs(columns.home_lat, columns.home_lon),
            self._cells(columns.fraud),
            self._cells(columns.id),
            strict=True,
        )

    def _cells(self, name: str | None) -> list[Any]:
        if name is None:
            return [None] * self._batch.num_rows
        cells: list[Any] = self._batch.column(name).to_pylist()
        return cells

    def _pairs(self, lat: str | None, lon: str | None) -> list[tuple[float, float] | None]:
        pairs = zip(self._cells(lat), self._cells(lon), strict=True)
        return [None if a is None or b is None else (round(a, 5), round(b, 5)) for a, b in pairs]


def _account_id(cell: Any) -> str:  # noqa: ANN401 - a cell: text or number
    if isinstance(cell, int):
        return f"acc.{cell:06d}"
    return f"acc.{cell}" if _PLAIN.match(str(cell)) else f"acc.{blake2b(str(cell).encode(), digest_size=8).hexdigest()}"


def _place(at: tuple[float, float] | None) -> str:
    return "" if at is None else f',"location":{{"lat":{at[0]},"lon":{at[1]}}}'
