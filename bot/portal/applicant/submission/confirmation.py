"""Confirmation of the applicant's mail address by a code, as the last step before a form is submitted."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

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


async def confirm_address(
    page: PageContext, form: Form, contact_result: ValidationResult
) -> ConfirmedMailbox | Response:
    """The confirmed mailbox, with which the form is to be submitted; or the page on which the code is entered.

    E-services whose cases are not followed on Mina sidor ask for no code, and neither do people who are signed in.
    """
    address, action = contact_result.by_field().get("p0_email"), form.posted.get("do")
    if not isinstance(address, str) or not contacts.requires_mail(form.service) or action == "unconfirmed":
        return ConfirmedMailbox()
    step = _ConfirmationStep(page, form, address, page.deps.keys.hash_mailbox(address))
    session = await sessions.load(page, "applicant")
    if session is not None and session.subject == step.mailbox:
        return ConfirmedMailbox(step.mailbox, "session")
    requested = step.requested_code()
    if requested is None or action in ("send", "new_code"):
        return await step.send_code()
    return step.code_page(requested) if action == "code" else await step.verify(requested)


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
                return RequestedCode(sign_in_id, datetime.fromtimestamp(sent_at, UTC) if sent_at else None)
        return None

    async def send_code(self) -> Response:
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
            return self.code_page(None, page.words("page.confirm.wait"), status=429)
        page.deps.service.wake()
        return self.code_page(RequestedCode(sign_in.id, None if sign_in == new else sign_in.at))

    async def verify(self, requested: RequestedCode) -> ConfirmedMailbox | Response:
        """The confirmed mailbox where the entered code is right, otherwise the page that says so."""
        page = self.page
        digits = re.sub(r"[^0-9]", "", fold_typed(self.form.posted.get("code")))
        if len(digits) != 6:
            return self.code_page(requested, page.words("page.code.digits"))
        is_right, tries_left = await page.deps.service.database.write(
            lambda tx: codes.verify_for_application(tx, requested.sign_in_id, digits, page.now)
        )
        if is_right:
            return ConfirmedMailbox(self.mailbox)
        if tries_left:
            return self.code_page(requested, page.words("page.code.wrong", n=tries_left))
        return self.code_page(None, page.words("page.confirm.over"))

    def code_page(self, requested: RequestedCode | None, problem: str = "", *, status: int = 0) -> Response:
        """The page; where no code can be entered (`requested` is None), another can be sent."""
        form = self.form
        return self.page.render(
            "confirm.html",
            status or (422 if problem else 200),
            service=form.service,
            discreet=form.service.strict,
            hidden=list(hidden_fields(form)),
            key=form.key,
            persons=form.persons,
            address=self.address,
            token=self._sign(requested) if requested else "",
            sent_at=requested.sent_at if requested else None,
            problem=problem,
        )

    def _sign(self, requested: RequestedCode) -> str:
        sent_at = int(requested.sent_at.timestamp()) if requested.sent_at else 0
        value = [self.form.nonce, self.mailbox, requested.sign_in_id, sent_at]
        return sign(self.page.deps.keys, _PURPOSE, value)
