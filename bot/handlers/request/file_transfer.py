"""Transfer of files from Slack into a case: fetched, validated, stored, and then deleted in Slack."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import structlog

from bot.blocks.forms.fields import max_files, uploaded_files
from bot.catalog.municipality import FileLimits
from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.clients.slack_files import SlackFile
from bot.domain.submission import FileRef
from bot.handlers.request.context import SlackContext
from bot.handlers.request.dependencies import Dependencies
from bot.service.draft_files import restore_files
from bot.store.files import slack_copies, unattached
from bot.store.files.file_kinds import file_extension, refusal_text, safe_name
from bot.store.files.file_store import FULL, NOT_STORED, ReceivedFile, refuse_file
from bot.text import Words

log = structlog.get_logger()

CONCURRENT_FETCHES = 3
MAX_TRIES = 3

WITHHELD = "withheld"
REFUSAL_REASONS = {"file_too_large": "file.large"}
"""Keys of reasons by the client's trouble; for all others the file could not be fetched."""


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """How files are fetched: `is_from_form` for uploads in a form, which are deleted in Slack afterwards.

    Unless `may_retry_later`, a file that cannot be fetched now is refused.
    """

    is_from_form: bool = False
    may_retry_later: bool = True


@dataclass(frozen=True, slots=True)
class SubmittedFiles:
    """The files of a submitted form; or what is wrong with them, for the field's error."""

    files: tuple[FileRef, ...] = ()
    error: str = ""


async def fetch_submitted_files(context: SlackContext, earlier_ids: Sequence[str] = ()) -> SubmittedFiles:
    """The earlier files that are still chosen, then those uploaded now."""
    deps, limits, words = context.deps, context.deps.service.catalog.municipality.files, context.words
    try:
        received = await fetch_files(
            deps, uploaded_files(context.request.form), FetchPolicy(is_from_form=True)
        )
    except TemporaryFailure:
        return SubmittedFiles(error=words("attach.slackdown"))
    if refusal := describe_refusals(received, limits, words):
        return SubmittedFiles(error=refusal)
    restored = await restore_files(deps.service, deps.files, earlier_ids)
    if len(restored) < len(earlier_ids):
        return SubmittedFiles(error=words("attach.gone"))
    files = {file.id: file for file in (*restored, *(one.file for one in received if one.file is not None))}
    if len(files) > max_files(limits):
        return SubmittedFiles(error=words("attach.many", n=max_files(limits)))
    return SubmittedFiles(tuple(files.values()))


async def fetch_files(
    deps: Dependencies, file_objects: Sequence[Mapping[str, Any]], policy: FetchPolicy
) -> list[ReceivedFile]:
    """Fetch the files of these file objects. Returns the result for each.

    They are unattached. A form's files that were fetched before are not fetched again. Raises TemporaryFailure where
    Slack does not provide them now; fetched ones are then discarded, except a form's, which is submitted again.
    """
    limits = deps.service.catalog.municipality.files
    fetched = await _find_fetched(deps, file_objects) if policy.is_from_form else {}
    semaphore = asyncio.Semaphore(CONCURRENT_FETCHES)

    async def fetch(file_object: Mapping[str, Any]) -> ReceivedFile:
        if (file := fetched.get(str(file_object["id"]))) is not None:
            return ReceivedFile(file.name, file)
        async with semaphore:
            return await _fetch_with_retries(deps, file_object, limits, policy)

    results = await asyncio.gather(
        *(fetch(file_object) for file_object in file_objects), return_exceptions=True
    )
    errors = [fetch for fetch in results if isinstance(fetch, BaseException)]
    received = [fetch for fetch in results if isinstance(fetch, ReceivedFile)]
    if errors:
        if not policy.is_from_form:
            await discard_files(deps, [fetch.file.id for fetch in received if fetch.file is not None])
        raise errors[0]
    return received


async def _find_fetched(deps: Dependencies, file_objects: Sequence[Mapping[str, Any]]) -> dict[str, FileRef]:
    ids = [str(file_object["id"]) for file_object in file_objects]
    return await deps.service.database.read(lambda tx: unattached.find_by_slack_id(tx, ids)) if ids else {}


async def _fetch_with_retries(
    deps: Dependencies, file_object: Mapping[str, Any], limits: FileLimits, policy: FetchPolicy
) -> ReceivedFile:
    """Fetch one file, with retries after short waits."""
    for attempt in range(1, MAX_TRIES + 1):
        try:
            return await _fetch_and_store(deps, await deps.slack.files.look_up(file_object), limits, policy)
        except PermanentFailure as refused:
            log.info("file_not_fetched", trouble=refused.trouble, tried=attempt)
            if refused.trouble != "file_withheld" or attempt == MAX_TRIES:
                return refuse_file(
                    str(file_object.get("name") or ""), REFUSAL_REASONS.get(refused.trouble, WITHHELD)
                )
            await deps.sleep(float(attempt))
        except TemporaryFailure as failed:
            log.info("file_not_fetched", trouble=failed.trouble, tried=attempt)
            if attempt == MAX_TRIES and policy.may_retry_later:
                raise
            await deps.sleep(failed.retry_after or float(attempt))
    return refuse_file(str(file_object.get("name") or ""), WITHHELD)


async def _fetch_and_store(
    deps: Dependencies, file: SlackFile, limits: FileLimits, policy: FetchPolicy
) -> ReceivedFile:
    """Save the row before the bytes, so that what a crash leaves behind is swept."""
    extension = file_extension(safe_name(file.name))
    if extension and extension not in limits.endings:
        return refuse_file(file.name, "file.kind")
    if file.size > limits.max_bytes:
        return refuse_file(file.name, "file.large")
    file_id, now, database = uuid.uuid4().hex, deps.service.clock(), deps.service.database
    slack_id = file.id if policy.is_from_form else None
    await database.write(lambda tx: unattached.begin(tx, file_id, now, slack_id))
    try:
        received = await _download(deps, file, file_id, limits)
    except (
        PermanentFailure,
        TemporaryFailure,
    ):  # not at CancelledError, when the program stops: a thread may still be writing
        await database.write(lambda tx: unattached.remove_incomplete(tx, file_id))
        raise
    stored_file = received.file
    if stored_file is None:
        await database.write(lambda tx: unattached.remove_incomplete(tx, file_id))
    else:
        await database.write(lambda tx: unattached.complete(tx, stored_file))
    return received


async def _download(deps: Dependencies, file: SlackFile, file_id: str, limits: FileLimits) -> ReceivedFile:
    try:
        return await _streamed(deps, file, file_id, limits)
    except NOT_STORED:
        return refuse_file(file.name, FULL)


async def _streamed(deps: Dependencies, file: SlackFile, file_id: str, limits: FileLimits) -> ReceivedFile:
    with await deps.files.run(deps.files.receive, file_id) as incoming:
        async with aclosing(deps.slack.files.fetch(file, limits.max_bytes)) as chunks:
            async for chunk in chunks:
                await deps.files.run(incoming.add, chunk)
        return await deps.files.run(incoming.validate, file.name, limits)


async def discard_files(deps: Dependencies, ids: Sequence[str]) -> None:
    """Delete those of the files that are unattached, here and, if they are a form's, in Slack."""
    if not ids:
        return
    discarded = await deps.service.database.write(lambda tx: unattached.remove(tx, ids))
    for one in discarded:
        await deps.files.run(deps.files.remove_soon, one.id)
    await _delete_slack_copies(deps, [one.slack_id for one in discarded if one.slack_id])


async def delete_from_slack(context: SlackContext, owner_id: str) -> str:
    """Delete the files of a message or note in Slack. Returns the sentence about those that remain there."""
    slack_ids = await context.deps.service.database.read(lambda tx: slack_copies.find_for_owner(tx, owner_id))
    return await _delete_and_describe(context, slack_ids)


async def delete_uploads(context: SlackContext, file_ids: Sequence[str]) -> str:
    """Delete in Slack the files that were fetched from there. Returns the sentence about those that remain there."""
    if not file_ids:
        return ""
    slack_ids = await context.deps.service.database.read(lambda tx: slack_copies.find_for_files(tx, file_ids))
    return await _delete_and_describe(context, slack_ids)


async def _delete_and_describe(context: SlackContext, slack_ids: Sequence[str]) -> str:
    remaining = await _delete_slack_copies(context.deps, slack_ids)
    return context.words("attach.inslack", n=remaining) if remaining else ""


async def _delete_slack_copies(deps: Dependencies, slack_ids: Sequence[str]) -> int:
    """Delete the files in Slack. Returns how many remain; a job retries failures."""
    result = await deps.slack.files.delete_all(slack_ids)
    if result.deleted_ids:
        await deps.service.database.write(lambda tx: slack_copies.forget(tx, result.deleted_ids))
    return result.remaining_count


def describe_refusals(received: Sequence[ReceivedFile], limits: FileLimits, words: Words) -> str:
    """Why files were refused, on one line; empty where none was."""
    return " ".join(_describe_refusal(one, limits, words) for one in received if one.refusal_key)


def _describe_refusal(one: ReceivedFile, limits: FileLimits, words: Words) -> str:
    """Why the file was refused; a general sentence where it could not be fetched."""
    if one.refusal_key == WITHHELD:
        return words("no.fetch", file=one.name)
    return refusal_text(one.name, one.refusal_key, limits, words)
