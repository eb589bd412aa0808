"""Signed values that pages hold and send back: form keys, retained uploads, receipts, redirect targets."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from bot.store import Keys

FORM_MAX_AGE = timedelta(hours=24)
"""How long a form may be open before it expires."""


def sign(keys: Keys, purpose: str, value: Any) -> str:
    """Sign the value for one purpose."""
    return _serializer(keys, purpose).dumps(value)


def unsign(keys: Keys, purpose: str, token: str) -> Any | None:
    """The value that was signed for that purpose; None for an invalid token."""
    try:
        return _serializer(keys, purpose).loads(token)
    except BadSignature:
        return None


def create_form_key(keys: Keys, binding: Sequence[str], now: datetime, nonce: str = "") -> str:
    """A key for one form. `binding` says which form and for whom; the same nonce is the same request.

    The nonce is a new one, unless the form has one already.
    """
    nonce = nonce or secrets.token_urlsafe(18)
    return sign(keys, "form", [list(binding), nonce, int(now.timestamp())])


def verify_form_key(keys: Keys, binding: Sequence[str], token: str, now: datetime) -> str | None:
    """The key's nonce; None for one that is forged, expired, another form's or another person's."""
    match unsign(keys, "form", token):
        case [list(token_binding), str(nonce), int(signed_at)] if token_binding == list(binding):
            return nonce if is_fresh(signed_at, now) else None
    return None


def is_fresh(at: int, now: datetime) -> bool:
    """Whether a key created at that second is still valid."""
    return now.timestamp() - at < FORM_MAX_AGE.total_seconds()


def _serializer(keys: Keys, purpose: str) -> URLSafeSerializer:
    oldest_first = list(reversed(keys.derive_web(f"page: {purpose}")))
    return URLSafeSerializer(oldest_first, salt=purpose)
