"""A core's word on dry runs, made up from the account as the test's mirror has it."""

from __future__ import annotations

import json

from console.core.messages import Account, decoder
from console.desk.preview import Preview
from console.desk.quota import Quota
from console.paths import Home
from console.ui.dialogs.foresight import Foreseen
from store.reader import Reader


def foresee(home: Home, _meta: object, request: bytes, _if_match: int | None, _now: int) -> Foreseen:
    asked = json.loads(request)
    assert asked["dry_run"] is True
    mirror = Reader(home.mirror)
    found = mirror.account(asked["target"]["id"])
    mirror.close()
    doc, params, approval = json.loads(found.doc), asked["params"], False
    match asked["type"]:
        case "account.freeze":
            doc["status"] = "frozen"
            doc["holds"] += [
                {
                    "hold_id": "h",
                    "scope": params["scope"],
                    "reason_code": "other",
                    "source": "operator",
                    "placed_at": doc["updated_at"],
                    "placed_by": "maria.k",
                    "releasable_by": "operator",
                }
            ]
            doc["limits"]["available_minor"] = 0
        case "account.unfreeze":
            doc["status"], doc["holds"] = "active", []
        case "account.set_limit":
            approval = params["value_minor"] > doc["limits"]["credit_limit_minor"]
            doc["limits"]["credit_limit_minor"] = params["value_minor"]
        case "account.close":
            doc["status"], approval = "closing", True
    after = decoder(Account).decode(json.dumps(doc))
    return Foreseen(Preview(after, approval), None, Quota(frozenset({"acc_1", "acc_2"}), 20, 600))
