"""Hostile rules: whatever is written, nothing runs, hangs or crashes; it compiles or is refused with a place."""

from __future__ import annotations

import ast
import itertools
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.risk.expressions import MAX_DEPTH, MAX_NODES, Refused, condition, quantity
from console.risk.packs import PackError, load_packs
from console.risk.registry import FEATURES

NAMES = ("amount", "amount_z", "spend_count_1h", "is_new_device")
PARAMS = {"least": 2.0, "most": 1e15}
ROWS = 64
COLUMNS = dict(zip(FEATURES, np.random.default_rng(1).normal(0, 100, (len(FEATURES), ROWS)), strict=True))
for column in COLUMNS.values():
    column[::7] = np.nan
FORBIDDEN = ("exec", "import", "open", "os.", "subprocess.", "socket.", "ctypes.", "shutil.")


class Ear:
    """Hears what the interpreter is asked to do while it listens."""

    def __init__(self) -> None:
        self.listening, self.heard = False, []
        sys.addaudithook(self._hear)

    def _hear(self, event, _) -> None:
        if self.listening and event.startswith(FORBIDDEN):
            self.heard.append(event)


EAR = Ear()


def judge(text: str) -> bool:
    """Compile and evaluate a text both ways; returns whether it was understood. Nothing may be run for it."""
    understood = False
    EAR.heard.clear()
    for build in (condition, quantity):
        EAR.listening = True
        try:
            compiled = build(text, FEATURES, PARAMS)
        except Refused as refused:
            EAR.listening = False
            assert 1 <= refused.line <= text.count("\n") + 1
            assert refused.column >= 1
            assert str(refused).isprintable()
            continue
        understood = True
        evaluate = compiled.holds if build is condition else compiled.value
        with np.errstate(all="ignore"):
            result = np.broadcast_to(evaluate(COLUMNS.__getitem__), ROWS)
        EAR.listening = False
        assert result.dtype == (bool if build is condition else np.float64)
        assert set(compiled.features) <= set(FEATURES)
    assert EAR.heard == []
    return understood


def test_the_ear_hears():
    EAR.heard.clear()
    EAR.listening = True
    exec("1")
    EAR.listening = False
    assert EAR.heard == ["exec"]


# ---------------------------------------------------------------- random bytes and random Python

ATOMS = st.sampled_from(
    [*NAMES, *PARAMS, "0", "1", "2.5", "1e400", "0xffff", "9" * 400, "1j", "None", "True", "__debug__", "...", "x",
     "'s'", "b'b'", "f'{amount}'", "()", "[]", "{}", "__import__", "open", "exec", "print", "abs", "min"]
)  # fmt: skip
OF_TWO = (
    "({} and {})", "({} or {})", "({} < {})", "({} == {})", "({} in {})", "({} is not {})", "({} + {})", "({} / {})",
    "({} // {})", "({} ** {})", "({} @ {})", "({} << {})", "{}({})", "{}[{}]", "min({}, {})", "max({}, *{})",
    "({} for x in {})", "[{} for x in {}]", "({} if 1 else {})", "({}, {})", "{{{}: {}}}", "(lambda: {})({})",
    "({} not in {})", "({} < 3 < {})", "abs({}, b={})", "{}[{}:]", "max({}, {}, 1)", "({} * {})", "({} - {})",
)  # fmt: skip
OF_ONE = (
    "not {}", "-{}", "~{}", "abs({})", "({}).__class__", "({}).__globals__['x']", "(yield {})", "(await {})",
    "(x := {})", "*{}", "[{}]", "{}.real", "{}()", "f'{{{}}}'", "{}; 1", "{} #", "\n({}\n)",
)  # fmt: skip


def python(inner):
    return st.one_of(
        st.tuples(st.sampled_from(OF_ONE), inner).map(lambda drawn: drawn[0].format(drawn[1])),
        st.tuples(st.sampled_from(OF_TWO), inner, inner).map(lambda drawn: drawn[0].format(*drawn[1:])),
    )


@settings(max_examples=500, deadline=None)
@given(st.recursive(ATOMS, python, max_leaves=14))
def test_random_python(text):
    judge(text)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["latin-1", "utf-8", "utf-16-le", "ascii"]))
def test_random_bytes(data, encoding):
    judge(data.decode(encoding, "replace"))


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec=None), max_size=120))
def test_random_text(text):
    judge(text)


# ---------------------------------------------------------------- rules that were changed

PIECES = ("(", ")", " and ", " not ", ",", ".", "==", "=", "-", "9" * 50, "_", "__class__", "\n", " if ", " else ", "é")


@pytest.fixture(scope="module")
def valid(base_pack):
    return [rule.when.text for rule in base_pack.rules]


def mutated(data, text, pieces, times, longest):
    for _ in range(data.draw(st.integers(1, times))):
        begin = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(begin, min(len(text), begin + longest)))
        text = text[:begin] + data.draw(st.one_of(pieces, st.just(text[begin:end] * 2))) + text[end:]
    return text


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_mutated_rules(valid, data):
    pieces = st.one_of(st.just(""), st.sampled_from(PIECES), st.characters())
    judge(mutated(data, data.draw(st.sampled_from(valid)), pieces, 4, 12))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_look_alikes_are_refused_where_they_stand(valid, data):
    text = data.draw(st.sampled_from(valid))
    place = data.draw(st.sampled_from([place for place, letter in enumerate(text) if letter.isalnum()]))
    wide = chr(ord(text[place]) + 0xFEE0)  # the full-width form, which Python reads as the letter itself
    with pytest.raises(Refused) as refused:
        condition(text[:place] + wide + text[place + 1 :], FEATURES, {})
    assert (refused.value.line, refused.value.column) == (1, place + 1)


# ---------------------------------------------------------------- sizes

AROUND = ("({})", "-{}", "not {}", "abs({})", "{} + 1", "1 < {}", "{} and 1", "min({}, 1)", "[{}]", "{}.x", "{}()")
FLAT = ("({})", "1 < {}", "{} and 1")
"""Those that add no level to what Python's parser makes of them."""


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("depth", [1, 20, 40, 90, 200, 600, 1900])
def test_depth_is_bounded(around, depth):
    text = "amount"
    for _ in range(depth):
        text = around.format(text)
        if len(text) > 2500:
            break
    if judge(text):
        assert around in FLAT or depth < MAX_DEPTH


@pytest.mark.parametrize("joined", [" + ", " and ", " or ", " < ", " * ", ", ", " "])
def test_width_is_bounded(joined):
    assert not judge(joined.join(itertools.repeat("amount", 1900 // (len(joined) + 6))))


@pytest.mark.parametrize(
    ("number", "taken"),
    [("9" * 1990, False), ("0x" + "f" * 1990, False), ("0b" + "1" * 1990, False), ("1e" + "9" * 1900, False),
     ("1" + "_0" * 600, False), ("1e-999", True), ("-1e15", True), ("1_000", True), ("00", True), ("1j", False)],
)  # fmt: skip
def test_numbers_are_bounded(number, taken):
    assert judge(number) == taken


def test_the_largest_rule_needs_little_memory():
    parts = ["amount"] * (MAX_NODES // 5)
    while len(parts) > 1:
        parts = [f"({' + '.join(parts[at : at + 2])})" for at in range(0, len(parts), 2)]
    text, rows = f"{parts[0]} > 1", 10_000
    assert len(list(ast.walk(ast.parse(text, mode="eval")))) > MAX_NODES / 2
    worst, ones = condition(text, FEATURES, {}), np.ones(rows)
    tracemalloc.start()
    worst.holds(lambda name: ones)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (MAX_DEPTH + 2) * ones.nbytes


# ---------------------------------------------------------------- whole packs


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_mutated_packs_load_or_are_refused(pack_texts, data):
    name, text = data.draw(st.sampled_from(pack_texts))
    pieces = st.sampled_from(
        ["", "[", "]", '"', "\n", "= 3", "[[rule]]\n", "'''", "9" * 5000, "\0", "nan", "inf", "-1"]
    )
    text = mutated(data, text, pieces, 3, 30)
    policy = [(other, body) for other, body in pack_texts if other == "policy.toml" != name]
    try:
        pack = load_packs([*policy, (name, text)])
    except PackError as error:
        assert str(error).startswith((name, "[levels]", "more than"))
    else:
        assert all(0 <= rule.weight <= 1 for rule in pack.rules)
