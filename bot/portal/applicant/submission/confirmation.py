"""Confirmation of the applicant's mail address by a code, as the last step before a form is submitted."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from starlette.responses import Response

from bot.catalog.answers.validation import ValidationResult
from bot.domain.case import AddressState
from bot.domain.submission import Person
from bot.portal import sessions
from bot.portal.applicant.submission import contacts
from bot.portal.applicant.submission.filled_form import Form
from bot.portal.applicant.submission.review import hidden_fields
from bot.portal.page_context import PageContext
from bot.portal.signing import sign, unsign
from bot.store import Tx
from bot.store.authentication import codes
from bot.store.outbox import codes_and_scans
from bot.text.typed_values import fold_typed

ACTIONS = ("confirm", "code", "new_code", "unconfirmed")
"""The page's buttons: the code is entered, the page is shown again (in another language), another code is sent, and the
form is submitted without."""

_PURPOSE = "confirm address"


@dataclass(frozen=True, slots=True)
class ConfirmedMailbox:
    """The key of the mailbox that the applicant has shown to be theirs, and how; an empty key for none."""

    mailbox: str = ""
    how: Literal["code", "session"] = "code"


@dataclass(frozen=True, slots=True)
class RequestedCode:
    """A code that was sent to the form's address, for this filling-in of it; `sent_at` where an earlier one is used."""

    sign_in_id: str
    sent_at: datetime | None = None

    @staticmethod
    def from_json(sign_in_id: str, sent_at: int) -> RequestedCode:
        """The code with that id; `sent_at` in seconds, or 0."""
        return RequestedCode(sign_in_id, datetime.fromtimestamp(sent_at, UTC) if sent_at else None)


@dataclass(frozen=True, slots=True)
class CodeStep:
    """The page on which the code for a mailbox is entered; without one (`requested`) another can be sent.

    `problem` is the key of a sentence, and `facts` are what stands in it.
    """

    mailbox: str
    requested: RequestedCode | None
    problem: str = ""
    facts: Mapping[str, int] = field(default_factory=dict)
    status: int = 200

    def to_json(self) -> dict[str, Any]:
        code = self.requested
        sent_at = int(code.sent_at.timestamp()) if code is not None and code.sent_at is not None else 0
        return {
            "mailbox": self.mailbox,
            "code": [code.sign_in_id, sent_at] if code is not None else None,
            "problem": [self.problem, dict(self.facts), self.status],
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> CodeStep:
        code = RequestedCode.from_json(*stored["code"]) if stored["code"] is not None else None
        return CodeStep(stored["mailbox"], code, *stored["problem"])


async def confirm_address(
    page: PageContext, form: Form, contact_result: ValidationResult
) -> ConfirmedMailbox | CodeStep:
    """The confirmed mailbox, with which the form is to be submitted; or the page on which the code is entered.

    E-services whose cases are not followed on Mina sidor ask for no code, and neither do people who are signed in.
    """
    address, action = find_address(form, contact_result), form.posted.get("do")
    if not address or action == "unconfirmed":
        return ConfirmedMailbox()
    step = _ConfirmationStep(page, form, address, page.deps.keys.hash_mailbox(address))
    session = await sessions.load(page, "applicant")
    if session is not None and session.subject == step.mailbox:
        return ConfirmedMailbox(step.mailbox, "session")
    requested = step.requested_code()
    if requested is None or action in ("send", "new_code"):
        return await step.send_code()
    return CodeStep(step.mailbox, requested) if action == "code" else await step.verify(requested)


def find_address(form: Form, contact_result: ValidationResult) -> str:
    """The address that is to be confirmed; empty where none is."""
    address = contact_result.by_field().get("p0_email")
    return address if isinstance(address, str) and contacts.requires_mail(form.service) else ""


def is_for(page: PageContext, step: CodeStep, address: str) -> bool:
    """Whether the step is about that address: it may have been changed since."""
    return bool(address) and page.deps.keys.hash_mailbox(address) == step.mailbox


def code_page(page: PageContext, form: Form, address: str, step: CodeStep) -> Response:
    """The page; where no code can be entered, another can be sent."""
    requested = step.requested
    return page.render(
        "confirm.html",
        step.status,
        service=form.service,
        discreet=form.service.strict,
        hidden=list(hidden_fields(form)),
        form=form,
        address=address,
        token=_sign(page, form, step.mailbox, requested) if requested else "",
        sent_at=requested.sent_at if requested else None,
        problem=page.words(step.problem, **step.facts) if step.problem else "",
    )


def _sign(page: PageContext, form: Form, mailbox: str, requested: RequestedCode) -> str:
    sent_at = int(requested.sent_at.timestamp()) if requested.sent_at else 0
    return sign(page.deps.keys, _PURPOSE, [form.nonce, mailbox, requested.sign_in_id, sent_at])


def with_address_states(
    page: PageContext, people: tuple[Person, ...], confirmed: ConfirmedMailbox
) -> tuple[Person, ...]:
    """The persons, each with whether their address is the confirmed one."""

    def state(person: Person) -> AddressState:
        is_confirmed = confirmed.mailbox and page.deps.keys.hash_mailbox(person.email) == confirmed.mailbox
        return confirmed.how if is_confirmed else "unconfirmed"

    return tuple(replace(person, address_state=state(person)) for person in people)


@dataclass(frozen=True)
class _ConfirmationStep:
    """The step of a filled-in form whose address, with the key `mailbox`, is to be confirmed."""

    page: PageContext
    form: Form
    address: str
    mailbox: str

    def requested_code(self) -> RequestedCode | None:
        """The code of this form and address; None where none was sent, or the address was changed since."""
        match unsign(self.page.deps.keys, _PURPOSE, self.form.posted.get("confirm")):
            case [self.form.nonce, self.mailbox, str(sign_in_id), int(sent_at)]:
                return RequestedCode.from_json(sign_in_id, sent_at)
        return None

    async def send_code(self) -> CodeStep:
        """Send a code to the address. Beyond the limits the latest remains in use, or the person is told to wait."""
        page = self.page
        new = codes.SignIn(uuid.uuid4().hex, self.mailbox, page.now, email=self.address)

        def store_code(tx: Tx) -> codes.SignIn | None:
            sign_in = codes.request_code(tx, new, page.client_hash)
            if sign_in == new:
                codes_and_scans.enqueue_code_mail(tx, new.id, page.now, page.language)
            return sign_in

        sign_in = await page.deps.service.database.write(store_code)
        if sign_in is None:
            return CodeStep(self.mailbox, None, "page.confirm.wait", status=429)
        page.deps.service.wake()
        return CodeStep(self.mailbox, RequestedCode(sign_in.id, None if sign_in == new else sign_in.at))

    async def verify(self, requested: RequestedCode) -> ConfirmedMailbox | CodeStep:
        """The confirmed mailbox where the entered code is right, otherwise the page that says so."""
        page = self.page
        digits = re.sub(r"[^0-9]", "", fold_typed(self.form.posted.get("code")))
        if len(digits) != 6:
            return CodeStep(self.mailbox, requested, "page.code.digits", status=422)
        is_right, tries_left = await page.deps.service.database.write(
            lambda tx: codes.verify_for_application(tx, requested.sign_in_id, digits, page.now)
        )
        if is_right:
            return ConfirmedMailbox(self.mailbox)
        if tries_left:
            return CodeStep(self.mailbox, requested, "page.code.wrong", {"n": tries_left}, 422)
        return CodeStep(self.mailbox, None, "page.confirm.over", status=422)
