"""`riskdesk scorecard fit` on tables it has never seen: odd names, mixed types, gaps, ids, leaks, two languages."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from console import language
from console.cli import main
from console.desk import tables
from console.risk.credit.scorecard import Scorecard

ROWS = 900


def columns(seed=7):
    random = np.random.default_rng(seed)
    income = random.lognormal(8, 0.7, ROWS)
    city = random.choice(
        ["上海", "São Paulo", " 上海 ", "x [/b]\x1b[31m", "rare"], ROWS, p=[0.4, 0.3, 0.2, 0.095, 0.005]
    )
    odds = np.exp(-0.8 - 1.2 * (income > 3000) + 0.9 * (city == "São Paulo"))
    bad = random.random(ROWS) < odds / (1 + odds)
    gap = random.random(ROWS) < 0.1
    return {
        "客户编号": [f"K{each:05}" for each in range(ROWS)],
        "月收入 (元)": ["" if lacking else f"{value:.2f}" for value, lacking in zip(income, gap, strict=True)],
        "città,con virgola": city.tolist(),
        "opened": [f"2024-{1 + each % 12:02}-{1 + each % 28:02}" for each in range(ROWS)],
        "branch": [f"{each % 7:03}" for each in range(ROWS)],
        "always": ["same"] * ROWS,
        "age": ["?" if each % 50 == 0 else str(20 + each % 60) for each in range(ROWS)],
        "days late after": [str(90 if each else 0) for each in bad],
        "sex": random.choice(["F", "M"], ROWS).tolist(),
        "结果": ["违约" if each else "正常" for each in bad],
    }


def written(path, told, separator=",", encoding="utf-8"):
    def quoted(text):
        return f'"{text}"' if separator in text else text

    lines = [separator.join(map(quoted, told))]
    lines += [separator.join(map(quoted, row)) for row in zip(*told.values(), strict=True)]
    body = ("\n".join(lines) + "\n").encode(encoding)
    path.write_bytes(gzip.compress(body) if path.suffix == ".gz" else body)
    return path


@pytest.fixture(scope="module")
def sheet_file(tmp_path_factory):
    return written(tmp_path_factory.mktemp("data") / "loans.csv.gz", columns())


def test_a_table_it_has_never_seen(sheet_file, tmp_path, capsys):
    saved = tmp_path / "card.json"
    asked = ["--data", str(sheet_file), "--target", "结果", "--folds", "3", "--monotone", "月收入 (元)"]
    assert main(["scorecard", "fit", *asked, "--group", "sex", "--save", str(saved), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"auc", "ks", "challenger_auc", "folds", "seconds"} <= set(told)
    assert (told["bad"], told["rows"], told["folds"], told["seeds"]) == ("违约", ROWS, 3, [1])
    assert 0.6 < told["auc"] < 0.9
    assert told["auc"] != told["challenger_auc"]
    aside = " ".join(told["noticed"])
    assert all(name in aside for name in ("客户编号", "always", "days late after", "opened"))
    card = Scorecard.from_json(saved.read_bytes())
    names = [one.name for one in card.characteristics]
    assert "月收入 (元)" in names
    assert not {"客户编号", "always", "days late after", "sex", "结果"} & set(names)
    assert card.assess({"月收入 (元)": 9000.0}).pd < card.assess({"月收入 (元)": 900.0}).pd
    assert {group["group"] for group in told["groups"]["sex"]} == {"F", "M"}


@pytest.mark.parametrize("code", ["en", "zh"])
def test_the_report_is_readable_in_both_languages_and_steers_no_terminal(code, sheet_file, capsys):
    asked = ["--data", str(sheet_file), "--target", "结果", "--folds", "2", "--group", "città,con virgola"]
    before = language.language()
    language.use(code)
    try:
        assert main(["scorecard", "fit", *asked]) == 0
    finally:
        language.use(before)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert {"en": "Gains", "zh": "增益表"}[code] in out
    assert "上海" in out


def test_types_are_told_apart(sheet_file):
    sheet = tables.read(sheet_file)
    kinds = {name: type(column).__name__ for name, column in sheet.columns.items()}
    assert kinds["月收入 (元)"] == kinds["opened"] == kinds["age"] == "Numbers"
    assert kinds["branch"] == kinds["città,con virgola"] == "Words"
    assert np.isnan(sheet.columns["age"].values).sum() == ROWS / 50
    assert "上海" in sheet.columns["città,con virgola"].words
    assert " 上海 " not in sheet.columns["città,con virgola"].words


def test_the_same_table_as_parquet_and_in_an_old_chinese_encoding(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    told = {**columns(), "city": ["上海"] * ROWS}
    del told["città,con virgola"]
    old = tables.read(written(tmp_path / "old.csv", told, ";", "gb18030"))
    typed = {**told, "age": pa.array([None if each == "?" else int(each) for each in told["age"]])}
    parquet.write_table(pa.table({**typed, "list": pa.array([[1]] * ROWS)}), tmp_path / "t.parquet")
    new = tables.read(tmp_path / "t.parquet")
    assert list(old.columns) == list(new.columns) == list(told)
    assert np.array_equal(old.columns["age"].values, new.columns["age"].values, equal_nan=True)
    assert old.columns["city"].words == new.columns["city"].words
    assert any("list" in each for each in new.noticed)


@pytest.mark.parametrize(
    ("values", "positive", "bad", "share"),
    [
        (["0", "0", "0", "1"], None, "1", 0.25),
        (["1", "1", "1", "0"], None, "1", 0.75),
        (["good", "bad", "good", ""], None, "bad", 1 / 3),
        (["5", "7", "7", "7"], None, "5", 0.25),
        (["5", "7", "7", "7"], "7", "7", 0.75),
        (["True", "False", "False", "False"], None, "True", 0.25),
    ],
)
def test_which_value_is_bad_is_found_or_told(values, positive, bad, share, tmp_path):
    sheet = tables.read(written(tmp_path / "t.csv", {"x": list("1234"), "y": values}))
    said = tables.outcome(sheet, "y", positive)
    assert (said.value, said.bad.mean()) == (bad, pytest.approx(share))


@pytest.mark.parametrize(
    ("body", "target", "said"),
    [
        (b"", "y", "empty"),
        (b"a,b\n1,2\n", "y", "no column y; near to it are a, b"),
        (b"a,a\n1,2\n", "a", "same name"),
        (b"a,y\n1,0\n2,1\n3,2\n", "y", "two values, not 3"),
        (b"a,y\n1,0\n2,1\n", "y", "too few"),
        (b"a,y\n1,0,9\n2,1\n", "y", "can't be read"),
        (b"\x1f\x8bnonsense", "y", "can't be read"),
        (b"PAR1nonsense", "y", "can't be read"),
        (b"\x00\x01\x02\x03", "y", "can't be read"),
    ],
)
def test_a_file_that_can_not_be_used_is_refused_with_what_is_wrong(body, target, said, tmp_path, capsys):
    (tmp_path / "t").write_bytes(body)
    assert main(["scorecard", "fit", "--data", str(tmp_path / "t"), "--target", target]) == 2
    assert said in capsys.readouterr().err
