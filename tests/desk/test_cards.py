"""`riskdesk scorecard apply`: a fitted card judges from then on, goes back, and leaves old decisions as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from console.cli import main
from console.core.instants import Instant
from console.core.messages import CoreMeta, decoder
from console.desk import cards, papers, review
from console.desk.review import Decision
from console.risk.credit.review import Choice
from console.risk.credit.scorecard import Bin, Category, Characteristic, Number, Scorecard, UnusableCard
from store import reviews
from store.journal import Journal
from store.reader import Reader
from tests.applicants import furnish
from tests.ui.mirror_builder import META, NOW, build

RULES: CoreMeta = decoder(CoreMeta).decode(json.dumps(META))
SHIPPED = Scorecard.from_json(cards.present(None).text.encode())
HOME = "home"
A_BIN = Bin(0.0, 1, 0.5, 0.1)


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Reader]:
    build(tmp_path / "mirror.db", 40)
    furnish(tmp_path / "mirror.db", NOW, 40, "acc_000030")
    reader = Reader(tmp_path / "mirror.db")
    yield reader
    reader.close()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    (tmp_path / HOME).mkdir(mode=0o700)
    opened = Journal(tmp_path / HOME / "journal.db")
    yield opened
    opened.close()


def riskdesk(folder: Path, *words: str) -> int:
    return main(["scorecard", *words, "--home", str(folder / HOME)])


def saved(folder: Path, **changed: object) -> Path:
    """The shipped card as if it were fitted, with something else in it."""
    path = folder / "card.json"
    path.write_bytes(msgspec.structs.replace(SHIPPED, made_of=1200, defaults=60, **changed).to_json())
    return path


def asking(*characteristics: Characteristic) -> Scorecard:
    return msgspec.structs.replace(SHIPPED, characteristics=list(characteristics))


def number(name: str) -> Number:
    return Number(name, name, [], [A_BIN], A_BIN)


def in_words(name: str) -> Category:
    return Category(name, name, [["x"]], [A_BIN], A_BIN, A_BIN)


def test_a_card_may_ask_for_exactly_what_papers_give(mirror: Reader) -> None:
    found = [papers.dossier(mirror, paper) for paper, _ in papers.waiting(mirror)]
    given = [item for one in found if one is not None for item in one.case.values.items()]
    assert {name for name, _ in given} == {*papers.WORDS, *papers.NUMBERS}
    assert all(isinstance(value, str) == (name in papers.WORDS) for name, value in given if value is not None)
    cards.check(SHIPPED)


def test_a_card_judges_from_then_on_and_goes_back(
    tmp_path: Path, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = review.rules(journal)
    first = saved(tmp_path, base=SHIPPED.base - 50).read_text(encoding="utf-8")
    assert riskdesk(tmp_path, "apply", str(tmp_path / "card.json"), "--reason", "fitted in spring") == 0
    assert "1,200" in capsys.readouterr().out
    by = review.rules(journal)
    assert (by.card, by.rules.card.base) == (first, SHIPPED.base - 50)
    assert by.card_since is not None and shipped.card_since is None
    assert riskdesk(tmp_path, "apply", str(tmp_path / "card.json"), "--reason", "again") != 0
    saved(tmp_path, base=SHIPPED.base - 10)
    assert riskdesk(tmp_path, "apply", str(tmp_path / "card.json"), "--reason", "fitted in summer") == 0
    assert review.rules(journal).rules.card.base == SHIPPED.base - 10
    assert riskdesk(tmp_path, "rollback", "--reason", "spring was better") == 0
    assert review.rules(journal).card == first
    capsys.readouterr()
    assert riskdesk(tmp_path, "show", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["card"], told["reason"], told["made_of"]) == (reviews.digest(first), "fitted in spring", 1200)
    assert riskdesk(tmp_path, "rollback", "--reason", "nor that") == 0
    assert review.rules(journal).card == shipped.card
    assert riskdesk(tmp_path, "rollback", "--reason", "nothing is left") != 0
    assert "shipped" in capsys.readouterr().err
    events = [event for (event,) in journal.rows("SELECT event FROM audit WHERE event LIKE 'scorecard.%' ORDER BY seq")]
    assert events == ["scorecard.applied"] * 2 + ["scorecard.rolled_back"] * 2
    assert journal.verify_audit() is None
    assert journal.rows("SELECT count(*), count(withdrawn_at) FROM v_scorecard") == [(2, 2)]


def test_without_a_journal_the_shipped_card_is_shown_and_nothing_is_made(tmp_path: Path) -> None:
    assert riskdesk(tmp_path, "show") == 0
    assert list(tmp_path.iterdir()) == []


def test_a_decision_is_told_again_by_the_card_it_was_made_by(tmp_path: Path, mirror: Reader, journal: Journal) -> None:
    def decide(which: int) -> reviews.Kept:
        paper, _ = papers.waiting(mirror)[which]
        found, by = papers.dossier(mirror, paper), review.rules(journal)
        assert found is not None
        decision = Decision(Choice.REFER, None, "look again")
        review.decide(journal, RULES, found, review.recommend(found, by), by, decision, core_now=Instant(NOW))
        (kept,) = reviews.about(journal, paper.type, paper.id)
        return kept

    before = decide(0)
    text = cards.read_file(saved(tmp_path, base=SHIPPED.base - 300))
    cards.apply(journal, text, "stricter", "maria.k")
    after = decide(1)
    assert (before.card, after.card) == (cards.present(None).text, text)
    cards.roll_back(journal, "too strict", "maria.k")
    for kept in (before, after):
        told = review.reconstruct(journal, kept)
        assert (told.differs, told.untrue) == ((), ())


def test_a_card_fitted_without_what_no_review_gives_can_be_applied(
    tmp_path: Path, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{300 + n // 6},{1000 * (n % 37)},{int(n % 7 < 3 - n // 160)}" for n in range(480)]
    (tmp_path / "table.csv").write_text("\n".join(["score,income_minor,bad", *rows]), encoding="utf-8")
    card = str(tmp_path / "card.json")
    fit = ["scorecard", "fit", "--data", str(tmp_path / "table.csv"), "--target", "bad", "--folds", "2", "--save", card]
    assert main([*fit, "--drop", "income_minor"]) == 0
    assert riskdesk(tmp_path, "apply", card, "--reason", "fitted") == 0
    assert [one.name for one in review.rules(journal).rules.card.characteristics] == ["score"]
    assert main([*fit, "--drop", "nothing"]) != 0
    assert "nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "can't be read"),
        (b"[" * 100_000, "can't be read"),
        (b"\xff\xfe{}", "can't be read"),
        (b" " * 8_000_001, "bytes"),
        (asking().to_json(), "no characteristics"),
        (asking(number("score"), number("income_minor")).to_json(), "'income_minor'"),
        (asking(number("device_trust")).to_json(), "'device_trust'"),
        (asking(*(in_words(f"\x1b[2J{place}") for place in range(500))).to_json(), "492 more"),
    ],
    ids=["empty", "deep", "no text", "long", "bare", "foreign", "number", "many"],
)
def test_what_can_not_judge_is_refused_and_nothing_is_kept(
    tmp_path: Path, journal: Journal, body: bytes, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(body)
    with pytest.raises(UnusableCard):
        cards.read_file(path)
    assert riskdesk(tmp_path, "apply", str(path), "--reason", "why not") != 0
    said = capsys.readouterr().err
    assert named in said and "\x1b" not in said and len(said) < 2000
    assert cards.present(journal) == cards.present(None)


@pytest.mark.parametrize("why", ["", " ", "x" * 501, "\x1b[2J"])
def test_a_change_needs_a_reason(tmp_path: Path, journal: Journal, why: str) -> None:
    assert riskdesk(tmp_path, "apply", str(saved(tmp_path)), "--reason", why) != 0
    assert cards.present(journal) == cards.present(None)
