"""Files and the virus scanner: what is not accepted or sent, and what is told of a file that was stopped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from bot.domain.access import require_machine
from bot.domain.case import Case
from bot.domain.log_sentences import Sentence
from bot.domain.notices import CARD_AND_THREAD, ApplicantNotice, Notice
from bot.domain.rules import CaseCommand, Context, Event, Refused
from bot.domain.submission import STOPPED, FileRef, ScanState


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
    """The scanner found a file of the case to be harmful (`infected`), or could not scan it. Nobody may open it.

    `senders` are the applicants who sent it, none for an officer's file; None in events of older versions.
    """

    file_id: str
    infected: bool
    senders: tuple[str, ...] | None = None

    log = (Sentence("history.file.infected", only_with="infected"), Sentence("history.file.unscannable"))
    log_details = (Sentence("history.file.senders", only_with="senders"),)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """Those who sent the file are notified, since they have to send another."""
        return [*CARD_AND_THREAD, *(ApplicantNotice(sender, "file_stopped") for sender in self.senders or ())]


@dataclass(frozen=True, kw_only=True)
class FileCleared(Event):
    """A file of the case that had been stopped may be opened: the scanner has found it clean after all, or is gone."""

    file_id: str

    log = (Sentence("history.file.cleared"),)
    notices = CARD_AND_THREAD


@dataclass(frozen=True, kw_only=True)
class ReportScan(CaseCommand):
    """Report that the scanner has stopped a file of the case, or cleared one that it had stopped.

    `senders` are the applicants who sent it, none for an officer's file.
    """

    file_id: str
    state: ScanState
    senders: tuple[str, ...] = ()

    audience = "machine"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        require_machine(case, ctx)
        common: dict[str, Any] = {"at": ctx.now, "by": ctx.actor.ref, "file_id": self.file_id}
        if self.state in STOPPED:
            return [FileStopped(**common, infected=self.state == "infected", senders=self.senders)]
        return [FileCleared(**common)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return case, cls(case_id=case.id, file_id="f", state="infected", senders=case.applicants)
