"""Idempotency keys of filled-in forms: sent twice they are performed once; sent with other content they are refused."""

from __future__ import annotations

import hashlib
import hmac

from bot.portal.forms.posted_form import PostedForm
from bot.portal.page_context import PageContext
from bot.service import RequestKey
from bot.store.engine.keys import canonical_json

KEY_FIELD = "key"
"""The field with the form's key, which is in the name already."""


def request_key(page: PageContext, name: str, posted: PostedForm) -> RequestKey:
    """The idempotency key of the form with the name, which holds its nonce, as it is filled in now.

    Where somebody goes back and sends the form with another text, `Service.perform` raises SentBefore.
    """
    fields = sorted((field, value) for field, value in posted.fields if field != KEY_FIELD)
    files = sorted((one.field, one.file.sha256) for one in posted.uploads if one.file is not None)
    key = page.deps.service.database.keys.derive("form content")
    digest = hmac.new(key, canonical_json([fields, files]).encode(), hashlib.sha256)
    return RequestKey(name, digest.hexdigest())
