"""Whom HTTPS trusts. Certificates are always verified; an institution's own authority replaces the public ones."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "RISKDESK_CA"
"""Names a PEM bundle, or a folder of hashed certificates as OpenSSL keeps them."""


def verification(environment: Mapping[str, str] | None = None) -> ssl.SSLContext | bool:
    """What httpx verifies with: only the private authorities when $RISKDESK_CA names them, else True, the public ones.

    Raises ValueError when they can't be read: falling back to the public ones would trust strangers.
    """
    named = (os.environ if environment is None else environment).get(VARIABLE)
    if not named:
        return True
    place = Path(named).expanduser()
    try:
        if place.is_dir():
            return ssl.create_default_context(capath=place)
        return ssl.create_default_context(cafile=place)
    except OSError as error:
        raise ValueError(f"${VARIABLE}: {place} holds no certificates that can be read ({error})") from error
