"""Checks that snapshot, feed and digest tell the same present state (contract, sections 5 and 6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from console.bench.conformance.trial import Json, Trial, data_of
from console.bench.conformance.verdict import Skipped, check, expect
from console.core.messages import Change, Digest
from store.digest import Buckets, bucket_of, bucket_sums, differing, folded

COARSE, FINE = 256, 1024


@dataclass
class Present:
    """Resources of one type by id, brought forward change by change: a change counts when its version is higher."""

    versions: dict[str, int] = field(default_factory=dict)
    data: dict[str, Json | None] = field(default_factory=dict)

    def put(self, id_: str, version: int, data: Json | None) -> None:
        if version > self.versions.get(id_, 0):
            self.versions[id_], self.data[id_] = version, data

    def take(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self.put(change.id, change.version, data_of(change))

    def living(self) -> list[tuple[str, int]]:
        return [(id_, version) for id_, version in self.versions.items() if self.data[id_] is not None]


@check("5")
async def snapshot_scan(trial: Trial) -> None:
    """A scan names one tail on all its pages, holds each id once, and gives `next` until it ends."""
    for type_ in trial.reader.meta.types:
        pages = (await trial.scan(type_)).pages
        for page in pages:
            expect(page.type == type_, f"type {type_}", page.type)
            tails = (page.tail_seq, page.tail_cursor, page.epoch)
            first = (pages[0].tail_seq, pages[0].tail_cursor, pages[0].epoch)
            expect(tails == first, f"the tail {first} on every page of {type_}", tails)
            expect(page.has_more == bool(page.next), "next where has_more is true, and only there", page.next)
        ids = (await trial.scan(type_)).items
        rows = sum(len(page.items) for page in pages)
        expect(len(ids) == rows, f"each {type_} once", f"{rows} items of {len(ids)} ids")
        telling = [id_ for id_, item in ids.items() if "allowed_commands" in item]
        expect(not telling, "no allowed_commands in a snapshot", telling[:1])


@check("5")
async def snapshot_and_feed(trial: Trial) -> None:
    """Snapshot and the feed from its tail lead to the state that the feed told from its beginning."""
    compared = 0
    for type_ in trial.reader.meta.types:
        if not (await trial.scan(type_)).whole:
            continue
        told, whole = await _told(trial, type_)
        ours = await _scanned_and_tailed(trial, type_)
        for id_, version in told.versions.items():
            seen = ours.versions.get(id_, 0)
            gone = told.data[id_] is None or not whole
            expect(seen >= version or (gone and not seen), f"{type_} {id_} at version {version}", f"version {seen}")
            same = seen != version or ours.data[id_] == told.data[id_]
            expect(same, f"{type_} {id_} version {version} as the feed told it", ours.data.get(id_))
            compared += 1
    if not compared:
        raise Skipped("nothing_to_compare")


@check("6")
async def digest(trial: Trial) -> None:
    """The digest is the sum over the state that snapshot and feed give, in coarse buckets as in fine ones."""
    compared = 0
    walked = [change for leaf in await trial.walk() for change in leaf.changes]
    for type_ in trial.reader.meta.types:
        if not (await trial.scan(type_)).whole:
            continue
        ours = await _scanned_and_tailed(trial, type_)
        ours.take(change for change in walked if change.type == type_)
        for count in (FINE, COARSE):
            compared += await _same(trial, type_, ours, count)
    if not compared:
        raise Skipped("types_long")


async def _same(trial: Trial, type_: str, ours: Present, count: int) -> int:
    """Compare one digest, leaving out buckets that changed after it; returns 1."""
    after = (await trial.scan(type_)).pages[0].tail_cursor
    theirs = (await trial.get(f"/digest/{type_}", buckets=count)).expect("200").read(Digest)
    tail = [change for change in await trial.tail(after) if change.type == type_]
    ours.take(tail)
    late = {bucket_of(change.id, count) for change in tail if change.seq > theirs.at_seq}
    sums = folded(bucket_sums(type_, ours.living(), FINE), FINE, count)
    told: Buckets = {bucket.bucket: (bucket.count, int(bucket.sum, 16)) for bucket in theirs.buckets}
    expect(theirs.bucket_count == count, f"bucket_count {count}", theirs.bucket_count)
    wrong = [bucket for bucket in differing(sums, told) if bucket not in late]
    expect(
        not wrong,
        f"{type_}: bucket {wrong[:1]} of {count} with {_shown(sums, wrong)}",
        f"{_shown(told, wrong)}, {len(wrong)} such buckets, at seq {theirs.at_seq}",
    )
    return 1


async def _told(trial: Trial, type_: str) -> tuple[Present, bool]:
    """The state by the feed alone, and whether the feed was read to its head: else it may have gone on since."""
    leaves, state = await trial.walk(), Present()
    whole = not leaves[-1].page.has_more
    state.take(change for leaf in leaves for change in leaf.changes if change.type == type_)
    if whole:
        state.take(change for change in await trial.tail(leaves[-1].page.next_cursor) if change.type == type_)
    return state, whole


async def _scanned_and_tailed(trial: Trial, type_: str) -> Present:
    """The state by snapshot and the feed after its tail."""
    scan, state = await trial.scan(type_), Present()
    for id_, item in scan.items.items():
        state.put(id_, item["version"], item)
    state.take(change for change in await trial.tail(scan.pages[0].tail_cursor) if change.type == type_)
    return state


def _shown(sums: Buckets, wrong: list[int]) -> str:
    if not wrong:
        return ""
    count, total = sums.get(wrong[0], (0, 0))
    return f"{count} of sum {total:016x}"
