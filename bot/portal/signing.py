"""Signed values that a page hands out and gets back: form keys, kept files, receipts, places to go on to."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from bot.store import Keys

FORM_MAX_AGE = timedelta(hours=24)
"""How long a page may lie open before its form is asked for again."""


def sign(keys: Keys, purpose: str, value: Any) -> str:
    """The value, signed for one purpose."""
    return _serializer(keys, purpose).dumps(value)


def unsign(keys: Keys, purpose: str, token: str) -> Any | None:
    """What was signed for that purpose, or None."""
    try:
        return _serializer(keys, purpose).loads(token)
    except BadSignature:
        return None


def create_form_key(keys: Keys, binding: Sequence[str], now: datetime) -> str:
    """A key for one filling-in of a form. `binding` says which form and for whom; its repeat is one request."""
    return sign(keys, "form", [list(binding), secrets.token_urlsafe(18), int(now.timestamp())])


def verify_form_key(keys: Keys, binding: Sequence[str], token: str, now: datetime) -> str | None:
    """The key's own random part; None when it is forged, another form's, another person's or a day old."""
    match unsign(keys, "form", token):
        case [list(token_binding), str(nonce), int(signed_at)] if token_binding == list(binding):
            return nonce if is_fresh(signed_at, now) else None
    return None


def is_fresh(at: int, now: datetime) -> bool:
    """Whether a key given out at that second holds still."""
    return now.timestamp() - at < FORM_MAX_AGE.total_seconds()


def _serializer(keys: Keys, purpose: str) -> URLSafeSerializer:
    oldest_first = list(reversed(keys.derive_web(f"page: {purpose}")))
    return URLSafeSerializer(oldest_first, salt=purpose)
