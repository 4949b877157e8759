"""Ways to break what the sandbox does with commands, one at a time: each takes pytest's monkeypatch."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, cast

import pytest
from msgspec.structs import replace

from console.core.instants import Instant
from console.core.messages import Command
from console.sandbox import requests as wanted
from console.sandbox.bank import commands, effects
from console.sandbox.bank.commands import Desk
from console.sandbox.bank.log import Log
from console.sandbox.bank.register import Register
from console.sandbox.bell import Bell
from console.sandbox.people import SUBJECTS, TOKENS, Person
from console.sandbox.problems import Refusal, invalid
from console.sandbox.server import Core

Patch = pytest.MonkeyPatch
OPERATOR = TOKENS["sandbox-operator"]


def _row(desk: Desk, key: str) -> Any:
    return desk._register.database.connection.execute("SELECT * FROM command WHERE id = ?", (key,)).fetchone()


def replays_executed_again(patch: Patch) -> None:
    honest = Desk._known

    def known(self: Desk, submission: Any) -> None:
        honest(self, submission)
        self._register.database.connection.execute("DELETE FROM command WHERE id = ?", (submission.key,))

    patch.setattr(Desk, "_known", known)


def replays_compared_as_text(patch: Patch) -> None:
    patch.setattr(wanted, "canonical", lambda body: body.decode())


def if_match_before_replay(patch: Patch) -> None:
    honest = Desk._known

    def known(self: Desk, submission: Any) -> Any:
        request = wanted.read_request(submission.body)
        if isinstance(request, wanted.Unfreeze) and submission.if_match:
            self._check_version(self._find_target(request), commands.version_of(submission.if_match))
        return honest(self, submission)

    patch.setattr(Desk, "_known", known)


def another_body_is_a_replay(patch: Patch) -> None:
    def known(self: Desk, submission: Any) -> Command | None:
        row = _row(self, submission.key)
        if row is not None and row[1] != submission.person.subject:
            raise Refusal("idempotency_key_reused")
        return None if row is None else self.get(submission.key)

    patch.setattr(Desk, "_known", known)


def anybodys_key_is_a_replay(patch: Patch) -> None:
    honest = Desk._known

    def known(self: Desk, submission: Any) -> Command | None:
        row = _row(self, submission.key)
        return honest(self, submission if row is None else replace_person(submission, SUBJECTS[row[1]]))

    patch.setattr(Desk, "_known", known)


def replace_person(submission: Any, person: Person) -> Any:
    return commands.Submission(submission.key, person, submission.body, submission.if_match)


def in_progress_without_retry_after(patch: Patch) -> None:
    honest, busy = Core.asgi, set[bytes]()

    def asgi(self: Core) -> Any:
        app = honest(self)

        async def outer(scope: Any, receive: Any, send: Any) -> None:
            key = dict(scope.get("headers", ())).get(b"idempotency-key")
            if key is None or key not in busy:
                busy.add(key or b"")
                await asyncio.sleep(0.005 if key else 0)
                await app(scope, receive, send)
                busy.discard(key or b"")
                return
            problem = {"type": "about:blank", "title": "busy", "status": 409, "code": "in_progress"}
            body = json.dumps({**problem, "effect": "unknown", "retryable": True}).encode()
            headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": 409, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        return outer

    patch.setattr(Core, "asgi", asgi)


def strange_parameters_accepted(patch: Patch) -> None:
    honest = wanted.read_request

    def read_request(body: bytes) -> Any:
        value = json.loads(body)
        value["params"].pop("colour", None)
        return honest(json.dumps(value).encode())

    patch.setattr(wanted, "read_request", read_request)


def _judging(patch: Patch, kind: type, if_match: Any) -> None:
    """Let `if_match(given, target)` stand for the If-Match of a kind of command."""
    honest = Desk._judge

    def judge(self: Desk, act: Any, target: Any, given: int | None) -> Any:
        if target is not None and isinstance(act.request, kind):
            given = if_match(given, target)
        return honest(self, act, target, given)

    patch.setattr(Desk, "_judge", judge)


def stale_versions_accepted(patch: Patch) -> None:
    _judging(patch, wanted.Unfreeze, lambda given, target: given and max(given, target.version))


def future_versions_accepted(patch: Patch) -> None:
    _judging(patch, wanted.Unfreeze, lambda given, target: given and min(given, target.version))


def if_match_of_a_freeze_ignored(patch: Patch) -> None:
    _judging(patch, wanted.Freeze, lambda given, target: None)


def if_match_not_missed(patch: Patch) -> None:
    _judging(patch, wanted.Unfreeze, lambda given, target: given or target.version)


def no_current_in_the_mismatch(patch: Patch) -> None:
    honest = Desk._check_version

    def check_version(self: Desk, target: Any, if_match: int) -> None:
        try:
            honest(self, target, if_match)
        except Refusal:
            raise Refusal("version_mismatch") from None

    patch.setattr(Desk, "_check_version", check_version)


def unknown_targets_are_validated(patch: Patch) -> None:
    honest = Desk._judge

    def judge(self: Desk, act: Any, target: Any, if_match: int | None) -> Any:
        if target is None:
            raise invalid("/target/id", "unknown")
        return honest(self, act, target, if_match)

    patch.setattr(Desk, "_judge", judge)


def an_unfreeze_releases_everything(patch: Patch) -> None:
    honest = effects._unfreeze

    def unfreeze(act: Any, account: Any, register: Register) -> Any:
        params = replace(act.request.params, hold_ids=[hold.hold_id for hold in account.holds] or ["none"])
        return honest(effects.Act(act.command_id, replace(act.request, params=params), act.person, act.now, act.at),
                      account, register)  # fmt: skip

    patch.setitem(effects._EFFECTS, wanted.Unfreeze, unfreeze)


def the_command_before_its_effect(patch: Patch) -> None:
    def execute(self: Desk, act: Any, command: Command, outcome: Any, actor: Person) -> Command:
        cause, head = commands._cause(command, actor), self._register.log.head
        subject, changes = cast(Any, outcome.subject), outcome.changes
        finished = replace(
            command,
            status="succeeded",
            effect=outcome.effect,
            resulting_version=subject.version + len(changes),
            effect_seq=head + 2 if changes else None,
            completed_at=act.now,
        )
        told = self._register.publish("command", finished, act.at, cause=cause)[0]
        for kind, resource in changes:
            self._register.publish(kind, resource, act.at, cause=cause)
        return told

    patch.setattr(Desk, "_execute", execute)


def an_effect_seq_of_its_own(patch: Patch) -> None:
    honest = Register.publish

    def publish(self: Register, kind: str, resource: Any, *rest: Any, **more: Any) -> Any:
        if kind == "command" and resource.resulting_version:
            resource = replace(resource, resulting_version=resource.resulting_version + 1)
        return honest(self, kind, resource, *rest, **more)

    patch.setattr(Register, "publish", publish)


def dry_runs_in_earnest(patch: Patch) -> None:
    honest = wanted.read_request
    patch.setattr(wanted, "read_request", lambda body: replace(honest(body), dry_run=None))


def the_fence_ignored(patch: Patch) -> None:
    honest = commands._check_fence

    def check_fence(request: Any, approval: Any, now: Instant) -> None:
        if now <= request.not_after:
            honest(request, approval, now)

    patch.setattr(commands, "_check_fence", check_fence)


def what_waits_is_executed_in_the_end(patch: Patch) -> None:
    honest = Desk._finish

    def finish(self: Desk, command: Command, status: str, now: Instant, actor: Person | None) -> Command:
        if status == "expired":
            return self._approve(command, now, OPERATOR)
        return honest(self, command, status, now, actor)

    patch.setattr(Desk, "_finish", finish)


def self_approval_allowed(patch: Patch) -> None:
    honest = Desk.decide

    def decide(self: Desk, command_id: str, person: Person, body: bytes) -> Command:
        mine = self._command(command_id).created_by == person.subject
        return honest(self, command_id, Person("nobody", person.role) if mine else person, body)

    patch.setattr(Desk, "decide", decide)


def a_decision_overturned(patch: Patch) -> None:
    honest = commands._repeated

    def repeated(command: Command, decision: Any, person: Person) -> Command:
        return command if command.status == "rejected" else honest(command, decision, person)

    patch.setattr(commands, "_repeated", repeated)


def anybody_cancels(patch: Patch) -> None:
    honest = Desk.cancel

    def cancel(self: Desk, command_id: str, person: Person) -> Command:
        return honest(self, command_id, SUBJECTS[self._command(command_id).created_by])

    patch.setattr(Desk, "cancel", cancel)


def viewers_command(patch: Patch) -> None:
    honest = Desk.submit

    def submit(self: Desk, submission: Any) -> Any:
        reads = submission.person.role == "viewer"
        return honest(self, replace_person(submission, OPERATOR) if reads else submission)

    patch.setattr(Desk, "submit", submit)


def seqs_become_visible_late(patch: Patch) -> None:
    """As where a seq is given at insert: some changes of a busy account are seen a quarter of a second too late."""
    append, read, since = Log.append, Log.page, dict[int, float]()

    def busy(self: Log, kind: str, id_: str, version: int, data: bytes | None, **more: Any) -> int:
        seq = append(self, kind, id_, version, data, **more)
        if kind == "account" and data is not None and data.count(b"hold_id") > 4 and seq % 3 == 0:
            since[seq] = time.monotonic() + 0.25
        return seq

    def page(self: Log, *asked: Any) -> Any:
        found, now = read(self, *asked), time.monotonic()
        hidden = tuple(b'{"seq":%d,' % seq for seq, at in since.items() if at > now and seq != self.head)
        return found._replace(bodies=[body for body in found.bodies if not hidden or not body.startswith(hidden)])

    patch.setattr(Log, "append", busy)
    patch.setattr(Log, "page", page)


def a_bell_that_nobody_hears(patch: Patch) -> None:
    patch.setattr(Bell, "ring", lambda self: None)


BREAKS: dict[Any, set[str]] = {
    replays_executed_again: {"replay", "replay_before_if_match", "in_progress"},
    replays_compared_as_text: {"replay"},
    if_match_before_replay: {"replay_before_if_match"},
    another_body_is_a_replay: {"reused_key"},
    anybodys_key_is_a_replay: {"reused_key_of_another"},
    in_progress_without_retry_after: {"in_progress"},
    strange_parameters_accepted: {"invalid_requests"},
    stale_versions_accepted: {"stale_if_match"},
    future_versions_accepted: {"future_if_match"},
    if_match_of_a_freeze_ignored: {"optional_if_match"},
    no_current_in_the_mismatch: {"stale_if_match", "future_if_match", "optional_if_match"},
    if_match_not_missed: {"missing_if_match"},
    unknown_targets_are_validated: {"unknown_target"},
    an_unfreeze_releases_everything: {"hold_is_the_command"},
    the_command_before_its_effect: {"effect_before_command"},
    an_effect_seq_of_its_own: {"reported_effect"},
    dry_runs_in_earnest: {"dry_run"},
    the_fence_ignored: {"fence"},
    what_waits_is_executed_in_the_end: {"pending_expires"},
    self_approval_allowed: {"self_approval"},
    a_decision_overturned: {"second_person"},
    anybody_cancels: {"cancel"},
    viewers_command: {"viewer_reads_only"},
    seqs_become_visible_late: {"late_visibility"},
    a_bell_that_nobody_hears: {"long_poll_wakes"},
}
