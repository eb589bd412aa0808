"""Mail: to applicants, of one-time codes, and to officers who have no Slack account."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from bot.catalog.services import EService
from bot.clients.errors import Permanent
from bot.clients.mail import Mail, MailClient
from bot.delivery.telling import still_to_tell
from bot.delivery.turn import Finish, Turn, nothing
from bot.domain.actors import Machine
from bot.domain.case import Case
from bot.domain.notices import CardChanged
from bot.domain.reaching import TellNotReached
from bot.domain.views import Recipient
from bot.letters import Facts, Kind, letter
from bot.store import Tx, doors
from bot.store.cases import system_queries
from bot.store.outbox import deliveries
from bot.text import LANGUAGES, words
from bot.text.mail_addresses import ascii_domain

log = structlog.get_logger()

ACTOR = Machine("delivery")


class Mails:
    """Writes the letter when it is sent, to the address as it is then; the same Message-ID however often."""

    def __init__(self, client: MailClient, public_url: str) -> None:
        self._client = client
        self._home = public_url.rstrip("/")
        self._kinds: dict[str, Callable[[Turn], Awaitable[None]]] = {
            "mail": self._to_applicant,
            "code": self._code,
            "officer": self._to_officer,
        }

    async def deliver(self, turn: Turn) -> Finish:
        await self._kinds[turn.delivery.kind](turn)
        if (
            turn.delivery.kind == "mail" and turn.delivery.uncertain
        ):  # it was parked, and someone sent it again
            return lambda tx: _redraw(tx, turn)
        return nothing

    async def _to_applicant(self, turn: Turn) -> None:
        ids, case_id = turn.delivery.ids, turn.delivery.case_id

        def look(tx: Tx) -> tuple[Recipient | None, Case | None, system_queries.Written | None]:
            message = system_queries.written(tx, ids["message"]) if ids["message"] else None
            return system_queries.recipient(tx, ids["applicant"]), system_queries.case(tx, case_id), message

        recipient, case, message = await turn.around.database.read(look)
        if recipient is None or case is None or (message is not None and message.undone):
            return
        service = turn.around.catalog().service(case.service)
        told = self._facts(turn, recipient, case, service)
        if not told.follows and ids["letter"] != "received":
            return
        if message is not None:
            told = replace(told, answer_by=message.answer_by)
        await self._send(turn, recipient.email, ids["letter"], (told, _language(recipient.language)))

    def _facts(self, turn: Turn, recipient: Recipient, case: Case, service: EService | None) -> Facts:
        """What is strict: an e-service that is, a protected case, and an e-service that the catalog no longer has."""
        language, ids = _language(recipient.language), turn.delivery.ids
        strict = service is None or service.strict or case.protected
        named = service is not None and service.name_in_mail and not strict
        link = "/".join(part for part in (self._home, "m", ids["applicant"], ids["message"]) if part)
        return Facts(
            municipality=turn.around.catalog().municipality.name.in_(language),
            home=self._home,
            number=case.number,
            link=link,
            service=service.name.in_(language) if named and service is not None else "",
            strict=strict,
            follows=service is None or (service.applicant_follows and service.login != "none"),
        )

    async def _code(self, turn: Turn) -> None:
        """To the mailbox that it was asked for; to one that no case has, nothing, and nobody is told which."""
        sign_in = turn.delivery.ids["sign_in"]

        def look(tx: Tx) -> Recipient | None:
            mailbox = system_queries.mailbox_of_sign_in(tx, sign_in)
            return system_queries.recipient_of_mailbox(tx, mailbox) if mailbox is not None else None

        recipient = await turn.around.database.read(look)
        if recipient is None or turn.around.clock() - turn.delivery.created_at > doors.CODE_LIFE:
            return
        language = _language(recipient.language)
        told = Facts(
            municipality=turn.around.catalog().municipality.name.in_(language),
            home=self._home,
            code=doors.code_of(turn.around.database.keys, sign_in),
        )
        try:
            await self._send(turn, recipient.email, "code", (told, language))
        except Permanent as refused:
            # A code is worth nothing when it comes later, so it is not kept to be sent again.
            log.warning("code_not_delivered", delivery=turn.delivery.id, trouble=refused.trouble)

    async def _to_officer(self, turn: Turn) -> None:
        catalog, ids = turn.around.catalog(), turn.delivery.ids
        officer = catalog.officer(ids["officer"])
        if officer is None:
            return
        language = (await turn.around.service.languages.words_of(officer.key)).language
        told = Facts(municipality=catalog.municipality.name.in_(language), home=self._home)
        kind: Kind = "trouble"
        if "trouble" not in ids["reasons"]:
            case, reasons = await still_to_tell(turn, officer)
            if case is None or not reasons:
                return
            kind, told = "officer", replace(told, number=case.number, reason=reasons[-1])
        await self._send(turn, officer.email, kind, (told, language))

    async def _send(self, turn: Turn, to: str, kind: Kind, what: tuple[Facts, str]) -> None:
        told, language = what
        drawn = letter(kind, told, words(language))
        await self._client.send(
            Mail(
                to=to,
                sender_name=told.municipality,
                subject=drawn.subject,
                text=drawn.text,
                html=drawn.html,
                language=language,
                message_id=self._message_id(turn),
            )
        )

    def _message_id(self, turn: Turn) -> str:
        """From the delivery alone, and nothing can be read out of it."""
        delivery, keys = turn.delivery, turn.around.database.keys
        named = f"{delivery.lane}/{delivery.ids.get('seq', delivery.id)}/{delivery.ids.get('letter', '')}"
        name = hmac.digest(keys.derive("message-id"), named.encode(), hashlib.sha256).hex()[:32]
        return f"{name}@{ascii_domain(self._client.sender.rpartition('@')[2])}"

    def parked(self, tx: Tx, turn: Turn, trouble: str) -> None:
        """It is an event of the case, from which all are told. A case of no e-service in the catalog has its card."""
        delivery, service = turn.delivery, turn.around.service
        case = system_queries.case(tx, delivery.case_id) if delivery.kind == "mail" else None
        if case is None:
            return
        if service.catalog.service(case.service) is None:
            return _redraw(tx, turn)
        ids = delivery.ids
        command = TellNotReached(case_id=case.id, applicant=ids["applicant"], message_id=ids["message"])
        service.perform_within(tx, command, ACTOR)


def _redraw(tx: Tx, turn: Turn) -> None:
    """The card no longer says that the mail did not arrive."""
    case = system_queries.case(tx, turn.delivery.case_id)
    if case is not None:
        deliveries.enqueue(tx, case, [(case.seq, CardChanged())], turn.around.clock())


def _language(wanted: str) -> str:
    return wanted if wanted in LANGUAGES else LANGUAGES[0]
