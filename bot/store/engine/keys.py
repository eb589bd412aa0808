"""Keys derived from the one secret, each for one purpose."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from bot.text.mail_addresses import mailbox_of


@dataclass(frozen=True, repr=False)
class Keys:
    """What the program signs and hashes with. The secret is not in the database, and never shown."""

    secret: bytes

    def derive(self, purpose: str) -> bytes:
        """32 bytes for that purpose only."""
        return hmac.digest(self.secret, purpose.encode(), "sha256")

    def hash_mailbox(self, address: str) -> str:
        """The key of a mailbox: one for all addresses that mail servers take to it; tells nothing of the address."""
        return hmac.new(self.derive("mailbox"), mailbox_of(address).encode(), hashlib.sha256).hexdigest()

    def hash_token(self, token: str) -> str:
        """What the database keeps of a bearer token."""
        return hmac.new(self.derive("token"), token.encode(), hashlib.sha256).hexdigest()


def canonical_json(value: Any) -> str:
    """JSON with one form for one value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
