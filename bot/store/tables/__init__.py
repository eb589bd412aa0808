"""The tables, in a module for each topic. Rows are used within the store only."""

from bot.store.tables.authentication import LoginTokenRow, SessionRow, SignInRow
from bot.store.tables.base import Base, UtcDateTime
from bot.store.tables.batches import BatchCaseRow, BatchRow, ExportFileRow
from bot.store.tables.cases import (
    CASE,
    AnswersRow,
    ApplicantRow,
    AssigneeRow,
    CaseNumberRow,
    CaseRow,
    DefinitionRow,
)
from bot.store.tables.figures import FigureRow, FigureStateRow, FigureSumRow
from bot.store.tables.jobs import FailedImportRow, JobRunRow
from bot.store.tables.log import HistoryRow, IdempotencyKeyRow, ReadingRow, SealRow
from bot.store.tables.officers import (
    AbsenceRow,
    AssignmentRotationRow,
    DraftRow,
    FlagRow,
    HomeListRow,
    HomePositionRow,
    OpenListRow,
    PreferenceRow,
    TickingRow,
    UnreadMarkRow,
)
from bot.store.tables.outbox import DeliveryRow, DestinationRow, RateLimitRow
from bot.store.tables.retention import (
    RemainingReplyRow,
    RetentionLineRow,
    RetentionListRow,
    RetentionRuleRow,
)
from bot.store.tables.search import SavedQueryRow, SearchIndexRow, SearchResultsRow
from bot.store.tables.slack import CardRow, SlackAccountRow, SlackFileToDeleteRow, ThreadRow
from bot.store.tables.texts import FileRow, FormDraftRow, MessageRow, NoteRevisionRow, NoteRow

__all__ = [
    "CASE",
    "AbsenceRow",
    "AnswersRow",
    "ApplicantRow",
    "AssigneeRow",
    "AssignmentRotationRow",
    "Base",
    "BatchCaseRow",
    "BatchRow",
    "CardRow",
    "CaseNumberRow",
    "CaseRow",
    "DefinitionRow",
    "DeliveryRow",
    "DestinationRow",
    "DraftRow",
    "ExportFileRow",
    "FailedImportRow",
    "FigureRow",
    "FigureStateRow",
    "FigureSumRow",
    "FileRow",
    "FlagRow",
    "FormDraftRow",
    "HistoryRow",
    "HomeListRow",
    "HomePositionRow",
    "IdempotencyKeyRow",
    "JobRunRow",
    "LoginTokenRow",
    "MessageRow",
    "NoteRevisionRow",
    "NoteRow",
    "OpenListRow",
    "PreferenceRow",
    "RateLimitRow",
    "ReadingRow",
    "RemainingReplyRow",
    "RetentionLineRow",
    "RetentionListRow",
    "RetentionRuleRow",
    "SavedQueryRow",
    "SealRow",
    "SearchIndexRow",
    "SearchResultsRow",
    "SessionRow",
    "SignInRow",
    "SlackAccountRow",
    "SlackFileToDeleteRow",
    "ThreadRow",
    "TickingRow",
    "UnreadMarkRow",
    "UtcDateTime",
]
