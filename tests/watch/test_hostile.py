"""Whatever a core sends in any field of any resource: the watcher takes it or sets it aside, and goes on."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from console.core import feed
from console.core.client import CoreClient
from console.core.feed import Page
from console.core.messages import RESOURCES, CoreMeta, decoder
from console.desk.pack_files import pack_texts
from console.paths import fixtures
from console.risk.packs import load_packs
from console.watch import rebuild
from console.watch.ingest import Ingest
from store.reader import Reader
from tests import hostile, mirrors
from tests.hostile import FIELDS, LITERALS, RAW, VALUES

META = json.loads((fixtures() / "contract/examples/meta.json").read_text())
PACK = load_packs(pack_texts(None))


@contextmanager
def ingesting() -> Iterator[tuple[Ingest, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mirror.db"
        mirrors.begin(path)
        ingest = Ingest(path, PACK)
        try:
            yield ingest, path
        finally:
            ingest.abandon()


def take(ingest: Ingest, changes: list[dict[str, Any]]) -> Page:
    """Read and apply a page that follows what was applied."""
    stored = ingest.position
    page = feed.read(hostile.page(changes, stored.seq if stored else 0), stored)
    ingest.page(page)
    return page


def seen(page: Page) -> int:
    return sum(len(lot.docs) + len(lot.deletes) for lot in page.lots.values())


def aside(path: Path) -> int:
    with closing(Reader(path)) as reader:
        return reader.quarantined()


def counted_on(ingest: Ingest, path: Path, page: Page, changes: int) -> None:
    """Each change was taken or set aside, and is counted; what comes after it is taken."""
    assert seen(page) + len(page.spoiled) == changes
    assert ingest.position == page.position
    calm = [hostile.change(type_, hostile.whole(type_, 9)) for type_ in RESOURCES]
    assert not take(ingest, calm).spoiled
    assert aside(path) == len(page.spoiled)


def test_what_is_as_the_contract_says_is_all_taken() -> None:
    with ingesting() as (ingest, path):
        page = take(ingest, [hostile.change(type_, hostile.whole(type_)) for type_ in RESOURCES])
        assert page.spoiled == []
        counted_on(ingest, path, page, len(RESOURCES))


@pytest.mark.parametrize("type_", RESOURCES)
def test_every_value_in_every_field_is_taken_or_set_aside(type_: str) -> None:
    told: list[dict[str, Any]] = []
    for path in (path for of, path in FIELDS if of == type_):
        for value in VALUES:
            doc = hostile.whole(type_, 100 + len(told))
            told.append(hostile.change(type_, hostile.put(doc, path, value)))
    with ingesting() as (ingest, path):
        counted_on(ingest, path, take(ingest, told), len(told))
        before = ingest.position
        ingest.abandon()
        restarted = Ingest(path, PACK)
        assert restarted.position == before
        restarted.close()


def test_what_is_no_json_spoils_its_own_change_only() -> None:
    with ingesting() as (ingest, path):
        told = []
        for number, (type_, place) in enumerate(FIELDS):
            literal = LITERALS[number % len(LITERALS)]
            told.append(hostile.change(type_, hostile.put(hostile.whole(type_, number), place, RAW + literal)))
        balanced = [change for change in told if not _tears(change)]
        counted_on(ingest, path, take(ingest, balanced), len(balanced))


def _tears(change: dict[str, Any]) -> bool:
    """Whether a literal leaves a bracket or a text open: then nobody can tell where the change ends."""
    return any(repr(RAW + literal) in repr(change) for literal in ('"a', "{", "]", '{"a":1'))


ANY = (
    st.sampled_from(VALUES)
    | st.text(max_size=200)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.recursive(st.none() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3), max_leaves=6)
)


TOLD = ("type", "op", "id", "version", "occurred_at", "recorded_at")


@st.composite
def spoiled_changes(draw: st.DrawFn) -> dict[str, Any]:
    """A change of any type, with anything in up to three of its fields or in what the change says of itself."""
    type_ = draw(st.sampled_from(list(RESOURCES)))
    doc = hostile.whole(type_, draw(st.integers(1, 4))) | {"version": draw(st.integers(1, 5))}
    places = [path for of, path in FIELDS if of == type_ and path != ("version",)]
    for path in draw(st.lists(st.sampled_from(places), max_size=3)):
        try:
            doc = hostile.put(doc, path, draw(ANY))
        except (TypeError, KeyError, IndexError):
            continue  # what held that field is something else by now
    told = draw(st.dictionaries(st.sampled_from(TOLD), ANY, max_size=1))
    if draw(st.integers(0, 9)) == 0:
        told |= {"op": "delete"}
    return hostile.change(type_, doc, **told)


@settings(max_examples=50, deadline=None, phases=[Phase.reuse, Phase.generate])
@given(st.lists(spoiled_changes(), min_size=1, max_size=25), st.booleans())
def test_anything_anywhere_is_taken_or_set_aside_and_the_feed_goes_on(told: list[dict[str, Any]], again: bool) -> None:
    with ingesting() as (ingest, _):
        first = take(ingest, told)
        if again:
            take(ingest, told)
        assert seen(first) + len(first.spoiled) == len(told)
        calm = [hostile.change(type_, hostile.whole(type_, 9)) for type_ in RESOURCES]
        assert not take(ingest, calm).spoiled


# ---------------------------------------------------------------- in a snapshot


async def test_a_snapshot_sets_aside_what_it_can_not_take_and_says_its_name() -> None:
    spoiled = {
        "amount_minor": RAW + "NaN",
        "channel": RAW + '"\\ud800"',
        "id": "a\x00b",
        "kind": RAW + "[" * 3000 + "]" * 3000,
    }
    items = [hostile.whole("transaction", number) for number in range(8)]
    items += [
        hostile.put(hostile.whole("transaction", 10 + n), (name,), value)
        for n, (name, value) in enumerate(spoiled.items())
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        scanned = request.url.path.rpartition("/")[2]
        body = {"epoch": META["feed"]["epoch"], "type": scanned, "tail_cursor": "c", "tail_seq": 5, "has_more": False}
        text = json.dumps(body | {"items": items if scanned == "transaction" else []})
        return httpx.Response(200, content=hostile.bare(text), headers={"Content-Type": "application/json"})

    meta: CoreMeta = decoder(CoreMeta).decode(json.dumps(META))
    with ingesting() as (ingest, path):

        async def run(work: Callable[..., Any], *arguments: Any) -> Any:
            return work(*arguments)

        async with CoreClient("http://127.0.0.1:9", lambda: None, httpx.MockTransport(answer)) as client:
            await rebuild.from_snapshots(client, meta, ingest, run)
        assert ingest.position is not None
        with closing(Reader(path)) as reader:
            taken, aside = reader.rows("SELECT count(*) FROM txn"), reader.rows("SELECT id, reason FROM quarantine")
        assert taken == [(8,)]
        assert {name for name, _ in aside} == {"transaction.10", "transaction.11", "a\x00b", "transaction.13"}
