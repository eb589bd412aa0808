"""What the log's lines hold: a model for each kind of line, with its JSON Schema in docs/reference.

No field holds what a person has written, nor a name, an address or a number of theirs: cases are named by number and
id, officers by their key in the catalog, people in Slack by their id there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model

Level = Literal["debug", "info", "warning", "error", "critical"]

_Key = Annotated[str, Field(pattern=r"^[\w.:/-]*$", max_length=120)]
_Ref = Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]
_SlackId = Annotated[str, Field(pattern=r"^[A-Z0-9]*$", max_length=30)]
_Count = Annotated[int, Field(ge=0)]

FIELDS: dict[str, tuple[Any, str]] = {
    "action": (_Key, "what was to be done with a file"),
    "approved": (bool, "whether a coordinator has approved the rule"),
    "batch": (_Key, "the id of a change of many cases"),
    "by": (_Key, "who did it: `officer:` and the key, `applicant:` and an id, or the system"),
    "bytes": (_Count, "the size"),
    "case": (Annotated[str, Field(pattern=r"^\d{4}-\d+$")], "the number of the case"),
    "case_id": (_Key, "the id of the case, empty for what is about none"),
    "cases": (_Count, "how many cases"),
    "channel": (_SlackId, "the id of the channel in Slack"),
    "cut_short": (_Count, "clients that left before they had sent all"),
    "again": (_Count, "how many parked deliveries were sent again"),
    "deliveries": (_Count, "how many deliveries"),
    "delivery": (_Count, "the id of the delivery"),
    "error": (_Key, "the class of the error"),
    "event_number": (_Count, "the last event of the log in it"),
    "exception": (str, "where in the code the error came from; without its text"),
    "failed": (_Count, "how many could not be taken in"),
    "file": (str, "the catalog's file, or the id of a case's"),
    "files": (_Count, "how many files"),
    "first": (date, "the first day"),
    "group": (_Key | None, "the key of the group"),
    "hits": (_Count, "how many cases were found"),
    "incomplete": (_Count, "how many came in without all of their files"),
    "job": (_Key, "the name of the job"),
    "kind": (_Key, "of a request: `action`, `view`, `command` …; of a delivery: `card`, `line`, `mail` …"),
    "known": (_Count, "how many were there before"),
    "last": (date, "the last day"),
    "left": (_Count, "how many are left"),
    "left_out": (_Count, "how many lines like it were left out since"),
    "line": (int | None, "the line of the file"),
    "logger": (_Key, "the library's logger"),
    "malformed": (_Count, "requests that were no HTTP"),
    "mode": (Literal["socket", "http"], "how Slack reaches the program"),
    "name": (
        Annotated[str, Field(pattern=r"^[\w:#.{}/ *-]*$", max_length=300)],
        "of a request: the id that Slack knows the button or form by, or the page's route; of an event: its name",
    ),
    "officer": (_Key | None, "the officer's key in the catalog"),
    "opened": (_Count, "how many cases were opened"),
    "outcome": (Literal["done", "refused", "failed", "bug"], "what became of the request"),
    "path": (_Key | Annotated[str, Field(pattern=r"^[\w/{}:.-]*$")], "the page's route"),
    "platform": (_Key, "the e-service platform"),
    "problem": (str, "what is wrong in the catalog"),
    "reason": (_Key, "why it was refused"),
    "refs": (list[_Ref], "the references of the requests that have caused it"),
    "rows": (_Count, "how many rows"),
    "rule": (_Key, "the rule that refused it"),
    "seconds": (Annotated[float, Field(ge=0)], "how long it took"),
    "see": (str, "the command that tells more"),
    "service": (_Key, "the key of the e-service"),
    "services": (list[_Key], "the keys of the e-services"),
    "slot": (_Key, "the time that the job ran for"),
    "status": (_Count, "the status of the answer"),
    "substitute": (_Key | None, "the key of who stands in"),
    "team": (_SlackId, "the id of the workspace in Slack"),
    "too_slow": (_Count, "clients that were cut off"),
    "tried": (_Count, "how many tries"),
    "tries": (_Count, "how many tries"),
    "trouble": (_Key, "what went wrong, as a word: `deliveries` says it in a sentence"),
    "user": (_SlackId, "the id of the person in Slack"),
    "view": (_Key, "the id of the saved view"),
    "wait": (Annotated[float, Field(ge=0)], "seconds until the next try"),
    "where": (list[str], "where in the code it came from: file, line and function"),
    "why": (str, "why, in words of the program's own"),
}
"""Each field, with its type and what it is."""

EVENTS: dict[str, tuple[str, str]] = {
    "absence_ended": ("An officer's absence was ended", "officer by"),
    "absence_set": ("An officer's absence was set", "officer substitute by first last"),
    "account_bound": ("An account in Slack was found to be an officer's", "user team officer"),
    "api_refused": ("A request of the API was refused", "reason status left_out"),
    "assignees_without_access": ("Cases have only officers without access", "service cases"),
    "backup_failed": ("The nightly backup failed", "why"),
    "backup_written": ("The nightly backup is whole", "files bytes event_number"),
    "batch_bug": ("A change of many cases met an unexpected error; it is tried again", "error where"),
    "batch_waits": (
        "A change of many cases, or an export, waits for the disk, the storage of files or the database; "
        "it is tried again",
        "trouble",
    ),
    "bug": (
        "Somebody met an unexpected error, and was shown the reference",
        "error where user path exception",
    ),
    "busy": ("The database was busy, and the person was told so", "user path"),
    "case_not_indexed": ("A case could not be made searchable", "case_id error"),
    "cases_disposed": ("Gallring has disposed of cases", "cases"),
    "catalog_lacks_service_with_open_cases": ("No list shows these open cases", "service cases"),
    "catalog_refused_old_one_kept": ("A fault in the catalog's files", "file line problem"),
    "catalog_taken_up": ("A changed catalog is in force", ""),
    "catching_up_bug": ("Reading a thread back met an unexpected error; it is tried again", "error where"),
    "channel_not_seen": ("A channel that the bot was invited to could not be looked at", "trouble"),
    "channels_not_listed": ("Slack did not list the bot's channels", "trouble"),
    "clients_ended_early": (
        "Connections that ended early in the last minute",
        "malformed cut_short too_slow",
    ),
    "code_not_delivered": ("A sign-in code was not delivered", "delivery trouble"),
    "deleted_cases_disposed": ("Deleted cases are disposed of", "cases"),
    "delivered": ("A delivery was done", "delivery kind case_id tries refs"),
    "delivery_bug": (
        "A delivery met an unexpected error; it is tried again",
        "error where delivery kind case_id tries refs",
    ),
    "delivery_parked": (
        "A delivery waits for somebody to mend something",
        "trouble delivery kind case_id tries refs",
    ),
    "delivery_tried_in_vain": (
        "A delivery is tried again later",
        "trouble wait delivery kind case_id tries refs",
    ),
    "disk_full": ("A file was refused, since the disk is full", "path left_out"),
    "event": ("Something happened in a case", "name case by"),
    "file_not_fetched": ("A file could not be fetched from Slack", "trouble tried"),
    "file_storage_failed": ("The storage of files did not do what it was to", "action trouble"),
    "home_not_renewed": ("App Home could not be drawn", "error user"),
    "import_clash": ("An imported case is there already with other content", "case platform"),
    "import_clash_not_logged": ("The same, of an e-service that is gone", "case"),
    "imported": ("Documents were imported", "opened known failed incomplete"),
    "infected_file": ("The scanner found a virus", "file"),
    "job_done": ("A job is done", "job slot"),
    "job_failed": ("A job failed; it is tried again", "error where job slot"),
    "job_stopped": ("A job was stopped with the program; it is taken over", "job slot"),
    "joined_channel": ("The bot was invited to a channel", "channel again"),
    "joining_not_heard": ("That the bot was invited could not be seen to; Slack tells it again", "error"),
    "library": (
        "A library has warned. Its text may hold personal data, and is left out",
        "logger where error",
    ),
    "mailboxes_keyed_anew": ("An upgrade has renewed the keys of mailboxes", "rows see"),
    "nobody_named_for_protected": ("Nobody may open a protected case", "case service"),
    "not_assigned": ("A rule of assignment found nobody", "case officer group"),
    "not_imported": ("A document could not be imported", "reason"),
    "not_marked": ("A reply was not marked in its thread", "trouble"),
    "not_told": ("A person could not be answered in Slack", "trouble user"),
    "not_typeset": ("A PDF could not be made", "case kind"),
    "old_files_scanned": ("Files from before the scanner are being scanned", "left"),
    "openid_provider_down": ("The sign-in provider does not answer", "trouble"),
    "openid_provider_refused": ("What the sign-in provider says of itself is not to be trusted", "trouble"),
    "openid_sign_in_refused": ("A sign-in by the provider was refused", "trouble"),
    "openid_sign_out_failed": ("A sign-out at the provider failed", "trouble"),
    "parked_sent_again": (
        "Parked deliveries of channels that can be reached again are sent",
        "services deliveries",
    ),
    "preparation_lost": ("Another process goes on with a change of many cases", "batch"),
    "refused": ("A rule refused what somebody tried", "rule case by user team"),
    "reply_not_heard": ("A reply could not be stored; Slack sends it again", "error user"),
    "request": ("A press, command, form or page was answered", "kind name outcome seconds"),
    "retention_waits": ("Gallring waits for a coordinator", "service cases approved"),
    "searched": ("Somebody searched", "by hits"),
    "slack_connected": ("The socket to Slack is open", ""),
    "slack_failed": ("Slack did not do what a press asked for", "trouble user"),
    "slack_not_cleared": ("Files were not deleted in Slack", "trouble"),
    "slack_not_reached": ("The socket to Slack could not be opened; it is tried again", "error"),
    "slack_turned_away": ("A request that pretends to be Slack's was refused", "why left_out"),
    "start_view_saved": ("An officer has chosen a start view", "by view"),
    "started": ("The program runs", "mode"),
    "stopped": ("The program has stopped", ""),
    "table_refused": ("Slack refused a table, and a list was shown", "user"),
    "takes_longer": ("A press takes longer than Slack waits, and the person was told so", "user"),
    "thread_not_read": ("A thread could not be read back; it is tried again", "error channel"),
    "threads_not_read": ("No thread could be read back; it is tried again", "error"),
    "view_deleted": ("A saved view was deleted", "by view"),
    "view_renamed": ("A saved view was renamed", "by view"),
    "view_saved": ("A view was saved", "by view"),
}
"""Each kind of line, with what it tells and which fields it may have."""


def _model(event: str) -> type[BaseModel]:
    about, names = EVENTS[event]
    fields: dict[str, Any] = {
        "event": (Literal[event], Field(description="the kind of line")),
        "level": (Level, Field(description=f"one of {', '.join(get_args(Level))}")),
        "timestamp": (datetime, Field(description="when, UTC")),
        "ref": _optional(_Ref, "the reference of the request; see `trace`"),
    }
    fields |= {name: _optional(*FIELDS[name]) for name in names.split()}
    title = "".join(part.capitalize() for part in event.split("_"))
    return create_model(title, __config__=ConfigDict(extra="forbid"), __doc__=about, **fields)


def _optional(kind: Any, about: str) -> tuple[Any, Any]:
    return kind | None, Field(default=None, description=about)


RECORDS: Mapping[str, type[BaseModel]] = {event: _model(event) for event in EVENTS}
"""The model of each kind of line."""


def validate_record(line: str) -> BaseModel:
    """The record of a line. Raises ValidationError, and KeyError for a kind that is not known."""
    event = TypeAdapter(dict[str, Any]).validate_json(line)["event"]
    return RECORDS[event].model_validate_json(line)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a line."""
    definitions = {model.__name__: model.model_json_schema() for model in RECORDS.values()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of Ärendebot's log",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in definitions],
        "$defs": definitions,
    }
