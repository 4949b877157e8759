"""Recorded streams: what travels, in which order, the same each time; demand, pace and restarts."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.core import instants
from console.core.instants import DAY
from console.sandbox.mapping import read_mapping, shipped_mapping
from console.sandbox.recording import Recording, columns_of
from console.sandbox.run import Sandbox, SandboxOptions

BEGIN = datetime(2018, 4, 1)


def stream(
    path: Path, rows: int = 60, every: timedelta = timedelta(hours=6), frauds: tuple[int, ...] = (2, 3, 40)
) -> Path:
    """A small stream in the handbook's columns; its `scenario` must never travel."""
    table = pa.table(
        {
            "transaction_id": pa.array(range(rows), pa.int32()),
            "occurred_at": pa.array([BEGIN + every * n for n in range(rows)], pa.timestamp("ms")),
            "account_id": pa.array([n % 7 for n in range(rows)], pa.int16()),
            "terminal_id": pa.array([n % 11 for n in range(rows)], pa.int16()),
            "amount_minor": pa.array([100 + n for n in range(rows)], pa.int32()),
            "fraud": pa.array([int(n in frauds) for n in range(rows)], pa.int8()),
            "scenario": pa.array([77 if n in frauds else 0 for n in range(rows)], pa.int8()),
        }
    )
    if path.suffix == ".parquet":
        pa.parquet.write_table(table, path)
    else:
        pa.csv.write_csv(table, path)
    return path


@pytest.fixture(params=["stream.parquet", "stream.csv"])
def recorded(request, tmp_path):
    return stream(tmp_path / request.param)


def drain(origin: str, limit: int = 7, after: str | None = None) -> list[dict]:
    """Every page until nothing more is to come."""
    found = []
    with httpx.Client(base_url=f"{origin}/core/v1", timeout=20) as http:
        while True:
            query = {"limit": limit} | ({"after": after} if after else {})
            page = http.get("/changes", params=query).json()
            found.append(page)
            after = page["next_cursor"]
            if not page["has_more"]:
                return found


def test_a_stream_arrives_whole_in_order_with_each_label_at_its_place(recorded):
    with Sandbox(SandboxOptions(replay=recorded)) as sandbox:
        pages = drain(sandbox.origin)
    changes = [change for page in pages for change in page["changes"]]
    assert [change["seq"] for change in changes] == list(range(1, len(changes) + 1))
    assert [change["recorded_at"] for change in changes] == sorted(change["recorded_at"] for change in changes)
    kinds = [change["type"] for change in changes]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "customer": 7,
        "account": 7,
        "transaction": 60,
        "label": 3,
    }
    for label in (change for change in changes if change["type"] == "label"):
        judged = label["data"]["target"]["id"]
        (bought,) = [change for change in changes if change["id"] == judged]
        due = instants.wire(instants.parse(bought["recorded_at"]) + 7 * DAY)
        assert (label["recorded_at"], label["occurred_at"]) == (due, bought["occurred_at"])
        before = [change for change in changes[: label["seq"] - 1] if change["type"] == "transaction"]
        after = [change for change in changes[label["seq"] :] if change["type"] == "transaction"]
        assert all(change["recorded_at"] <= due for change in before)
        assert all(change["recorded_at"] > due for change in after)


def test_accounts_come_before_their_first_transaction(recorded):
    known = set()
    with Sandbox(SandboxOptions(replay=recorded, limit=20)) as sandbox:
        for change in (change for page in drain(sandbox.origin) for change in page["changes"]):
            if change["type"] == "account":
                assert change["data"]["customer_id"] in known
            if change["type"] == "transaction":
                assert change["data"]["account_id"] in known
            known.add(change["id"])


def test_only_mapped_columns_travel_and_fraud_only_as_a_label(recorded):
    with Sandbox(SandboxOptions(replay=recorded)) as sandbox:
        text = httpx.get(f"{sandbox.origin}/core/v1/changes", params={"types": "transaction,account,customer"}).text
        assert "fraud" not in text
        assert "scenario" not in httpx.get(f"{sandbox.origin}/core/v1/changes").text


def test_two_runs_are_equal_to_the_byte(recorded):
    feeds = []
    for limit in (7, 7, 1000):
        with Sandbox(SandboxOptions(replay=recorded)) as sandbox:
            pages = drain(sandbox.origin, limit)
            feeds.append((pages[0]["epoch"], [c for page in pages for c in page["changes"]]))
    assert feeds[0] == feeds[1] == feeds[2]


def test_options_that_change_the_feed_change_its_epoch(recorded, tmp_path):
    mapping = shipped_mapping(columns_of(recorded))
    runs = [Recording(recorded, mapping), Recording(recorded, mapping, label_delay_days=1)]
    runs.append(Recording(recorded, mapping, limit=5))
    assert len({run.epoch for run in runs}) == 3


def test_a_cursor_of_an_earlier_run_goes_on_in_the_next(recorded):
    with Sandbox(SandboxOptions(replay=recorded)) as sandbox:
        whole = [change for page in drain(sandbox.origin) for change in page["changes"]]
        cursor = sandbox.bank.log.cursor(30)
    with Sandbox(SandboxOptions(replay=recorded)) as sandbox:
        rest = [change for page in drain(sandbox.origin, after=cursor) for change in page["changes"]]
    assert rest == whole[30:]


def test_a_kept_replay_goes_on_where_it_stopped(recorded, tmp_path):
    options = SandboxOptions(replay=recorded, data=tmp_path / "kept")
    with Sandbox(SandboxOptions(replay=recorded)) as sandbox:
        whole = [change for page in drain(sandbox.origin) for change in page["changes"]]
    with Sandbox(options) as sandbox:
        httpx.get(f"{sandbox.origin}/core/v1/changes", params={"limit": 1})
    with Sandbox(options) as sandbox:
        assert [change for page in drain(sandbox.origin) for change in page["changes"]] == whole


def test_a_replay_that_is_kept_whole_is_only_served(recorded, tmp_path):
    options = SandboxOptions(replay=recorded, data=tmp_path / "kept")
    with Sandbox(options) as sandbox:
        whole = [change for page in drain(sandbox.origin) for change in page["changes"]]
    with Sandbox(options) as sandbox:
        [page] = drain(sandbox.origin, limit=len(whole))
    assert page["changes"] == whole


def test_has_more_says_that_the_stream_is_not_over(recorded):
    with Sandbox(SandboxOptions(replay=recorded)) as sandbox:
        pages = drain(sandbox.origin, limit=50)
        assert [page["has_more"] for page in pages] == [True, False]
        assert pages[-1]["watermark"] == pages[-1]["changes"][-1]["recorded_at"]


def test_a_paced_stream_follows_the_clock(recorded):
    """A day takes about 1.7 s of wall time: not everything is there at once, all of it is in the end."""
    with Sandbox(SandboxOptions(replay=recorded, speed=5e6, limit=40)) as sandbox:
        with httpx.Client(base_url=f"{sandbox.origin}/core/v1", timeout=20) as http:
            seen, after = [], None
            while len([change for change in seen if change["type"] == "transaction"]) < 40:
                page = http.get("/changes", params={"wait_s": 10} | ({"after": after} if after else {})).json()
                assert page["changes"]
                seen += page["changes"]
                after = page["next_cursor"]
        assert [change["seq"] for change in seen] == list(range(1, len(seen) + 1))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gaps=st.lists(st.integers(0, 3 * 86_400), min_size=1, max_size=30),
    frauds=st.sets(st.integers(0, 29)),
    delay=st.sampled_from([0.0, 0.5, 1.0, 7.0]),
)
def test_labels_keep_their_place_whatever_the_stream(tmp_path, gaps, frauds, delay):
    when, rows = BEGIN, []
    for number, gap in enumerate(gaps):
        when += timedelta(seconds=gap)
        rows.append((number, when, number % 3, 1, 100, int(number in frauds)))
    names = ("transaction_id", "occurred_at", "account_id", "terminal_id", "amount_minor", "fraud")
    path = tmp_path / "any.parquet"
    pa.parquet.write_table(pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))), path)
    entries = list(Recording(path, shipped_mapping(columns_of(path)), label_delay_days=delay))
    assert [entry.recorded_at for entry in entries] == sorted(entry.recorded_at for entry in entries)
    ids = [entry.id for entry in entries]
    assert len([id_ for id_ in ids if id_.startswith("lab.")]) == len([n for n in frauds if n < len(gaps)])
    for number in (n for n in frauds if n < len(gaps)):
        assert ids.index(f"lab.{number:010d}") > ids.index(f"txn.{number:010d}")


def test_places_categories_and_merchants_are_mapped(tmp_path):
    path = tmp_path / "places.parquet"
    columns = {
        "transaction_id": [0, 1],
        "occurred_at": pa.array([BEGIN, BEGIN], pa.timestamp("ms")),
        "account_id": [5, 5],
        "home_lat": pa.array([40.5, 40.5], pa.float32()),
        "home_lon": pa.array([-80.25, -80.25], pa.float32()),
        "category": ["grocery_net", "travel"],
        "amount_minor": [1, 2],
        "merchant": ['O"Hara [b]', "Zoë"],
        "merchant_lat": pa.array([41.5, None], pa.float32()),
        "merchant_lon": pa.array([-81.25, None], pa.float32()),
        "fraud": [0, 0],
    }
    pa.parquet.write_table(pa.table(columns), path)
    with Sandbox(SandboxOptions(replay=path)) as sandbox:
        customer, account, one, two = [c["data"] for c in drain(sandbox.origin)[0]["changes"]]
        items = httpx.get(f"{sandbox.origin}/core/v1/transactions", params={"account_id": account["id"]}).json()[
            "items"
        ]
    assert customer["home"] == {"lat": 40.5, "lon": -80.25, "country": "US"}
    assert (one["merchant"]["name"], one["merchant"]["mcc"], one["channel"]) == ('O"Hara [b]', "5411", "ecom")
    assert one["location"] == {"lat": 41.5, "lon": -81.25}
    assert (two["merchant"]["name"], two["channel"], "location" in two) == ("Zoë", "pos", False)
    assert [item["id"] for item in items] == [two["id"], one["id"]]


def test_a_stream_that_no_mapping_fits_is_refused(tmp_path):
    pa.parquet.write_table(pa.table({"a": [1]}), tmp_path / "odd.parquet")
    with pytest.raises(ValueError, match="--map"), Sandbox(SandboxOptions(replay=tmp_path / "odd.parquet")):
        pass


def test_a_stream_that_breaks_never_looks_complete(tmp_path):
    path = tmp_path / "torn.csv"
    rows = [f"{n},2018-04-01 00:00:{n % 60:02d},1,1,100,0" for n in range(40_000)]
    names = "transaction_id,occurred_at,account_id,terminal_id,amount_minor,fraud"
    path.write_text("\n".join([names, *rows, "one,too,few"]))
    with pytest.raises(ValueError, match="Expected"), Sandbox(SandboxOptions(replay=path)) as sandbox:
        url, query = f"{sandbox.origin}/core/v1/changes", {"limit": 10_000}
        with contextlib.suppress(httpx.TransportError):
            while (answer := httpx.get(url, params=query)).status_code == 200:
                assert answer.json()["has_more"]
                query["after"] = answer.json()["next_cursor"]


def test_a_mapping_with_a_typo_is_refused(tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text('name = "x"\ncurrency = "EUR"\ncredit_limit_minor = 1\n[columns]\naccuont = "a"\n')
    with pytest.raises(ValueError, match="accuont"):
        read_mapping(bad)


def test_silence_means_legit_once_every_label_is_out(recorded):
    with Sandbox(SandboxOptions(replay=recorded, label_delay_days=2.5)) as sandbox:
        meta = httpx.get(f"{sandbox.origin}/core/v1/meta").json()
    assert meta["labels"]["maturity_s"] == 2.5 * 86_400
