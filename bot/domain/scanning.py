"""Files and the virus scanner: what is not accepted or sent, and what is told of a file that was stopped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from bot.domain.case import Case
from bot.domain.log_sentences import Sentence
from bot.domain.notices import CARD_AND_THREAD
from bot.domain.rules import CaseCommand, Context, Event, Refused, require_machine
from bot.domain.submission import FileRef


class FileInfected(Refused):
    """The scanner has found one of the files to be harmful; the form says which."""

    key = "no.file.infected"


class FileNotScanned(Refused):
    """The scanner has not found all files to be clean yet, so they may not be sent; the form says which."""

    key = "no.file.notscanned"


def require_not_infected(files: Iterable[FileRef]) -> None:
    """Raise FileInfected for a file that the scanner has found to be harmful. Those that wait for it are accepted."""
    if any(file.scan == "infected" for file in files):
        raise FileInfected


def require_sendable(files: Iterable[FileRef]) -> None:
    """Raise FileInfected or FileNotScanned for a file that may not be sent to an applicant (yet)."""
    files = list(files)
    require_not_infected(files)
    if not all(file.is_offered for file in files):
        raise FileNotScanned


@dataclass(frozen=True, kw_only=True)
class FileStopped(Event):
    """The scanner found a file of the case to be harmful (`infected`), or could not scan it. Nobody may open it."""

    file_id: str
    infected: bool

    log = (Sentence("history.file.infected", only_with="infected"), Sentence("history.file.unscannable"))
    notices = CARD_AND_THREAD


@dataclass(frozen=True, kw_only=True)
class ReportStoppedFile(CaseCommand):
    """Report that the scanner has stopped a file of the case."""

    file_id: str
    infected: bool

    audience = "machine"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        require_machine(case, ctx)
        return [FileStopped(at=ctx.now, by=ctx.actor.ref, file_id=self.file_id, infected=self.infected)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return case, cls(case_id=case.id, file_id="f", infected=True)
