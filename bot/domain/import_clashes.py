"""Documents that another system calls by a case's number, though they are not of that case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bot.domain.access import require_machine
from bot.domain.case import Case
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.rules import CaseCommand, Context, Event


@dataclass(frozen=True, kw_only=True)
class OtherDocumentReceived(Event):
    """A document with the case's number in `platform` had other content. Nothing of it was taken in."""

    platform: str
    external_id: str

    log = (
        Sentence(
            "history.otherdocument", {"platform": Fact("text", "platform"), "id": Fact("text", "external_id")}
        ),
    )
    notices = ()


@dataclass(frozen=True, kw_only=True)
class ReportOtherDocument(CaseCommand):
    """Report that a document with the case's number was not imported, since its content is another."""

    platform: str
    external_id: str

    audience = "machine"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        require_machine(case, ctx)
        return [
            OtherDocumentReceived(
                at=ctx.now, by=ctx.actor.ref, platform=self.platform, external_id=self.external_id
            )
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return case, cls(case_id=case.id, platform="open_eplatform", external_id="1001")
