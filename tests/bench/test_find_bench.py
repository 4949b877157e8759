"""`riskdesk bench find` on a small mirror: every figure is there."""

from __future__ import annotations

import json

import pytest

from console.bench import find


def test_every_figure_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert find.run(500, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    names = ("exact", "prefix", "fuzzy_first", "fuzzy_all", "regex_first", "regex_all")
    assert {f"{name}_p{share}_ms" for name in names for share in (50, 95, 99)} <= told.keys()
    assert (told["accounts"], told["ids"]) == (500, 500 + 600 + 250 + 1000 + 10)
    assert told["index_us_per_id"] > 0
