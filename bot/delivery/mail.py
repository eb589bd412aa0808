"""Mail: to applicants, of one-time codes, and to officers who have no Slack account."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from bot.catalog.services import EService
from bot.clients.errors import PermanentFailure
from bot.clients.mail import Mail, MailClient
from bot.delivery.attempt import DeliveryAttempt, SaveOutcome, save_nothing
from bot.delivery.pending_reasons import load_pending_reasons
from bot.domain.actors import Machine
from bot.domain.case import Case
from bot.domain.messages.mail_failures import ReportMailFailure
from bot.domain.notices import CardUpdate
from bot.domain.views import Recipient
from bot.letters import LetterFacts, LetterKind, compose_letter
from bot.store import Tx
from bot.store.authentication import codes
from bot.store.cases import system_queries
from bot.store.outbox import deliveries
from bot.store.outbox.applicant_mail import APPLICANT_MAIL_KINDS
from bot.text import LANGUAGES, words
from bot.text.mail_addresses import ascii_domain

log = structlog.get_logger()

ACTOR = Machine("delivery")


class MailDestination:
    """Composes the letter when it is sent, to the current address; always with the same Message-ID."""

    def __init__(self, client: MailClient, public_url: str) -> None:
        self._client = client
        self._public_url = public_url.rstrip("/")
        self._senders: dict[str, Callable[[DeliveryAttempt], Awaitable[None]]] = {
            "mail": self._send_to_applicant,
            "status_mail": self._send_status_mail,
            "file_mail": self._send_to_applicant,
            "code": self._send_code,
            "officer": self._send_to_officer,
        }

    async def deliver(self, attempt: DeliveryAttempt) -> SaveOutcome:
        await self._senders[attempt.delivery.kind](attempt)
        if (
            attempt.delivery.kind in APPLICANT_MAIL_KINDS and attempt.delivery.uncertain
        ):  # it was parked, and someone sent it again
            return lambda tx: _enqueue_redraw(tx, attempt)
        return save_nothing

    async def _send_to_applicant(self, attempt: DeliveryAttempt) -> None:
        ids, case_id = attempt.delivery.ids, attempt.delivery.case_id

        def load(tx: Tx) -> tuple[Recipient | None, Case | None, system_queries.MessageState | None]:
            message = system_queries.load_message_state(tx, ids["message"]) if ids["message"] else None
            return (
                system_queries.find_recipient(tx, ids["applicant"]),
                system_queries.load_case(tx, case_id),
                message,
            )

        recipient, case, message = await attempt.context.database.read(load)
        if recipient is None or case is None or case.deleted_at is not None:
            return
        if message is not None and message.undone:
            return
        service = attempt.context.catalog().service(case.service)
        facts = self._build_facts(attempt, recipient, case, service)
        if not facts.may_follow and ids["letter"] != "received":
            return
        if message is not None:
            facts = replace(facts, answer_by=message.answer_by)
        await self._send(
            attempt, recipient.email, ids["letter"], (facts, _supported_language(recipient.language))
        )

    async def _send_status_mail(self, attempt: DeliveryAttempt) -> None:
        """Send the mail, unless a message that has left since the last of its changes has a mail of its own."""
        case_id, seq, now = (
            attempt.delivery.case_id,
            max(attempt.delivery.ids["seqs"]),
            attempt.context.clock(),
        )
        message_has_left = await attempt.context.database.read(
            lambda tx: system_queries.has_message_left_since(tx, case_id, seq, now)
        )
        if not message_has_left:
            await self._send_to_applicant(attempt)

    def _build_facts(
        self, attempt: DeliveryAttempt, recipient: Recipient, case: Case, service: EService | None
    ) -> LetterFacts:
        """The facts of the letter; `is_strict` for a strict or removed e-service, and for a protected case."""
        language, ids = _supported_language(recipient.language), attempt.delivery.ids
        strict = service is None or service.strict or case.protected
        is_named = service is not None and service.name_in_mail and not strict
        link = "/".join(part for part in (self._public_url, "m", ids["applicant"], ids["message"]) if part)
        return LetterFacts(
            municipality=attempt.context.catalog().municipality.name.in_(language),
            public_url=self._public_url,
            number=case.number,
            link=link,
            service=service.name.in_(language) if is_named and service is not None else "",
            is_strict=strict,
            may_follow=service is None or (service.applicant_follows and service.login != "none"),
            is_confirmed=recipient.is_confirmed,
        )

    async def _send_code(self, attempt: DeliveryAttempt) -> None:
        """Send the code, unless no case has the mailbox: the page does not reveal which."""
        ids = attempt.delivery.ids
        sign_in, in_application = ids["sign_in"], ids.get("language", "")

        def load(tx: Tx) -> Recipient | None:
            return system_queries.find_code_recipient(tx, sign_in, in_application)

        recipient = await attempt.context.database.read(load)
        if recipient is None or attempt.context.clock() - attempt.delivery.created_at > codes.CODE_LIFETIME:
            return
        language = _supported_language(recipient.language)
        facts = LetterFacts(
            municipality=attempt.context.catalog().municipality.name.in_(language),
            public_url=self._public_url,
            code=codes.derive_code(attempt.context.database.keys, sign_in),
        )
        try:
            kind: LetterKind = "application_code" if in_application else "code"
            await self._send(attempt, recipient.email, kind, (facts, language))
        except PermanentFailure as error:
            # Not parked: a code that arrives later is worthless.
            log.warning("code_not_delivered", delivery=attempt.delivery.id, trouble=error.trouble)

    async def _send_to_officer(self, attempt: DeliveryAttempt) -> None:
        catalog, ids = attempt.context.catalog(), attempt.delivery.ids
        officer = catalog.officer(ids["officer"])
        if officer is None:
            return
        language = (await attempt.context.service.languages.words_of(officer.key)).language
        facts = LetterFacts(municipality=catalog.municipality.name.in_(language), public_url=self._public_url)
        kind: LetterKind | None = _KIND_OF_REASON.get(ids["reasons"][0])
        if kind is None:
            pending = await load_pending_reasons(attempt, officer)
            if pending.case is None or not pending.reasons:
                return
            number, reason = pending.case.number, pending.reasons[-1]
            is_wished = pending.chosen.place_of_all(pending.reasons) == "mail"
            kind, facts = "officer", replace(facts, number=number, reason=reason, is_wished=is_wished)
        await self._send(attempt, officer.email, kind, (facts, language))

    async def _send(
        self, attempt: DeliveryAttempt, to: str, kind: LetterKind, facts_and_language: tuple[LetterFacts, str]
    ) -> None:
        facts, language = facts_and_language
        content = compose_letter(kind, facts, words(language))
        await self._client.send(
            Mail(
                to=to,
                sender_name=facts.municipality,
                subject=content.subject,
                text=content.text,
                html=content.html,
                language=language,
                message_id=self._message_id(attempt),
            )
        )

    def _message_id(self, attempt: DeliveryAttempt) -> str:
        """Derived from the delivery with a secret key, so that it is always the same and reveals nothing."""
        delivery, keys = attempt.delivery, attempt.context.database.keys
        source = f"{delivery.lane}/{delivery.ids.get('seq', delivery.id)}/{delivery.ids.get('letter', '')}"
        name = hmac.digest(keys.derive("message-id"), source.encode(), hashlib.sha256).hex()[:32]
        return f"{name}@{ascii_domain(self._client.sender.rpartition('@')[2])}"

    def on_parked(self, tx: Tx, attempt: DeliveryAttempt, trouble: str) -> None:
        """Record the failure as an event of the case, or redraw its card where the catalog lacks its e-service."""
        delivery, service = attempt.delivery, attempt.context.service
        case = (
            system_queries.load_case(tx, delivery.case_id) if delivery.kind in APPLICANT_MAIL_KINDS else None
        )
        if case is None:
            return
        if service.catalog.service(case.service) is None:
            return _enqueue_redraw(tx, attempt)
        ids = delivery.ids
        command = ReportMailFailure(case_id=case.id, applicant=ids["applicant"], message_id=ids["message"])
        service.perform_in_transaction(tx, command, ACTOR)


_KIND_OF_REASON: dict[str, LetterKind] = {
    "trouble": "trouble",
    "catalog": "catalog",
    "retention": "retention",
    "absence": "absence",
    "day": "day",
    "unassigned": "unassigned",
    "lost_access": "lost_access",
}
"""The letters to officers that are about no case."""


def _enqueue_redraw(tx: Tx, attempt: DeliveryAttempt) -> None:
    """Enqueue an update of the card, so that it no longer says that the mail did not arrive."""
    case = system_queries.load_case(tx, attempt.delivery.case_id)
    if case is not None:
        deliveries.enqueue(tx, case, [(case.seq, CardUpdate())], attempt.context.clock())


def _supported_language(language: str) -> str:
    return language if language in LANGUAGES else LANGUAGES[0]
