"""What is found at last: in the store, in Slack and in the mailbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, update

from bot.blocks.cases.card import card
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.event_wording import EventWording
from bot.domain.views import HistoryLine
from bot.store import Tx
from bot.store.cases import contents, system_queries
from bot.store.files.attachments import load_attached_files
from bot.store.log import history
from bot.store.outbox import delivery_counts
from bot.store.tables import CaseRow, DeliveryRow, MessageRow, NoteRow
from bot.store.verification import proof
from bot.text import words
from bot.text.working_days import local_day
from sandbox.server import Sandbox
from sandbox.town.entities import Message
from tests.chaos.checker import FinalState, StoredCase
from tests.chaos.ledger import text_with_files

OPENING = "Skriv inga namn"
"""How the first line in a thread begins, which tells of nothing that happened."""


TOLD_IN_THREADS = {
    *("CaseTaken", "AssigneesChanged", "CaseReleased", "StatusSet"),
    *("MessageReceived", "InformationAdded", "CaseOverdue", "ApplicantNotReached"),
}


def read_final_state(tx: Tx, catalog: Catalog, sandbox: Sandbox, checkpoints: Path) -> FinalState:
    """All that is found."""
    posts = [
        message
        for channel in sandbox.shared.workspace.channels.values()
        for message in channel.messages.values()
        if message.bot_id and not message.tombstone
    ]
    ids = tx.conn.execute(select(CaseRow.id).order_by(CaseRow.number)).scalars()
    return FinalState(
        cases=tuple(_read_case(tx, catalog, sandbox, (case_id, posts)) for case_id in ids),
        posts=Counter(intent for post in posts if (intent := _payload(post).get("intent_id"))),
        undelivered=delivery_counts.count_by_kind_and_state(tx),
        log_findings="; ".join(one.in_words(words("en")) for one in proof.verify(tx, checkpoints).findings),
    )


def _read_case(
    tx: Tx, catalog: Catalog, sandbox: Sandbox, case_and_posts: tuple[str, list[Message]]
) -> StoredCase:
    case_id, posts = case_and_posts
    view, events = system_queries.load_card(tx, case_id), history.read(tx, case_id)
    assert view is not None
    service = catalog.service(view.case.service)
    assert service is not None
    email = contents.load_people(tx, case_id)[0].email
    own_posts = [post for post in posts if _payload(post).get("case_id") == case_id and _is_in_channel(post)]
    language = words(catalog.card_language_of(service))
    wording = EventWording(catalog, service, language)
    lines_due = [wording.thread_line(one) for one in events if one.event in TOLD_IN_THREADS]
    mails_due, mails_optional = _count_mails_due(tx, case_id, events, service)
    return StoredCase(
        number=view.case.number,
        request=email,
        actions=_read_actions(tx, case_id, events),
        card=_card_state(card(view, catalog, language, local_day(datetime.now(UTC))).text),
        cards=tuple(_card_state(post.text) for post in own_posts if post.thread_ts in (None, post.ts)),
        lines=Counter(_split_lines(post for post in own_posts if post.thread_ts not in (None, post.ts))),
        lines_due=Counter([OPENING, *lines_due] if lines_due else []),
        mails=frozenset(
            mail.header("Message-ID")
            for mail in sandbox.mails()
            if email in mail.recipients and "kod" not in mail.subject
        ),
        mails_due=mails_due,
        mails_optional=mails_optional,
    )


def _card_state(card: str) -> str:
    """What a card says of the case; whether it is called new is not drawn anew for a note."""
    return card.removeprefix("Nytt ärende").removeprefix("Ärende")


def _payload(post: Message) -> dict[str, str]:
    return (post.metadata or {}).get("event_payload") or {}


def _is_in_channel(post: Message) -> bool:
    return post.channel.startswith("C")


def _split_lines(replies: Iterable[Message]) -> list[str]:
    return [
        OPENING if text.startswith(OPENING) else text for reply in replies for text in reply.text.split("\n")
    ]


def _count_mails_due(tx: Tx, case_id: str, events: list[HistoryLine], service: EService) -> tuple[int, int]:
    """How many mails there must be, and how many more there may be.

    Those about the status are gathered, and none is due where a message has left since.
    """
    told = [
        one
        for one in events
        if one.event == "StatusSet" and (status := service.status(one.facts["status"])) and status.told
    ]
    due = sum(one.event in ("CaseSubmitted", "MessageSent") for one in events)
    of_officers = (MessageRow.case_id == case_id, MessageRow.applicant == "")
    left = tx.conn.execute(select(MessageRow.visible_at).where(*of_officers)).scalars().all()
    is_due = bool(told) and not any(moment > told[-1].at for moment in left)
    return due + is_due, len(told) - is_due


def hasten_status_mails(tx: Tx) -> None:
    """Let the gathered mails leave now: their ten minutes are not waited for."""
    now = datetime.now(UTC)
    waiting = (DeliveryRow.kind == "status_mail", DeliveryRow.state == "waiting", DeliveryRow.due_at > now)
    tx.conn.execute(update(DeliveryRow).where(*waiting).values(due_at=now, created_at=now))


def _read_actions(tx: Tx, case_id: str, events: list[HistoryLine]) -> Counter[tuple[str, str]]:
    files: dict[str | None, list[str]] = {}
    for one in load_attached_files(tx, case_id):
        files.setdefault(one.note_id or one.message_id, []).append(one.file.name)

    def texts(row: type[NoteRow | MessageRow], *only: object) -> list[str]:
        rows = tx.conn.execute(select(row.id, row.body).where(row.case_id == case_id, *only))  # type: ignore[arg-type]
        return [text_with_files(text, files.get(owner_id, [])) for owner_id, text in rows]

    actions = [("taken", one.facts["officer"]) for one in events if one.event == "CaseTaken"]
    actions += [("status", one.facts["status"]) for one in events if one.event == "StatusSet"]
    actions += [("note", text) for text in texts(NoteRow)]
    actions += [("message", text) for text in texts(MessageRow, MessageRow.by != "applicant")]
    actions += [("answer", text) for text in texts(MessageRow, MessageRow.by == "applicant")]
    return Counter(actions)
