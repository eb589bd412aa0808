"""Keys derived from the program's secrets, each for one purpose."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from bot.text.mail_addresses import mailbox_of


@dataclass(frozen=True, repr=False)
class Keys:
    """Derives the keys that the program signs and hashes with. The secrets are not in the database, and never shown.

    `secret` seals the log and names mailboxes, so it never changes. `web_secrets` sign what browsers hold: sessions,
    codes, links and forms. The first of them signs, and all are accepted; where there are none, `secret` does both.
    """

    secret: bytes
    web_secrets: tuple[bytes, ...] = ()

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for that purpose, which never changes."""
        return _derive(self.secret, purpose)

    def derive_web(self, purpose: str) -> tuple[bytes, ...]:
        """A key of 32 bytes for that purpose from each web secret; the first is used for signing."""
        secrets = self.web_secrets or (self.secret,)
        return tuple(_derive(secret, purpose) for secret in secrets)

    def hash_mailbox(self, address: str) -> str:
        """The key of a mailbox: a keyed hash, the same for all addresses that mail servers deliver to it."""
        return hmac.digest(self.derive("mailbox"), mailbox_of(address).encode(), "sha256").hex()

    def hash_token(self, token: str) -> str:
        """The hash under which the database stores a new bearer token."""
        return self.token_hashes(token)[0]

    def token_hashes(self, token: str) -> tuple[str, ...]:
        """The hashes under which a bearer token may be stored, one for each web secret."""
        return tuple(hmac.digest(key, token.encode(), "sha256").hex() for key in self.derive_web("token"))


@cache
def _derive(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, purpose.encode(), "sha256")


_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical_json(value: Any) -> str:
    """Canonical JSON: equal values give equal texts."""
    return _CANONICAL.encode(value)
