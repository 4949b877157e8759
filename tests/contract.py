"""The contract with the core, as its document tells it; read once."""

from __future__ import annotations

from typing import Any

import yaml

from console.paths import fixtures

FOLDER = fixtures() / "contract"
TEXT = (FOLDER / "core-api-v1.openapi.yaml").read_text(encoding="utf-8")
CONTRACT: dict[str, Any] = yaml.load(TEXT, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
