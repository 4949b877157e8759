"""Reviews: what the mirror tells makes a case, a decision is stored with its grounds, and it can be told again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from console.core.commands import InvalidWish
from console.core.instants import DAY, HOUR, Instant
from console.core.messages import CommandRequest, CoreMeta, ReasonCode, decoder
from console.desk import papers, review
from console.desk.papers import Dossier
from console.desk.review import Decision
from console.risk.credit.review import Choice, Outcome
from store import papers as stored
from store import reviews
from store.journal import Blocked, Entry, Journal
from store.reader import Reader
from tests.applicants import application, furnish, put, wish
from tests.ui.mirror_builder import META, NOW, build

ALL = ["application.decide", "limit_request.decide"]
RULES: CoreMeta = msgspec.structs.replace(
    decoder(CoreMeta).decode(json.dumps(META)),
    reason_codes=[
        ReasonCode(code=code, title=code, commands=ALL)
        for code in ("ability_verified", "identity_unverified", "credit_risk")
    ],
)
AT = Instant(NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A mirror with a good applicant, a ring of three on one device, and a customer who wants more."""
    made = tmp_path / "mirror.db"
    build(made, 40)
    furnish(made, NOW, 40, "acc_000030")
    return made


@pytest.fixture
def mirror(path: Path) -> Iterator[Reader]:
    reader = Reader(path)
    yield reader
    reader.close()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def found(mirror: Reader, type_: str, id_: str) -> Dossier:
    paper = stored.find(mirror, type_, id_)
    assert paper is not None
    one = papers.dossier(mirror, paper)
    assert one is not None
    return one


def decided(journal: Journal, one: Dossier, decision: Decision) -> Entry | int:
    by = review.rules(journal)
    return review.decide(journal, RULES, one, review.recommend(one, by), by, decision, core_now=AT)


def test_the_papers_that_wait_make_cases(mirror: Reader) -> None:
    assert [paper.id for paper, _ in papers.waiting(mirror)] == ["app_1", "app_2", "app_3", "app_4", "lrq_1"]
    by = review.rules(None)
    good = found(mirror, "application", "app_1")
    assert review.recommend(good, by).choice is Choice.APPROVE
    assert good.case.values["bureau_score"] == 700.0
    assert (good.case.ability.proof, good.case.stated_minor) == ("verified", 1_100_000)
    for number in (2, 3, 4):
        one = found(mirror, "application", f"app_{number}")
        told = review.recommend(one, by)
        assert told.choice is Choice.REFER
        assert {step.name for step in told.steps if step.outcome is Outcome.REFER} >= {"device"}
        assert {(tie.kind, tie.others) for tie in one.case.ties} >= {("device", 2), ("phone", 2)}
    asked = found(mirror, "limit_request", "lrq_1")
    assert asked.case.present_minor == asked.account.limits.credit_limit_minor  # type: ignore[union-attr]


def test_who_applies_on_another_phone_of_theirs_is_bound_by_the_cores_links(path: Path, mirror: Reader) -> None:
    assert [tie for tie in found(mirror, "application", "app_1").case.ties if tie.kind == "device"] == []
    with closing(sqlite3.connect(path)) as connection, connection:
        for number in (2, 3):
            ends = {"from": {"id": "new_1"}, "to": {"id": f"new_{number}"}, "kind": "shared_device"}
            row = (f"lnk_{number}", json.dumps(ends))
            connection.execute("INSERT INTO resource VALUES ('link', ?, 1, 0, -1, 1, ?)", row)
    one = found(mirror, "application", "app_1")
    assert [tie.others for tie in one.case.ties if tie.kind == "device"] == [2]
    assert review.recommend(one, review.rules(None)).choice is Choice.REFER


def test_what_can_not_be_read_is_left_out(path: Path, mirror: Reader) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO resource VALUES ('application', 'app_x', 1, 0, -1, 1, '{\"status\": \"submitted\"}')"
        )
    assert "app_x" not in {paper.id for paper, _ in papers.waiting(mirror)}
    paper = stored.find(mirror, "application", "app_x")
    assert paper is not None and papers.dossier(mirror, paper) is None


def test_a_decision_carries_the_version_looked_at_and_is_told_again_from_the_journal(
    mirror: Reader, journal: Journal
) -> None:
    one = found(mirror, "application", "app_1")
    entry = decided(journal, one, Decision(Choice.LESS, "ability_verified", limit_minor=300_000))
    assert isinstance(entry, Entry)
    asked: CommandRequest = decoder(CommandRequest).decode(entry.body)
    assert (entry.type, entry.target_id, entry.if_match) == ("application.decide", "app_1", 2)
    assert asked.params == {"decision": "approve", "limit_minor": 300_000}
    kept = reviews.of_command(journal, entry.command_id)
    assert kept is not None
    assert (kept.choice, kept.recommended, kept.limit_minor, kept.decided_by) == ("less", "approve", 300_000, "maria.k")
    told = review.reconstruct(journal, kept)
    assert (told.differs, told.untrue) == ((), ())
    assert told.advice == review.recommend(one, review.rules(journal))
    assert json.loads(kept.basis)["documents"]["application"]["id"] == "app_1"
    with pytest.raises(Blocked):
        decided(journal, one, Decision(Choice.APPROVE, "ability_verified"))
    assert len(reviews.about(journal, "application", "app_1")) == 1
    assert journal.verify_audit() is None


@pytest.mark.parametrize(
    ("column", "value", "named"),
    [
        ("points", 999, {"points"}),
        ("recommended", "decline", {"recommended"}),
        ("pd", 0.5, {"pd"}),
        ("decided_by", "somebody", set()),
        ("basis", None, {"points"}),
    ],
)
def test_a_decision_that_was_changed_afterwards_is_found_out(
    mirror: Reader, journal: Journal, column: str, value: object, named: set[str]
) -> None:
    decided(journal, found(mirror, "application", "app_1"), Decision(Choice.APPROVE, "ability_verified"))
    if column == "basis":
        kept = reviews.numbered(journal, 1)
        assert kept is not None
        basis = json.loads(kept.basis)
        basis["case"]["values"]["score"] = 300.0
        value = json.dumps(basis)
    with journal.transaction() as connection:
        connection.execute(f"UPDATE review SET {column} = ?", (value,))
    kept = reviews.numbered(journal, 1)
    assert kept is not None
    told = review.reconstruct(journal, kept)
    assert set(told.differs) >= named
    assert column in told.untrue


def test_a_case_that_is_referred_stays_open_with_its_note(mirror: Reader, journal: Journal) -> None:
    with pytest.raises(InvalidWish, match="text_empty"):
        decided(journal, found(mirror, "application", "app_1"), Decision(Choice.REFER, None, " "))
    entry = decided(journal, found(mirror, "application", "app_1"), Decision(Choice.REFER, None, "call the employer"))
    assert isinstance(entry, Entry)
    assert (entry.type, entry.account_id, entry.if_match) == ("case.note", "acc_new_1", None)
    without_account = decided(journal, found(mirror, "application", "app_2"), Decision(Choice.REFER, None, "ring?"))
    assert without_account == 2
    assert reviews.newest(journal) == {
        ("application", "app_1"): ("refer", AT),
        ("application", "app_2"): ("refer", AT),
    }


def test_a_limit_lies_between_the_present_and_the_requested_one(mirror: Reader, journal: Journal) -> None:
    one = found(mirror, "limit_request", "lrq_1")
    present = one.case.present_minor or 0
    for limit in (0, 9_000_000_000):
        with pytest.raises(InvalidWish, match="limit_between"):
            decided(journal, one, Decision(Choice.LESS, "ability_verified", limit_minor=limit))
    entry = decided(journal, one, Decision(Choice.LESS, "ability_verified", limit_minor=present))
    assert isinstance(entry, Entry)
    assert entry.not_after - AT < HOUR


def test_an_increase_gets_the_time_that_a_second_person_needs(path: Path, mirror: Reader, journal: Journal) -> None:
    present = found(mirror, "limit_request", "lrq_1").case.present_minor or 0
    put(path, ("limit_request", wish(2, "acc_000030", present, present + 100_000, NOW)))
    entry = decided(journal, found(mirror, "limit_request", "lrq_2"), Decision(Choice.APPROVE, "ability_verified"))
    assert isinstance(entry, Entry)
    assert entry.not_after - AT > HOUR


def test_what_is_decided_already_can_not_be_decided(path: Path, mirror: Reader, journal: Journal) -> None:
    put(path, ("application", application(1, NOW, status="booked", version=3)))
    with pytest.raises(InvalidWish, match="paper_decided"):
        decided(journal, found(mirror, "application", "app_1"), Decision(Choice.APPROVE, "ability_verified"))


def test_reason_codes_are_the_cores_own_and_the_best_that_it_lists(mirror: Reader) -> None:
    by = review.rules(None)
    good, ring = (review.recommend(found(mirror, "application", f"app_{number}"), by) for number in (1, 2))
    assert review.reason_code(good, Choice.APPROVE, "application", RULES) == "ability_verified"
    assert review.reason_code(good, Choice.DECLINE, "application", RULES) == "credit_risk"
    assert review.reason_code(ring, Choice.DECLINE, "application", RULES) == "identity_unverified"
    bare = msgspec.structs.replace(RULES, reason_codes=[])
    assert review.reason_code(good, Choice.APPROVE, "application", bare) is None


def test_the_future_is_not_seen(mirror: Reader) -> None:
    paper = stored.find(mirror, "application", "app_2")
    assert paper is not None
    before = papers.dossier(mirror, paper, NOW - 3 * DAY)
    assert before is not None and before.case.ties == []
