"""Ways to break the sandbox's reads, one at a time: each takes pytest's monkeypatch."""

from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec.structs import replace
from starlette.responses import Response

from console.core.instants import MINUTE, Instant
from console.core.messages import Retention
from console.sandbox import answers, policy, server
from console.sandbox.bank import digest as digests
from console.sandbox.bank import history
from console.sandbox.bank.log import Log
from console.sandbox.bank.register import Register
from console.sandbox.people import WITHOUT_TOKEN
from console.sandbox.problems import Refusal
from console.sandbox.server import Core

Patch = pytest.MonkeyPatch


def _pages(patch: Patch, change: Any) -> None:
    """Let `change(log, asked, page)` make another page of each; `asked` is (after, limit, kinds)."""
    honest = Log.page

    def page(self: Log, after: int, limit: int, kinds: Any = None) -> Any:
        return change(self, (after, limit, kinds), honest(self, after, limit, kinds))

    patch.setattr(Log, "page", page)


def _bodies(patch: Patch, change: Any) -> None:
    """Let `change(body)` make another body of each change that a page holds, None to leave it out."""
    _pages(
        patch,
        lambda log, asked, page: page._replace(bodies=[new for body in page.bodies if (new := change(body))]),
    )


def a_seq_left_out(patch: Patch) -> None:
    _bodies(patch, lambda body: None if body.startswith(b'{"seq":12,') else body)


def another_answer_the_second_time(patch: Patch) -> None:
    seen: set[str] = set()

    def page(log: Log, asked: Any, page: Any) -> Any:
        if asked[2] is None and asked[1] > 1 and str(asked) in seen:
            return page._replace(bodies=[b.replace(b'"recorded_at":"20', b'"recorded_at":"21') for b in page.bodies])
        seen.add(str(asked))
        return page

    _pages(patch, page)


def a_filter_that_hides_too_much(patch: Patch) -> None:
    _pages(patch, lambda log, asked, page: page._replace(bodies=page.bodies[1:]) if asked[2] else page)


def a_filter_that_stands_still(patch: Patch) -> None:
    def page(log: Log, asked: Any, page: Any) -> Any:
        stands = asked[2] and not page.bodies
        return page._replace(scanned_to_seq=page.from_seq) if stands else page

    _pages(patch, page)


def a_delete_with_data(patch: Patch) -> None:
    data = (
        b',"data":{"id":"dev_3","version":2,"kind":"mobile","first_seen_at":"2026-01-01T00:00:00.000000Z",'
        b'"last_seen_at":"2026-01-01T00:00:00.000000Z"}}'
    )
    _bodies(patch, lambda body: body[:-1] + data if b'"op":"delete"' in body else body)


def a_watermark_of_the_head(patch: Patch) -> None:
    _pages(patch, lambda log, asked, page: page._replace(watermark=log.watermark()))


def made_up_cursors_begin_anew(patch: Patch) -> None:
    honest = Log.seq_of

    def seq_of(self: Log, cursor: str | None) -> int:
        try:
            return honest(self, cursor)
        except Refusal as refusal:
            if refusal.code == "validation":
                return self.floor
            raise

    patch.setattr(Log, "seq_of", seq_of)
    patch.setattr(server.reading, "word", lambda request, name, longest: request.query_params.get(name))


def old_cursors_get_later_data(patch: Patch) -> None:
    honest = Log.seq_of

    def seq_of(self: Log, cursor: str | None) -> int:
        try:
            return honest(self, cursor)
        except Refusal as refusal:
            if refusal.code == "cursor_expired":
                return self.floor
            raise

    patch.setattr(Log, "seq_of", seq_of)


def old_cursors_without_a_way_on(patch: Patch) -> None:
    def check_tail(self: Log, epoch: str, seq: int) -> None:
        if seq < self.floor:
            raise Refusal("cursor_expired")

    patch.setattr(Log, "check_tail", check_tail)


def an_earliest_cursor_too_late(patch: Patch) -> None:
    patch.setattr(Log, "earliest_cursor", lambda self: self.cursor(self.floor + 5))


def cursors_of_a_day(patch: Patch) -> None:
    patch.setattr(policy, "RETENTION", Retention(feed_s=86_400, idempotency_s=604_800))


def a_poll_that_does_not_wait(patch: Patch) -> None:
    honest = server.reading.wait_s
    patch.setattr(server.reading, "wait_s", lambda request: min(0, honest(request)))


def a_tail_per_page(patch: Patch) -> None:
    honest = server._bookmark

    def bookmark(core: Core, word: str | None, kind: str) -> tuple[str, int]:
        last_id, tail = honest(core, word, kind)
        return last_id, tail - (word is not None)

    patch.setattr(server, "_bookmark", bookmark)


def a_scan_that_misses_one(patch: Patch) -> None:
    honest = Log.scan
    patch.setattr(Log, "scan", lambda self, *asked: [row for row in honest(self, *asked) if row[0] != "cus_1"])


def a_digest_without_versions(patch: Patch) -> None:
    honest = digests.hash64
    patch.setattr(digests, "hash64", lambda text: honest(text.rpartition("\n")[0] or text))


def a_digest_that_counts_the_deleted(patch: Patch) -> None:
    honest = digests.Digests._take

    def take(self: Any, code: int, start: int, body: bytes) -> None:
        if start:
            honest(self, code, start, body)

    patch.setattr(digests.Digests, "_take", take)


def strangers_are_let_in(patch: Patch) -> None:
    honest = server.identify
    patch.setattr(server, "identify", lambda authorization: honest(authorization) or WITHOUT_TOKEN)


def bounds_not_looked_at(patch: Patch) -> None:
    def number(request: Any, name: str, default: int, lowest: int, highest: int) -> int:
        text = request.query_params.get(name, "")
        return min(max(int(text), lowest), highest) if text.isdigit() else default

    patch.setattr(server.reading, "number", number)


def unknown_accounts_forbidden(patch: Patch) -> None:
    honest = Register.find_account

    def find_account(self: Register, account_id: str) -> Any:
        if account_id.startswith("riskdesk-"):
            raise Refusal("forbidden")
        return honest(self, account_id)

    patch.setattr(Register, "find_account", find_account)


def never_compressed(patch: Patch) -> None:
    patch.setattr(answers, "SMALLEST_GZIP", 2**40)


def always_compressed(patch: Patch) -> None:
    honest = answers._answer

    def answer(request: Any, *rest: Any) -> Response:
        request.scope["headers"] = [*request.scope["headers"], (b"accept-encoding", b"gzip")]
        headers = [pair for pair in request.scope["headers"] if pair[1] != b"identity"]
        request.scope["headers"] = headers
        return honest(type(request)(request.scope), *rest)

    patch.setattr(answers, "_answer", answer)


def never_not_modified(patch: Patch) -> None:
    patch.setattr(server, "matches", lambda if_none_match, version: False)


def an_etag_without_quotes(patch: Patch) -> None:
    patch.setattr(server, "etag", str)


def another_server_time(patch: Patch) -> None:
    honest = server.CoreMeta
    patch.setattr(
        server,
        "CoreMeta",
        lambda **parts: honest(**{**parts, "server_time": Instant(parts["server_time"] - MINUTE)}),
    )


def problems_with_another_clock(patch: Patch) -> None:
    honest = server.problem_answer
    patch.setattr(
        server,
        "problem_answer",
        lambda request, refusal, now, **more: honest(request, refusal, Instant(now - MINUTE), **more),
    )


def transactions_oldest_first(patch: Patch) -> None:
    _history(patch, "transactions", lambda page: page._replace(bodies=page.bodies[::-1]))


def logins_without_an_end(patch: Patch) -> None:
    honest = history.Histories.logins

    def logins(self: Any, account_id: str, customer_id: str, window: Any) -> Any:
        return honest(self, account_id, customer_id, window._replace(occurred_to=history.END_OF_TIME))

    patch.setattr(history.Histories, "logins", logins)


def _history(patch: Patch, name: str, change: Any) -> None:
    honest = getattr(history.Histories, name)
    patch.setattr(history.Histories, name, lambda self, *asked: change(honest(self, *asked)))


def times_in_milliseconds(patch: Patch) -> None:
    _bodies(patch, lambda body: re.sub(rb'("occurred_at":"[^"]+\.\d{3})\d{3}Z', rb"\1Z", body, count=1))


def an_id_with_a_space(patch: Patch) -> None:
    honest = Register.publish

    def publish(self: Register, kind: str, resource: Any, *rest: Any, **more: Any) -> Any:
        named = replace(resource, id="dev 1") if getattr(resource, "id", "") == "dev_1" else resource
        return honest(self, kind, named, *rest, **more)

    patch.setattr(Register, "publish", publish)


def a_word_nobody_agreed_on(patch: Patch) -> None:
    honest = Register.publish

    def publish(self: Register, kind: str, resource: Any, *rest: Any, **more: Any) -> Any:
        shown = replace(resource, outcome="fine") if kind == "login" else resource
        return honest(self, kind, shown, *rest, **more)

    patch.setattr(Register, "publish", publish)


def no_date(patch: Patch) -> None:
    patch.setattr(server, "dated", lambda now: [])


def problems_as_plain_json(patch: Patch) -> None:
    honest = server.problem_answer

    def answer(*asked: Any, **more: Any) -> Response:
        made = honest(*asked, **more)
        made.headers["content-type"] = "application/json"
        return made

    patch.setattr(server, "problem_answer", answer)


BREAKS: dict[Any, str] = {
    a_seq_left_out: "page_chain",
    another_answer_the_second_time: "page_again",
    a_filter_that_hides_too_much: "types_filter",
    a_filter_that_stands_still: "types_filter",
    a_delete_with_data: "full_state",
    a_watermark_of_the_head: "watermark",
    made_up_cursors_begin_anew: "made_up_cursor",
    old_cursors_get_later_data: "old_cursor",
    old_cursors_without_a_way_on: "old_cursor",
    an_earliest_cursor_too_late: "earliest_cursor",
    cursors_of_a_day: "retention",
    a_poll_that_does_not_wait: "long_poll",
    a_tail_per_page: "snapshot_scan",
    a_scan_that_misses_one: "snapshot_and_feed",
    a_digest_without_versions: "digest",
    a_digest_that_counts_the_deleted: "digest",
    strangers_are_let_in: "unauthenticated",
    bounds_not_looked_at: "bounds",
    unknown_accounts_forbidden: "unknown_account",
    never_compressed: "gzip",
    always_compressed: "gzip",
    never_not_modified: "not_modified",
    an_etag_without_quotes: "not_modified",
    another_server_time: "server_clock",
    problems_with_another_clock: "unknown_command",
    transactions_oldest_first: "transaction_history",
    logins_without_an_end: "login_history",
    times_in_milliseconds: "shapes",
    an_id_with_a_space: "shapes",
    a_word_nobody_agreed_on: "shapes",
    no_date: "headers",
    problems_as_plain_json: "problems",
}
