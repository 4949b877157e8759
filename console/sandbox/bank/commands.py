"""Commands: the order of checks, execution, approval, and what is remembered under a key (contract, section 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from console.core.instants import SECOND, Instant
from console.core.messages import NOTHING, Account, Approval, Cause, Command, LimitRequest, Message, Ref, encode
from console.sandbox import policy
from console.sandbox import requests as wanted
from console.sandbox.bank import approvals, cases, effects
from console.sandbox.bank.register import Register
from console.sandbox.people import SUBJECTS, Person
from console.sandbox.problems import Refusal, invalid

NEEDS_IF_MATCH = (wanted.Unfreeze, wanted.SetLimit, wanted.Close, wanted.DecideApplication, wanted.DecideLimitRequest)
TRIAGE = (wanted.Claim, wanted.Release, wanted.Verdict, wanted.AddNote)


@dataclass(frozen=True, slots=True)
class Submission:
    """One POST /commands that passed authentication. `if_match` is the header as sent."""

    key: str
    person: Person
    body: bytes
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    command: Command
    replayed: bool = False


class Desk:
    """Takes commands, asks second people, lets pending ones expire."""

    def __init__(self, register: Register) -> None:
        self._register = register

    # -------------------------------------------------------------- submitting

    def submit(self, submission: Submission) -> Answer:
        """Check in the contract's order (7.1, from step 3), then execute, or record as pending. Raises Refusal."""
        request = wanted.read_request(submission.body)
        if_match = None if isinstance(request, TRIAGE) else version_of(submission.if_match)
        with self._register.database.transaction():
            now = self._register.clock()
            if (known := self._known(submission)) is not None:
                return Answer(known, replayed=True)
            target = self._find_target(request)
            approval = self._approval(request, target, submission.person, now)
            _check_fence(request, approval, now)
            if not submission.person.may("operator"):
                raise Refusal("forbidden", "viewers read")
            act = effects.Act(submission.key, request, submission.person, now, self._register.log.present())
            outcome = self._judge(act, target, if_match)
            command = _drafted(act, submission.body, if_match, approval)
            if request.dry_run:
                return Answer(_previewed(command, outcome))
            self._remember(submission, request, now)
            if command.status == "pending_approval":
                self._register.remind(request.not_after, "command", command.id)
                cause = _cause(command, submission.person)
                return Answer(self._register.publish("command", command, act.at, cause=cause)[0])
            return Answer(self._execute(act, command, outcome, submission.person))

    def _known(self, submission: Submission) -> Command | None:
        """The command recorded under this key, when this is the same request again. Raises Refusal (422)."""
        row = self._register.database.connection.execute(
            "SELECT caller, request, if_match FROM command WHERE id = ?", (submission.key,)
        ).fetchone()
        if row is None:
            return None
        if row != (submission.person.subject, wanted.canonical(submission.body), submission.if_match):
            raise Refusal("idempotency_key_reused")
        return self.get(submission.key)

    def _remember(self, submission: Submission, request: wanted.Request, now: Instant) -> None:
        self._register.database.connection.execute(
            "INSERT INTO command VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                submission.key,
                submission.person.subject,
                wanted.canonical(submission.body),
                submission.body,
                submission.if_match,
                request.type,
                request.target.id,
                now,
            ),
        )

    def _find_target(self, request: wanted.Request) -> Message | None:
        if request.target.type == "account":
            return self._register.find_account(request.target.id)
        return self._register.find(request.target.type, request.target.id)

    def _approval(
        self, request: wanted.Request, target: Message | None, person: Person, now: Instant
    ) -> Approval | None:
        account = self._register.find_account(target.account_id) if isinstance(target, LimitRequest) else None
        name = approvals.needed(request, target, account, person, self._distinct_accounts(request, person, now))
        return None if name is None else Approval(required=True, policy=name, expires_at=request.not_after)

    def _distinct_accounts(self, request: wanted.Request, person: Person, now: Instant) -> int:
        """Accounts this person has sent account commands to within the bulk window, this one included."""
        found = self._register.database.connection.execute(
            "SELECT count(DISTINCT target) FROM command "
            "WHERE caller = ? AND at > ? AND type LIKE 'account.%' AND target <> ?",
            (person.subject, now - policy.LIMITS.bulk_window_s * SECOND, request.target.id),
        ).fetchone()
        return int(found[0]) + 1

    # -------------------------------------------------------------- judging and executing

    def _judge(self, act: effects.Act, target: Message | None, if_match: int | None) -> effects.Outcome:
        """Steps 7 to 9: the target, the version, the transition. Raises Refusal."""
        if target is None:
            raise Refusal("not_found", f"no {act.request.target.type} {act.request.target.id}")
        if isinstance(act.request, NEEDS_IF_MATCH) and if_match is None:
            raise Refusal("precondition_required")
        if if_match is not None:
            self._check_version(target, if_match)
        return effects.of(act, target, self._register)

    def _check_version(self, target: Any, if_match: int) -> None:  # noqa: ANN401 - a versioned resource
        oldest = self._register.guard(target.id) if isinstance(target, Account) else target.version
        if not oldest <= if_match <= target.version:
            detail = f"If-Match was {if_match}, the decision stands on {oldest} to {target.version}"
            raise Refusal("version_mismatch", detail, current=target)

    def _execute(self, act: effects.Act, command: Command, outcome: effects.Outcome, actor: Person) -> Command:
        """Publish the effect, then the command that reports it."""
        cause = _cause(command, actor)
        version, effect_seq = cast(Any, outcome.subject).version, None
        for kind, resource in outcome.changes:
            fresh, seq = self._register.publish(kind, resource, act.at, cause=cause)
            if resource is outcome.subject:
                version, effect_seq = cast(Any, fresh).version, seq
        if not outcome.changes and isinstance(act.request, TRIAGE):
            version = self._open_case(act, outcome, cause)
        finished = replace(
            command,
            status="succeeded",
            effect=outcome.effect,
            resulting_version=version,
            effect_seq=effect_seq,
            completed_at=act.now,
        )
        return self._register.publish("command", finished, act.at, cause=cause)[0]

    def _open_case(self, act: effects.Act, outcome: effects.Outcome, cause: Cause) -> int:
        """The case's version when nothing changed in it; its first use creates it all the same."""
        case = cast(Any, outcome.subject)
        if self._register.find("case", case.id) is None:
            case = self._register.publish("case", case, act.at, cause=cause)[0]
        return int(case.version)

    # -------------------------------------------------------------- the second person

    def decide(self, command_id: str, person: Person, body: bytes) -> Command:
        """Approve or reject a pending command. Raises Refusal (400, 403, 404, 409)."""
        decision = wanted.read_decision(body)
        if not person.may("supervisor"):
            raise Refusal("forbidden", "only supervisors decide")
        with self._register.database.transaction():
            command, now = self._command(command_id), self._register.clock()
            if command.status == "pending_approval" and now <= command.not_after:
                return self._decided(command, decision, now, person)
        return _repeated(self.get(command_id), decision, person)

    def _decided(self, command: Command, decision: wanted.Decision, now: Instant, person: Person) -> Command:
        """The pending command after the decision. Raises Refusal (403)."""
        if command.created_by == person.subject:
            raise Refusal("self_approval", current=command)
        approval = replace(
            cast(Approval, command.approval),
            decision=decision.decision,
            decided_by=person.subject,
            decided_at=now,
            note=decision.note,
        )
        decided = replace(command, approval=approval)
        if decision.decision == "reject":
            return self._finish(decided, "rejected", now, person)
        return self._approve(decided, now, person)

    def _approve(self, command: Command, now: Instant, approver: Person) -> Command:
        """Check again, then execute; a check that fails rejects the command and says why."""
        request = self._request(command.id)
        act = effects.Act(command.id, request, SUBJECTS[command.created_by], now, self._register.log.present())
        try:
            outcome = self._judge(act, self._find_target(request), command.if_match)
        except Refusal as refusal:
            return self._finish(replace(command, problem=refusal.problem(now)), "rejected", now, approver)
        return self._execute(act, command, outcome, approver)

    def _request(self, command_id: str) -> wanted.Request:
        row = self._register.database.connection.execute(
            "SELECT body FROM command WHERE id = ?", (command_id,)
        ).fetchone()
        return wanted.read_request(row[0])

    def cancel(self, command_id: str, person: Person) -> Command:
        """Withdraw one's own pending command. Raises Refusal (403, 404, 409)."""
        if not person.may("operator"):
            raise Refusal("forbidden", "viewers read")
        self.get(command_id)
        with self._register.database.transaction():
            command = self._command(command_id)
            if command.created_by != person.subject:
                raise Refusal("forbidden", "only the creator cancels a command")
            if command.status == "cancelled":
                return command
            if command.status != "pending_approval":
                raise Refusal("already_decided", current=command)
            return self._finish(command, "cancelled", self._register.clock(), person)

    def get(self, command_id: str) -> Command:
        """The command as it stands; a pending one lapses here once `not_after` has passed. Raises Refusal (404)."""
        with self._register.database.lock:
            command, now = self._command(command_id), self._register.clock()
            if command.status == "pending_approval" and now > command.not_after:
                return self._finish(command, "expired", now, None)
            return command

    def _command(self, command_id: str) -> Command:
        found = self._register.find("command", command_id)
        if found is None:
            raise Refusal("not_found", "no such command")
        return cast(Command, found)

    def _finish(self, command: Command, status: str, now: Instant, actor: Person | None) -> Command:
        """End a command without effect."""
        finished = replace(command, status=status, effect="none", completed_at=now)
        cause = _cause(command, actor)
        return self._register.publish("command", finished, self._register.log.present(), cause=cause)[0]

    # -------------------------------------------------------------- what a caller may do

    def offered(self, account: Account, person: Person) -> Account:
        """The account with `allowed_commands`: what this person may submit on it now."""
        return replace(account, allowed_commands=self._allowed(account, person) if person.may("operator") else [])

    def _allowed(self, account: Account, person: Person) -> list[str]:
        now = self._register.clock()
        case = effects.case_of(account, self._register, self._register.log.present())
        others = cases.claimed_by_other(case, person, now)
        supervises = person.may("supervisor")
        open_, alive = account.status in ("active", "frozen"), account.status != "closed"
        offered = {
            "account.freeze": alive,
            "account.unfreeze": alive and any(hold.releasable_by in effects.RELEASABLE for hold in account.holds),
            "account.set_limit": open_,
            "account.close": open_ or account.status == "pending",
            "case.claim": not others,
            "case.release": cases.is_claimed(case, now) and (supervises or not others),
            "case.verdict": supervises or not others,
            "case.note": True,
        }
        return [name for name, yes in offered.items() if yes]


def version_of(if_match: str | None) -> int | None:
    """The version in an If-Match header. Raises Refusal (400)."""
    if if_match is None:
        return None
    digits = if_match[1:-1]
    if if_match != f'"{digits}"' or not (digits.isascii() and digits.isdigit()) or not 0 < int(digits) < 2**53:
        raise invalid("/If-Match", 'must be a quoted version, like "17"')
    return int(digits)


def _check_fence(request: wanted.Request, approval: Approval | None, now: Instant) -> None:
    if now > request.not_after:
        raise Refusal("command_expired")
    longest = policy.LIMITS.not_after_max_s if approval is None else policy.LIMITS.approval_max_s
    if request.not_after > now + longest * SECOND:
        raise invalid("/not_after", f"more than {longest} s ahead")


def _drafted(act: effects.Act, body: bytes, if_match: int | None, approval: Approval | None) -> Command:
    request = act.request
    return Command(
        id=act.command_id,
        version=1,
        type=request.type,
        target=Ref(type=request.target.type, id=request.target.id),
        params=msgspec.json.decode(body)["params"],
        status="accepted" if approval is None else "pending_approval",
        created_at=act.now,
        created_by=act.person.subject,
        not_after=request.not_after,
        reason_code=request.reason_code,
        note=request.note,
        case_ref=request.case_ref,
        if_match=if_match,
        approval=approval,
        decided_on=Raw(encode(request.decided_on)) if request.decided_on else NOTHING,
    )


def _previewed(command: Command, outcome: effects.Outcome) -> Command:
    """The answer to a dry run: nothing is recorded, the subject is shown as it would be."""
    subject = cast(Any, outcome.subject)
    after = replace(subject, version=subject.version + 1) if outcome.changes else subject
    approval = command.approval or Approval(required=False)
    return replace(
        command, status="accepted", effect="none", approval=approval, dry_run=True, preview=Raw(encode(after))
    )


def _repeated(command: Command, decision: wanted.Decision, person: Person) -> Command:
    """A decision on a command that waits no more: the same one again is answered, another refused."""
    made = command.approval
    if made is not None and (made.decision, made.decided_by) == (decision.decision, person.subject):
        return command
    raise Refusal("already_decided", current=command)


def _cause(command: Command, actor: Person | None) -> Cause:
    if actor is None:
        return Cause(kind="system", command_id=command.id)
    return Cause(kind="command", command_id=command.id, actor=actor.subject)
