"""The case: who looks at an account and what they found (contract, section 3.2). Pure."""

from __future__ import annotations

from hashlib import blake2b

from msgspec.structs import replace

from console.core.instants import MINUTE, Instant
from console.core.messages import Case
from console.sandbox.people import Person
from console.sandbox.problems import Refusal


def case_id(account_id: str) -> str:
    """The id of an account's one case."""
    return f"case.{blake2b(account_id.encode(), digest_size=8).hexdigest()}"


def label_id(target_type: str, target_id: str) -> str:
    """The id of the desk's one label on a target: a later verdict is a new version of it."""
    return f"lab.op.{blake2b(f'{target_type}/{target_id}'.encode(), digest_size=8).hexdigest()}"


def opened(account_id: str, at: Instant) -> Case:
    """The case at the first touch."""
    return Case(id=case_id(account_id), version=1, account_id=account_id, status="open", note_count=0, updated_at=at)


def is_claimed(case: Case, now: int) -> bool:
    """Whether somebody holds the claim at wall time `now`, published expiry or not."""
    return case.status == "claimed" and case.claim_expires_at is not None and case.claim_expires_at > now


def claimed_by_other(case: Case, person: Person, now: int) -> bool:
    return is_claimed(case, now) and case.claimed_by != person.subject


def claim(case: Case, person: Person, minutes: int, now: int) -> Case:
    """Take or extend the claim; a closed case opens again without its verdict. Raises Refusal (409)."""
    if claimed_by_other(case, person, now):
        raise Refusal("already_claimed", current=case)
    if case.status == "closed":
        case = replace(case, verdict=None, verdict_by=None, verdict_at=None)
    return replace(case, status="claimed", claimed_by=person.subject, claim_expires_at=Instant(now + minutes * MINUTE))


def release(case: Case, person: Person, now: int) -> Case:
    """Give the claim back; the same object when there is none. Raises Refusal (403)."""
    if not is_claimed(case, now):
        return case
    if case.claimed_by != person.subject and not person.may("supervisor"):
        raise Refusal("forbidden", "only the claimant or a supervisor releases a claim", current=case)
    return unclaimed(case)


def unclaimed(case: Case) -> Case:
    """The case open again, as after a release or an expiry."""
    return replace(case, status="open", claimed_by=None, claim_expires_at=None)


def judged(case: Case, person: Person, verdict: str, now: int, at: Instant) -> Case:
    """The case under a verdict: closed, or open again when it is inconclusive. Raises Refusal (409)."""
    if claimed_by_other(case, person, now) and not person.may("supervisor"):
        raise Refusal("already_claimed", current=case)
    status = "open" if verdict == "inconclusive" else "closed"
    return replace(unclaimed(case), status=status, verdict=verdict, verdict_by=person.subject, verdict_at=at)


def noted(case: Case) -> Case:
    return replace(case, note_count=case.note_count + 1)
