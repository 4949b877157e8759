"""Checks of the change feed (contract, section 4)."""

from __future__ import annotations

import itertools
from collections import Counter

from console.bench.conformance.trial import Leaf, Trial, data_of, strictly_rising
from console.bench.conformance.verdict import Skipped, check, expect
from console.core.instants import DAY, SECOND, wire
from console.core.messages import Change

WEEK_S = 7 * DAY // SECOND
FILTERED_PAGES = 200
SLACK_S = 0.1
"""How much earlier than asked a held answer may come."""
LATE_S = 5.0
"""How much later."""


@check("4.1-4.2")
async def page_chain(trial: Trial) -> None:
    """Each page begins where the one before ended, and holds every seq inside its bounds."""
    leaves = await trial.walk()
    for before, leaf in zip([None, *leaves], leaves, strict=False):
        page = leaf.page
        if before is not None:
            expect(page.from_seq == before.page.scanned_to_seq, f"from_seq {before.page.scanned_to_seq}", page.from_seq)
            expect(page.epoch == before.page.epoch, f"epoch {before.page.epoch}", page.epoch)
        seqs = [change.seq for change in leaf.changes]
        bounds = f"({page.from_seq}, {page.scanned_to_seq}]"
        expect(seqs == list(range(page.from_seq + 1, page.scanned_to_seq + 1)), f"every seq of {bounds}", _gap(seqs))
        expect(page.head_seq >= page.scanned_to_seq, f"head_seq of {page.scanned_to_seq} or more", page.head_seq)
        expect(page.has_more or page.scanned_to_seq >= page.head_seq, "has_more before the head", bounds)
        expect(not page.has_more or seqs, "a page with has_more moves on", bounds)


@check("4.1")
async def page_again(trial: Trial) -> None:
    """A cursor asked again gives the same changes: what was returned once stays as it was."""
    leaves = await trial.walk()
    for leaf in {id(leaf): leaf for leaf in (leaves[0], leaves[len(leaves) // 2], leaves[-1])}.values():
        again = await trial.leaf(leaf.after, max(1, len(leaf.changes)))
        for one, other in zip(leaf.changes, again.changes, strict=False):
            expect(one == other, f"seq {one.seq}: {one.type} {one.id} version {one.version}", _named(other))


@check("4.2")
async def types_filter(trial: Trial) -> None:
    """`types` leaves out other types and nothing else, and moves the cursor over them."""
    leaves = await trial.walk()
    changes = [change for leaf in leaves for change in leaf.changes]
    end = leaves[-1].page.scanned_to_seq
    if not changes:
        raise Skipped("feed_empty")
    seen = Counter(change.type for change in changes)
    rarest = min(trial.reader.meta.types, key=lambda type_: seen[type_])
    for type_ in {seen.most_common(1)[0][0], rarest}:
        wanted = [change.seq for change in changes if change.type == type_]
        filtered = await _filtered(trial, leaves[0], type_, end)
        expect(filtered == wanted, f"the {len(wanted)} changes of type {type_}", f"{len(filtered)}: {filtered[:5]}")


async def _filtered(trial: Trial, first: Leaf, type_: str, end: int) -> list[int]:
    """The seqs up to `end` that a reader of one type sees."""
    after, position, seqs = "", first.page.from_seq, list[int]()
    for _ in range(FILTERED_PAGES):
        leaf = await trial.leaf(after, types=type_)
        page = leaf.page
        others = [change for change in leaf.changes if change.type != type_]
        expect(not others, f"only {type_}", _named(others[0]) if others else "")
        expect(page.from_seq == position, f"from_seq {position} with types={type_}", page.from_seq)
        inside = [change.seq for change in leaf.changes]
        expect(strictly_rising([position, *inside]), "seqs rise inside the page", inside[:5])
        expect(not inside or inside[-1] <= page.scanned_to_seq, f"seqs up to {page.scanned_to_seq}", inside[-1:])
        moved = page.scanned_to_seq > position or not page.has_more
        expect(moved, f"types={type_} moves the cursor beyond {position}", page.scanned_to_seq)
        seqs += inside
        after, position = page.next_cursor, page.scanned_to_seq
        if position >= end or not page.has_more:
            break
    expect(position >= end, f"types={type_} leads to seq {end}", position)
    return [seq for seq in seqs if seq <= end]


@check("4.4")
async def full_state(trial: Trial) -> None:
    """A change brings the whole resource with its id and version; versions rise; a delete brings none."""
    latest: dict[tuple[str, str], int] = {}
    for leaf in await trial.walk():
        for change in leaf.changes:
            key, data = (change.type, change.id), data_of(change)
            before = latest.get(key, 0)
            expect(change.version > before, f"{change.type} {change.id} beyond version {before}", change.version)
            latest[key] = change.version
            if change.op == "delete":
                expect(data is None, f"no data in the delete at seq {change.seq}", data)
            else:
                named = None if data is None else (data.get("id"), data.get("version"))
                expect(named == (change.id, change.version), f"data of {_named(change)}", named)
                expect("allowed_commands" not in (data or {}), "no allowed_commands in the feed", _named(change))


@check("4.6")
async def watermark(trial: Trial) -> None:
    """No later change was recorded before a watermark that was given."""
    told, said_at = 0, 0
    for leaf in await trial.walk():
        for change in leaf.changes:
            expect(
                change.recorded_at >= wire(told),
                f"recorded_at of {wire(told)} or later after seq {said_at}",
                f"{change.recorded_at} at seq {change.seq}",
            )
        told, said_at = max(told, leaf.page.watermark), leaf.page.scanned_to_seq


@check("4.3")
async def made_up_cursor(trial: Trial) -> None:
    """A cursor that the core never gave is 400, not an empty or an arbitrary page."""
    for cursor in ("riskdesk-made-this-up", "0", "x" * 257):
        (await trial.get("/changes", after=cursor)).expect("400 validation")


@check("4.3")
async def old_cursor(trial: Trial) -> None:
    """A cursor older than the feed is 410 with `earliest_cursor`, never answered with later data."""
    if trial.old_cursor is None:
        raise Skipped("no_old_cursor")
    answer = (await trial.get("/changes", after=trial.old_cursor)).expect("410 cursor_expired", "410 epoch_changed")
    problem = answer.problem
    earliest = problem.earliest_cursor if problem else None
    expect(earliest, "earliest_cursor in the problem", earliest)
    (await trial.get("/changes", after=earliest or "", limit=1)).expect("200")


@check("4.3")
async def earliest_cursor(trial: Trial) -> None:
    """`earliest_cursor` of /meta is where a reader without a cursor begins."""
    named = await trial.leaf(trial.reader.meta.feed.earliest_cursor, limit=1)
    bare = await trial.leaf("", limit=1)
    expect(named.page.from_seq <= bare.page.from_seq, f"from_seq {bare.page.from_seq}", named.page.from_seq)
    epoch = trial.reader.meta.feed.epoch
    expect(named.page.epoch == epoch, f"epoch {epoch}", named.page.epoch)


@check("4.3, 7.1")
async def retention(trial: Trial) -> None:
    """Cursors and recorded commands are kept for seven days at least."""
    kept = trial.reader.meta.retention
    expect(kept.feed_s >= WEEK_S, f"retention.feed_s of {WEEK_S} or more", kept.feed_s)
    expect(kept.idempotency_s >= WEEK_S, f"retention.idempotency_s of {WEEK_S} or more", kept.idempotency_s)


@check("4.8")
async def long_poll(trial: Trial) -> None:
    """With nothing new, `wait_s` holds the answer until the time is over."""
    after, wait_s = await trial.head(), trial.pace.poll_s
    answer = (await trial.get("/changes", wait_s=wait_s, after=after)).expect("200")
    expect(answer.seconds < wait_s + LATE_S, f"an answer after {wait_s} s", f"{answer.seconds:.1f} s")
    leaf = await trial.leaf(after, limit=1)
    quiet = leaf.page.head_seq == leaf.page.from_seq
    held = answer.seconds >= wait_s - SLACK_S
    expect(held or not quiet, f"an empty page held for {wait_s} s", f"{answer.seconds:.3f} s")


def _named(change: Change) -> str:
    return f"seq {change.seq}: {change.type} {change.id} version {change.version}"


def _gap(seqs: list[int]) -> str:
    broken = next((pair for pair in itertools.pairwise(seqs) if pair[1] != pair[0] + 1), None)
    return f"{broken[0]} then {broken[1]}" if broken else f"{len(seqs)} seqs: {seqs[:1]} to {seqs[-1:]}"
