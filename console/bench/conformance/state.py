"""Checks that snapshot, feed and digest tell the same present state (contract, sections 5 and 6)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from console.bench.conformance.trial import Json, Scan, Trial, data_of
from console.bench.conformance.verdict import Skipped, check, expect
from console.core.messages import Change, Digest
from store.digest import Buckets, bucket_of, bucket_sums, differing

COARSE, FINE = 256, 1024


@dataclass
class Present:
    """Resources of one type by id, brought forward change by change: a change counts when its version is higher."""

    versions: dict[str, int] = field(default_factory=dict)
    data: dict[str, Json | None] = field(default_factory=dict)

    def put(self, id_: str, version: int, data: Json | None) -> None:
        if version > self.versions.get(id_, 0):
            self.versions[id_], self.data[id_] = version, data

    def take(self, change: Change) -> None:
        self.put(change.id, change.version, None if change.op == "delete" else data_of(change))

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
    scans = await _scans(trial)
    told, whole = await _told(trial)
    ours = await _scanned_and_tailed(trial, scans)
    compared = 0
    for type_, state in told.items():
        for id_, version in state.versions.items() if type_ in scans else ():
            mine = ours[type_]
            seen = mine.versions.get(id_, 0)
            gone = state.data[id_] is None or not whole
            expect(seen >= version or (gone and not seen), f"{type_} {id_} at version {version}", f"version {seen}")
            same = seen != version or mine.data[id_] == state.data[id_]
            expect(same, f"{type_} {id_} version {version} as the feed told it", mine.data.get(id_))
            compared += 1
    if not compared:
        raise Skipped("nothing_to_compare")


@check("6")
async def digest(trial: Trial) -> None:
    """The digest is the sum over the state that snapshot and feed give, in coarse buckets as in fine ones."""
    scans = await _scans(trial)
    if not scans:
        raise Skipped("types_long")
    sizes = [*((type_, FINE) for type_ in scans), (max(scans, key=lambda type_: len(scans[type_].items)), COARSE)]
    digests = [(await trial.get(f"/digest/{type_}", buckets=count)).expect("200") for type_, count in sizes]
    tail = await _tail(trial, scans)
    walked = [change for leaf in await trial.walk() for change in leaf.changes]
    ours = _brought_forward(scans, [*walked, *tail])
    for (type_, count), answer in zip(sizes, digests, strict=True):
        theirs = answer.read(Digest)
        expect((theirs.type, theirs.bucket_count) == (type_, count), f"{count} buckets of {type_}", theirs.bucket_count)
        after = {change.id for change in tail if change.type == type_ and change.seq > theirs.at_seq}
        _same(type_, ours[type_], theirs, {bucket_of(id_, count) for id_ in after})


def _same(type_: str, ours: Present, theirs: Digest, late: set[int]) -> None:
    """Expect equal sums in every bucket but those that changed after the digest."""
    count = theirs.bucket_count
    sums = bucket_sums(type_, ours.living(), count)
    told: Buckets = {bucket.bucket: (bucket.count, int(bucket.sum, 16)) for bucket in theirs.buckets}
    wrong = [bucket for bucket in differing(sums, told) if bucket not in late]
    expect(
        not wrong,
        f"{type_}: bucket {wrong[:1]} of {count} with {_shown(sums, wrong)}",
        f"{_shown(told, wrong)}, {len(wrong)} such buckets, at seq {theirs.at_seq}",
    )


async def _scans(trial: Trial) -> dict[str, Scan]:
    """The scans of the types that are short enough to be compared whole."""
    scans = {type_: await trial.scan(type_) for type_ in trial.reader.meta.types}
    return {type_: scan for type_, scan in scans.items() if scan.whole}


async def _tail(trial: Trial, scans: dict[str, Scan]) -> list[Change]:
    """The feed after the earliest of the scans' tails."""
    pages = [scan.pages[0] for scan in scans.values()]
    return await trial.tail(min(pages, key=lambda page: page.tail_seq).tail_cursor) if pages else []


async def _scanned_and_tailed(trial: Trial, scans: dict[str, Scan]) -> dict[str, Present]:
    """The state by snapshot and feed, by type, as the contract tells clients to read it."""
    return _brought_forward(scans, await _tail(trial, scans))


def _brought_forward(scans: dict[str, Scan], changes: list[Change]) -> dict[str, Present]:
    states = {type_: Present() for type_ in scans}
    for type_, scan in scans.items():
        for id_, item in scan.items.items():
            states[type_].put(id_, item["version"], item)
    for change in changes:
        if change.type in states:
            states[change.type].take(change)
    return states


async def _told(trial: Trial) -> tuple[dict[str, Present], bool]:
    """The state by the feed alone, by type, and whether the feed was read to its head: else it has gone on since."""
    leaves = await trial.walk()
    whole = not leaves[-1].page.has_more
    changes = [change for leaf in leaves for change in leaf.changes]
    if whole:
        changes += await trial.tail(leaves[-1].page.next_cursor)
    states: dict[str, Present] = defaultdict(Present)
    for change in changes:
        states[change.type].take(change)
    return states, whole


def _shown(sums: Buckets, wrong: list[int]) -> str:
    if not wrong:
        return ""
    count, total = sums.get(wrong[0], (0, 0))
    return f"{count} of sum {total:016x}"
