"""The tables, a module a topic. Rows never leave the store."""

from bot.store.tables.base import Base, Moment
from bot.store.tables.cases import AnswersRow, ApplicantRow, AssigneeRow, CaseRow, DefinitionRow, NumberRow
from bot.store.tables.doors import DoorRow, SessionRow, SignInRow
from bot.store.tables.log import HistoryRow, ReadingRow, ReceiptRow, SealRow
from bot.store.tables.officers import DraftRow, FlagRow, HomeRow, PreferenceRow
from bot.store.tables.outbox import BucketRow, DeliveryRow, DestinationRow
from bot.store.tables.runs import FailedImportRow, JobRunRow
from bot.store.tables.searching import HitsRow, SearchRow
from bot.store.tables.slack import AccountRow, CardRow, LeftFileRow, ThreadRow
from bot.store.tables.texts import FileRow, MessageRow, NoteRevisionRow, NoteRow

__all__ = [
    "AccountRow",
    "AnswersRow",
    "ApplicantRow",
    "AssigneeRow",
    "Base",
    "BucketRow",
    "CardRow",
    "CaseRow",
    "DefinitionRow",
    "DeliveryRow",
    "DestinationRow",
    "DoorRow",
    "DraftRow",
    "FailedImportRow",
    "FileRow",
    "FlagRow",
    "HistoryRow",
    "HitsRow",
    "HomeRow",
    "JobRunRow",
    "LeftFileRow",
    "MessageRow",
    "Moment",
    "NoteRevisionRow",
    "NoteRow",
    "NumberRow",
    "PreferenceRow",
    "ReadingRow",
    "ReceiptRow",
    "SealRow",
    "SearchRow",
    "SessionRow",
    "SignInRow",
    "ThreadRow",
]
