"""The contract itself: its examples and its schema, against the running core."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import load_all_checks
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test
from schemathesis.specs.openapi import checks

from console.core import instants
from console.core import messages as wire
from console.core.instants import MINUTE, Instant
from console.sandbox.run import Sandbox
from tests.contract import CONTRACT, FOLDER

EXAMPLES = json.loads((FOLDER / "examples" / "index.json").read_text())
SCHEMA_OF = {kind: type_.__name__ for kind, type_ in wire.RESOURCES.items()}


def example(name: str) -> Any:
    return json.loads((FOLDER / "examples" / f"{name}.json").read_text())


def faults(schema: str, value: Any) -> list[str]:
    """What the contract's schema says against a value."""
    document = {"$ref": f"#/components/schemas/{schema}", "components": CONTRACT["components"]}
    return [
        f"{error.instance_path}: {error.message}" for error in jsonschema_rs.validator_for(document).iter_errors(value)
    ]


def without_nulls(value: Any) -> Any:
    """Absent and null mean the same."""
    if isinstance(value, dict):
        return {name: without_nulls(part) for name, part in value.items() if part is not None}
    return [without_nulls(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", [name for name in EXAMPLES if EXAMPLES[name] != "CommandRequest"])
def test_every_example_round_trips(name):
    type_ = {"Meta": wire.CoreMeta}.get(EXAMPLES[name]) or getattr(wire, EXAMPLES[name])
    text = json.dumps(example(name)).encode()
    again = json.loads(wire.encode(wire.decoder(type_).decode(text)))
    assert without_nulls(again) == without_nulls(example(name))
    assert not faults(EXAMPLES[name], again)


@pytest.mark.parametrize(
    "name", ["application", "customer", "device", "indicator", "label", "limit_request", "link", "login"]
)
def test_every_example_resource_is_published_as_it_is(desk, name):
    given = wire.decoder(wire.RESOURCES[name]).decode(json.dumps(example(name)).encode())
    head = desk.head
    desk.bank.put(name, given, desk.clock())
    (change,) = desk.changes_since(head)
    changing = {"version", "updated_at", "recorded_at"}
    told = {part: value for part, value in change["data"].items() if part not in changing}
    assert told == {part: v for part, v in without_nulls(example(name)).items() if part not in changing}
    assert not faults("Change", change)
    assert not faults(SCHEMA_OF[name], change["data"])


# ---------------------------------------------------------------- the example commands

WITH_IF_MATCH = (
    "unfreeze",
    "set_limit_decrease",
    "set_limit_increase",
    "close",
    "application_decide",
    "limit_request_decide",
)
NAMES = [name.split(".")[1] for name in EXAMPLES if name.endswith(".request") and name.startswith("command.")]


def scene(desk) -> None:
    """The resources that the example commands are about, fresh; the clock stands where the examples do."""
    now = desk.clock()

    def put(name: str, **changes: Any) -> Any:
        resource = wire.decoder(wire.RESOURCES[name]).decode(json.dumps(example(name)).encode())
        return desk.bank.put(name, msgspec.structs.replace(resource, **changes), now)

    held = example("change_page")["changes"][3]["data"]["holds"][0]
    hold = msgspec.convert({**held, "placed_at": now}, wire.Hold)
    put("customer")
    put("account", holds=[hold])
    put("application", status="in_review")
    put("limit_request", status="pending")
    put("transaction", account_id="acc_01HZX4T9")


@pytest.mark.parametrize("name", NAMES)
def test_every_example_request_is_accepted_and_answered_as_in_its_example(desk, name):
    scene(desk)
    request, expected = example(f"command.{name}.request"), example(f"command.{name}.response")
    ahead = Instant(desk.clock() + 2 * MINUTE)
    kind, id_ = request["target"]["type"], request["target"]["id"]
    version = desk.bank.log.version(kind, id_)
    answer = desk.send(
        {**request, "not_after": instants.wire(ahead)}, if_match=version if name in WITH_IF_MATCH else None
    )
    told = answer.json()
    assert not faults("Command", told)
    assert answer.status_code == (202 if expected["status"] == "pending_approval" else 200)
    for part in ("type", "target", "params", "status", "reason_code", "effect", "created_by", "note"):
        assert told.get(part) == expected.get(part), part
    assert (told.get("approval") or {}).get("policy") == (expected["approval"] or {}).get("policy")


def test_every_page_the_core_serves_follows_the_schema(desk):
    scene(desk)
    desk.freeze("acc_01HZX4T9")
    desk.submit("case.verdict", "acc_01HZX4T9", {"verdict": "fraud"})
    page = desk.get("/changes").json()
    assert not faults("ChangePage", page)
    for change in page["changes"]:
        assert not faults(SCHEMA_OF[change["type"]], change["data"])
    assert not faults("Meta", desk.get("/meta").json())
    for kind in SCHEMA_OF:
        assert not faults("SnapshotPage", desk.get(f"/snapshot/{kind}").json())
        assert not faults("Digest", desk.get(f"/digest/{kind}").json())
    assert not faults("TransactionPage", desk.get("/transactions", params={"account_id": "acc_01HZX4T9"}).json())
    assert not faults("Problem", desk.freeze("no_such").json())
    assert not faults("Problem", desk.freeze("no_such", scope="half").json())


# ---------------------------------------------------------------- generated requests


@pytest.fixture(scope="module")
def populated():
    """The base URL of a core with the examples in it."""
    with Sandbox() as sandbox:
        now = sandbox.bank.clock()
        for name in ("customer", "account", "application", "limit_request", "transaction", "login"):
            resource = wire.decoder(wire.RESOURCES[name]).decode(json.dumps(example(name)).encode())
            sandbox.bank.put(name, resource, now)
        yield f"{sandbox.origin}/core/v1"


def without_security(value: Any) -> Any:
    """The contract as a caller on loopback meets it: no token is needed there."""
    if isinstance(value, dict):
        return {
            name: without_security(part) for name, part in value.items() if name not in ("security", "securitySchemes")
        }
    return [without_security(part) for part in value] if isinstance(value, list) else value


OPERATIONS = [(method, path) for path, told in CONTRACT["paths"].items() for method in told if method != "parameters"]


@pytest.fixture(scope="module")
def described():
    """The contract as what makes requests from it reads it."""
    load_all_checks()
    return schemathesis.openapi.from_dict(without_security(CONTRACT))


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_generated_requests_are_answered_within_the_contract(populated, described, method, path):
    """Every check but `positive_data_acceptance`: no schema can say which cursors, reasons and targets exist."""

    @settings(
        max_examples=5,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def is_answered(case):
        if isinstance(case.query.get("wait_s"), int):
            case.query["wait_s"] = min(case.query["wait_s"], 0)
        case.call_and_validate(populated, excluded_checks=[checks.positive_data_acceptance])

    every_way = HypothesisTestConfig(described.config, list(HypothesisTestMode))
    create_test(operation=described[path][method], test_func=is_answered, config=every_way)()
