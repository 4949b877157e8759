"""The reason code that fits a kind of fraud: one that the core lists and that needs no words of a person."""

from __future__ import annotations

from pathlib import Path

from console.core.messages import CoreMeta, ReasonCode, decoder
from console.desk.reasons import suggested

META: CoreMeta = decoder(CoreMeta).decode(
    (Path(__file__).parents[2] / "fixtures/contract/examples/meta.json").read_text()
)
FREEZE = "account.freeze"


def meta(*codes: str, **needs: bool) -> CoreMeta:
    listed = [ReasonCode(code=code, title=code, commands=[FREEZE], **needs) for code in codes]
    return META.__class__(**{name: getattr(META, name) for name in META.__struct_fields__} | {"reason_codes": listed})


def test_the_first_kind_that_the_core_has_a_code_for_counts() -> None:
    assert suggested(["mule", "account_takeover"], meta("account_takeover", "mule"), FREEZE) == "mule"
    assert suggested(["cash_out", "account_takeover"], meta("account_takeover"), FREEZE) == "account_takeover"
    assert suggested(["geography"], meta("impossible_travel"), FREEZE) == "impossible_travel"


def test_nothing_is_suggested_where_the_core_lists_nothing_or_wants_a_note() -> None:
    assert suggested(["mule"], meta("mule", requires_note=True), FREEZE) is None
    assert suggested(["mule"], meta("mule"), "account.close") is None
    assert suggested([], meta("mule"), FREEZE) is None
