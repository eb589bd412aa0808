"""The idempotency keys of requests: the outcomes of earlier ones are stored under them, so they stay as they are."""

from __future__ import annotations

import pytest

from bot.domain.assignment import TakeCase
from bot.domain.submission import FileRef
from bot.handlers.request.idempotency_key import (
    make_internal_form_key,
    make_removed_reply_key,
    make_reply_key,
    make_reply_notice_key,
)
from bot.intake.idempotency_keys import make_api_key, make_clash_key
from bot.portal.forms import idempotency_keys
from bot.portal.forms.posted_form import PostedForm, Upload
from bot.service import IdempotencyKey
from bot.store import Keys

KEYS = Keys(b"s" * 32)
FILE = FileRef(id="f1", name="a.txt", size=3, kind="text/plain", sha256="ab" * 32)
FORM = PostedForm(
    [("key", "signed"), ("text", "Hej då"), ("kind", "add")],
    [Upload("files", "a.txt", FILE), Upload("files", "b.exe", refusal_key="no.kind")],
)
CONTENT_HASH = "2f57f0e36490024e179c2af5f68d78b633870f501751ea5b4f008ff16c9f3c9c"


@pytest.mark.parametrize(
    ("made", "stored"),
    [
        (idempotency_keys.make_submission_key("n1"), "form:n1"),
        (idempotency_keys.make_registration_key("n1"), "page:register:n1"),
        (idempotency_keys.make_decision_request_key("n1"), "request:n1"),
        (idempotency_keys.make_restoration_key("n1"), "page:restore:n1"),
        (make_reply_key("C1:17.1", "18.1"), "slack:reply:C1:17.1:18.1"),
        (make_reply_notice_key("C1:17.1"), "slack:reply:C1:17.1::told"),
        (make_removed_reply_key("C1:17.1"), "slack:reply:C1:17.1::removed"),
        (make_internal_form_key("o1"), "slack:internal:o1"),
        (make_api_key("kontakt", "k1"), "external:kontakt#k1"),
        (make_clash_key("oep:17", "ab12"), "external:oep:17!ab12"),
    ],
)
def test_a_request_is_known_by_the_key_that_earlier_releases_stored(made: str, stored: str) -> None:
    assert made == stored


@pytest.mark.parametrize(
    ("fields", "about"), [([("message", "m1")], "m1"), ([("place", "2"), ("do", "take")], "2"), ([], "")]
)
def test_a_button_is_known_by_its_command_and_by_what_it_stands_at(
    fields: list[tuple[str, str]], about: str
) -> None:
    key = idempotency_keys.make_one_click_key(TakeCase(case_id="c1"), "n1", PostedForm(fields))
    assert key == f"page:TakeCase:n1:{about}"


def test_a_form_is_known_by_its_nonce_and_by_what_stands_in_it() -> None:
    note = idempotency_keys.make_case_form_key(KEYS, "note", "n1", FORM)
    assert note == IdempotencyKey("page:note:n1", CONTENT_HASH)
    answer = idempotency_keys.make_answer_key(KEYS, "n1", FORM)
    assert answer == IdempotencyKey("answer:n1", CONTENT_HASH)


def test_a_form_with_another_text_is_another_request() -> None:
    other = PostedForm([("text", "Hej"), ("kind", "add")], FORM.uploads)
    assert idempotency_keys.make_answer_key(KEYS, "n1", other).content_hash != CONTENT_HASH
