"""What is found at last: in the store, in Slack and in the mailbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from bot.blocks.cases.card import card
from bot.blocks.cases.thread import line
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.views import HistoryLine
from bot.store import Tx
from bot.store.cases import contents, system_queries
from bot.store.files.attachments import attached
from bot.store.log import history
from bot.store.outbox import deliveries
from bot.store.tables import CaseRow, MessageRow, NoteRow
from bot.store.verification import proof
from bot.text import words
from bot.text.working_days import local_day
from sandbox.server import Sandbox
from sandbox.town.entities import Message
from tests.chaos.checker import Found, Kept
from tests.chaos.ledger import said_with

OPENING = "Skriv inga namn"
"""How the first line in a thread begins, which tells of nothing that happened."""


def found(tx: Tx, catalog: Catalog, sandbox: Sandbox, checkpoints: Path) -> Found:
    """All that is found."""
    posts = [
        message
        for channel in sandbox.stage.workspace.channels.values()
        for message in channel.messages.values()
        if message.bot_id and not message.tombstone
    ]
    ids = tx.conn.execute(select(CaseRow.id).order_by(CaseRow.number)).scalars()
    return Found(
        cases=tuple(_case(tx, catalog, sandbox, (case_id, posts)) for case_id in ids),
        posts=Counter(intent for post in posts if (intent := _payload(post).get("intent_id"))),
        left=deliveries.counts(tx),
        log="; ".join(one.said(words("en")) for one in proof.verify(tx, checkpoints).findings),
    )


def _case(tx: Tx, catalog: Catalog, sandbox: Sandbox, at: tuple[str, list[Message]]) -> Kept:
    case_id, posts = at
    view, happened = system_queries.card(tx, case_id), history.read(tx, case_id)
    assert view is not None
    service = catalog.service(view.case.service)
    assert service is not None
    email = contents.people_of(tx, case_id)[0].email
    own = [post for post in posts if _payload(post).get("case_id") == case_id and _is_in_channel(post)]
    language = words(catalog.card_language_of(service))
    due = [said for one in happened if (said := line(one, catalog, service, language))]
    return Kept(
        number=view.case.number,
        request=email,
        deeds=_deeds(tx, case_id, happened),
        card=_state(card(view, catalog, language, local_day(datetime.now(UTC))).text),
        cards=tuple(_state(post.text) for post in own if post.thread_ts in (None, post.ts)),
        lines=Counter(_lines(post for post in own if post.thread_ts not in (None, post.ts))),
        lines_due=Counter([OPENING, *due] if due else []),
        mails=frozenset(
            mail.header("Message-ID")
            for mail in sandbox.mails()
            if email in mail.recipients and "kod" not in mail.subject
        ),
        mails_due=sum(_is_mailed(one, service) for one in happened),
    )


def _state(card: str) -> str:
    """What a card says of the case; whether it is called new is not drawn anew for a note."""
    return card.removeprefix("Nytt ärende").removeprefix("Ärende")


def _payload(post: Message) -> dict[str, str]:
    return (post.metadata or {}).get("event_payload") or {}


def _is_in_channel(post: Message) -> bool:
    return post.channel.startswith("C")


def _lines(replies: Iterable[Message]) -> list[str]:
    return [
        OPENING if said.startswith(OPENING) else said for reply in replies for said in reply.text.split("\n")
    ]


def _is_mailed(one: HistoryLine, service: EService) -> bool:
    if one.event == "StatusSet":
        status = service.status(one.facts["status"])
        return status is not None and status.told is not None
    return one.event in ("CaseSubmitted", "MessageSent")


def _deeds(tx: Tx, case_id: str, happened: list[HistoryLine]) -> Counter[tuple[str, str]]:
    files: dict[str | None, list[str]] = {}
    for one in attached(tx, case_id):
        files.setdefault(one.note_id or one.message_id, []).append(one.file.name)

    def texts(row: type[NoteRow | MessageRow], *only: object) -> list[str]:
        rows = tx.conn.execute(select(row.id, row.body).where(row.case_id == case_id, *only))  # type: ignore[arg-type]
        return [said_with(text, files.get(came, [])) for came, text in rows]

    done = [("taken", one.facts["officer"]) for one in happened if one.event == "CaseTaken"]
    done += [("status", one.facts["status"]) for one in happened if one.event == "StatusSet"]
    done += [("note", text) for text in texts(NoteRow)]
    done += [("message", text) for text in texts(MessageRow, MessageRow.by != "applicant")]
    done += [("answer", text) for text in texts(MessageRow, MessageRow.by == "applicant")]
    return Counter(done)
