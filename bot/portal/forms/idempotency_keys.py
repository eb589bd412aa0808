"""Idempotency keys of what is sent from the pages: sent twice it is performed once.

A form that is filled in is refused where it comes again with other content. The outcomes of earlier requests are
stored under these keys, so none of them may change.
"""

from __future__ import annotations

import hashlib
import hmac

from bot.domain.rules import Command
from bot.portal.forms.posted_form import PostedForm
from bot.service import IdempotencyKey
from bot.store import Keys
from bot.store.engine.keys import canonical_json

PAGE_FIELDS = ("key", "mark")
"""The form's key, whose nonce is in the idempotency key already, and the mark of its page."""


def make_submission_key(nonce: str) -> str:
    """The key of opening a case by an applicant's form with that nonce."""
    return f"form:{nonce}"


def make_registration_key(nonce: str) -> str:
    """The key of opening a case by an officer's form with that nonce."""
    return f"page:register:{nonce}"


def make_answer_key(keys: Keys, nonce: str | None, posted: PostedForm) -> IdempotencyKey:
    """The key of what an applicant writes in a case."""
    return _make_content_key(keys, f"answer:{nonce}", posted)


def make_decision_request_key(nonce: str) -> str:
    """The key of an applicant's request for a decision."""
    return f"request:{nonce}"


def make_case_form_key(keys: Keys, form: str, nonce: str | None, posted: PostedForm) -> IdempotencyKey:
    """The key of an officer's form of that name on a case, as it is filled in."""
    return _make_content_key(keys, make_case_form_name(form, nonce), posted)


def make_case_form_name(form: str, nonce: str | None) -> str:
    """The name of that key, under which the outcome is whatever was filled in."""
    return f"page:{form}:{nonce}"


def make_one_click_key(command: Command, nonce: str, posted: PostedForm) -> str:
    """The key of a button of the case page that performs the command, on the message or list that it stands at."""
    return f"page:{type(command).__name__}:{nonce}:{posted.get('message') or posted.get('place')}"


def make_restoration_key(nonce: str | None) -> str:
    """The key of restoring a deleted case."""
    return f"page:restore:{nonce}"


def _make_content_key(keys: Keys, name: str, posted: PostedForm) -> IdempotencyKey:
    """A key with a hash of the form's content: where it differs, `Service.perform` raises SentBefore."""
    fields = sorted((field, value) for field, value in posted.fields if field not in PAGE_FIELDS)
    files = sorted((one.field, one.file.sha256) for one in posted.uploads if one.file is not None)
    key = keys.derive("form content")
    digest = hmac.new(key, canonical_json([fields, files]).encode(), hashlib.sha256)
    return IdempotencyKey(name, digest.hexdigest())
