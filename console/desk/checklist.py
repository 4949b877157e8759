"""The checks before a hold is released: from the packs that score, told by the watcher, answered by the operator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field

import msgspec

from console.language import language, tr
from console.risk.packs import Check, Pack
from store.reader import Reader

NOTE = "checklist"
"""The mirror's note in which the watcher tells of the checks."""
YES, NOT_APPLICABLE, NOT_ASKED = "yes", "not_applicable", "not_asked"
"""What can be answered; a script that leaves a check out has not asked it."""

Answer = dict[str, str]
"""`id`, `question`, `answer`, and a `note` why a check does not apply."""


@dataclass(frozen=True)
class Checklist:
    """The checks of the packs in use, and the typology of each of their rules."""

    checks: tuple[Check, ...] = ()
    typologies: dict[str, str] = field(default_factory=dict)

    def after(self, rule_ids: Iterable[str]) -> list[Check]:
        """The checks to be asked about an account whose alert these rules raised, those asked always first."""
        seen = {self.typologies.get(rule_id) for rule_id in rule_ids}
        asked = [check for check in self.checks if not check.typologies or seen & set(check.typologies)]
        return sorted(asked, key=lambda check: bool(check.typologies))


def of(pack: Pack) -> Checklist:
    return Checklist(pack.checklist, {rule.id: rule.typology for rule in pack.rules})


def told(pack: Pack) -> str:
    """The checklist of a pack as the mirror's note."""
    return json.dumps(asdict(of(pack)), ensure_ascii=False)


def read(note: str | None) -> Checklist | None:
    """The checklist in the mirror's note; None when there is none that can be read."""
    try:
        return msgspec.json.decode(note, type=Checklist) if note else None
    except msgspec.MsgspecError:
        return None


def to_ask(mirror: Reader | None, account_id: str, shipped: Callable[[], Pack | None]) -> list[Check]:
    """What to ask before this account is released: by the packs that score, else by the shipped ones."""
    known = read(mirror.notes().get(NOTE)) if mirror is not None else None
    if known is None:
        pack = shipped()
        known = of(pack) if pack is not None else Checklist()
    detail = mirror.account(account_id) if mirror is not None else None
    raised = detail.alert.rule_ids if detail is not None and detail.alert is not None else "[]"
    return known.after(json.loads(raised))


def words(check: Check) -> str:
    return check.text.get(language(), check.text.get("en", check.id))


def answers(checks: Sequence[Check], given: Iterable[str]) -> list[Answer]:
    """What a command line answers, `ID=yes` or `ID=n/a:WHY` each. Raises ValueError for what answers nothing."""
    said: dict[str, Answer] = {}
    for text in given:
        check_id, _, answer = text.partition("=")
        if check_id not in {check.id for check in checks}:
            raise ValueError(tr("desk.check.unknown", id=check_id, known=", ".join(check.id for check in checks)))
        why = answer.removeprefix("n/a:").strip() if answer.startswith("n/a:") else ""
        if answer != YES and not why:
            raise ValueError(tr("desk.check.unreadable", text=text))
        said[check_id] = {"answer": NOT_APPLICABLE, "note": why} if why else {"answer": YES}
    return [{"id": check.id, "question": words(check), **said.get(check.id, {"answer": NOT_ASKED})} for check in checks]
