"""Files on their way from Slack into a case: fetched, judged and stored, and then taken out of Slack."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import structlog

from bot.blocks.forms.fields import files_in, most_files
from bot.catalog.municipality import FileLimits
from bot.clients.errors import Permanent, Temporary
from bot.clients.slack_files import SlackFile
from bot.domain.intake import FileRef
from bot.handlers.request.dependencies import Kit
from bot.handlers.request.press import Press
from bot.store import NoRoom
from bot.store.files import attachments, slack_copies, unattached
from bot.store.files.file_kinds import ending, not_taken, safe_name
from bot.store.files.file_store import FULL, Arrived, turned_away
from bot.text import Words

log = structlog.get_logger()

AT_ONCE = 3
TRIES = 3

WITHHELD = "withheld"
WHY = {"file_too_large": "file.large"}
"""Reasons by the client's troubles; for all others Slack did not give the file."""


@dataclass(frozen=True, slots=True)
class Bringing:
    """How files are brought: `in_form`, where they are the form's alone and are to leave Slack afterwards.

    Where it is not `patient`, a file that cannot be had now is turned away as well.
    """

    in_form: bool = False
    patient: bool = True


@dataclass(frozen=True, slots=True)
class Attached:
    """The files of a form that was submitted; or what is wrong with them, to be said at the field."""

    files: tuple[FileRef, ...] = ()
    fault: str = ""


async def attached(press: Press, earlier: Sequence[str] = ()) -> Attached:
    """Those that were put in now, after those of an earlier time that are still wanted."""
    kit, limits, words = press.kit, press.kit.service.catalog.municipality.files, press.words
    try:
        arrived = await bring(kit, files_in(press.view), Bringing(in_form=True))
    except Temporary:
        return Attached(fault=words("attach.slackdown"))
    if refused := refusals(arrived, limits, words):
        return Attached(fault=refused)
    kept = await again(kit, earlier)
    if len(kept) < len(earlier):
        return Attached(fault=words("attach.gone"))
    files = {file.id: file for file in (*kept, *(one.file for one in arrived if one.file is not None))}
    if len(files) > most_files(limits):
        return Attached(fault=words("attach.many", n=most_files(limits)))
    return Attached(tuple(files.values()))


async def bring(kit: Kit, given: Sequence[Mapping[str, Any]], how: Bringing) -> list[Arrived]:
    """Fetch the files of these file objects, and say of each what came of it.

    They belong to nothing yet. Of a form those that have been fetched already are not fetched again. Temporary where
    Slack does not give them now; what has come is then let go again, but for a form's, which is submitted again.
    """
    limits = kit.service.catalog.municipality.files
    known = await _known(kit, given) if how.in_form else {}
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(told: Mapping[str, Any]) -> Arrived:
        if (file := known.get(str(told["id"]))) is not None:
            return Arrived(file.name, file)
        async with gate:
            return await _brought(kit, told, limits, how)

    came = await asyncio.gather(*(one(told) for told in given), return_exceptions=True)
    failed = [one for one in came if isinstance(one, BaseException)]
    arrived = [one for one in came if isinstance(one, Arrived)]
    if failed:
        if not how.in_form:
            await let_go(kit, [one.file.id for one in arrived if one.file is not None])
        raise failed[0]
    return arrived


async def _known(kit: Kit, given: Sequence[Mapping[str, Any]]) -> dict[str, FileRef]:
    ids = [str(told["id"]) for told in given]
    return await kit.service.database.read(lambda tx: unattached.from_slack(tx, ids)) if ids else {}


async def _brought(kit: Kit, told: Mapping[str, Any], limits: FileLimits, how: Bringing) -> Arrived:
    """One file; tried again a little later where Slack does not give it."""
    for tried in range(1, TRIES + 1):
        try:
            return await _fetched(kit, await kit.slack.files.known(told), limits, how)
        except Permanent as refused:
            log.info("file_not_fetched", trouble=refused.trouble, tried=tried)
            if refused.trouble != "file_withheld" or tried == TRIES:
                return turned_away(str(told.get("name") or ""), WHY.get(refused.trouble, WITHHELD))
            await kit.sleep(float(tried))
        except Temporary as failed:
            log.info("file_not_fetched", trouble=failed.trouble, tried=tried)
            if tried == TRIES and how.patient:
                raise
            await kit.sleep(failed.retry_after or float(tried))
    return turned_away(str(told.get("name") or ""), WITHHELD)


async def _fetched(kit: Kit, file: SlackFile, limits: FileLimits, how: Bringing) -> Arrived:
    """The row comes before the bytes, so that what a cut leaves behind is found and swept."""
    said = ending(safe_name(file.name))
    if said and said not in limits.endings:
        return turned_away(file.name, "file.kind")
    if file.size > limits.max_bytes:
        return turned_away(file.name, "file.large")
    file_id, now, database = uuid.uuid4().hex, kit.service.clock(), kit.service.database
    slack_id = file.id if how.in_form else None
    await database.write(lambda tx: unattached.begin(tx, file_id, now, slack_id))
    try:
        arrived = await _received(kit, file, file_id, limits)
    except (Permanent, Temporary):  # where the program stops the row stays: a thread may still be writing
        await database.write(lambda tx: unattached.never_came(tx, file_id))
        raise
    whole = arrived.file
    if whole is None:
        await database.write(lambda tx: unattached.never_came(tx, file_id))
    else:
        await database.write(lambda tx: unattached.complete(tx, whole))
    return arrived


async def _received(kit: Kit, file: SlackFile, file_id: str, limits: FileLimits) -> Arrived:
    try:
        return await _streamed(kit, file, file_id, limits)
    except NoRoom:
        return turned_away(file.name, FULL)


async def _streamed(kit: Kit, file: SlackFile, file_id: str, limits: FileLimits) -> Arrived:
    with await asyncio.to_thread(kit.files.receive, file_id) as incoming:
        async with aclosing(kit.slack.files.fetch(file, limits.max_bytes)) as chunks:
            async for chunk in chunks:
                await asyncio.to_thread(incoming.add, chunk)
        return await asyncio.to_thread(incoming.judged, file.name, limits)


async def let_go(kit: Kit, ids: Sequence[str]) -> None:
    """Those of the files that belong to no case are gone, here and, if they were a form's, in Slack."""
    if not ids:
        return
    gone = await kit.service.database.write(lambda tx: unattached.forget(tx, ids))
    for one in gone:
        await asyncio.to_thread(kit.files.remove, one.id)
    await _out_of_slack(kit, [one.slack_id for one in gone if one.slack_id])


async def again(kit: Kit, ids: Sequence[str]) -> list[FileRef]:
    """The files of a draft, to be used: as they are, or copies of what was sent with a message that is undone.

    What is gone is left out.
    """
    if not ids:
        return []
    read = kit.service.database.read
    found = await read(lambda tx: unattached.loose(tx, ids))
    undone = await read(lambda tx: attachments.of_undone(tx, ids))
    copies = {original.id: await _copied(kit, original) for original in undone.values()}
    return [file for one in ids if (file := found.get(one) or copies.get(one)) is not None]


async def _copied(kit: Kit, original: FileRef) -> FileRef:
    write, now, copy_id = kit.service.database.write, kit.service.clock(), uuid.uuid4().hex
    await write(lambda tx: unattached.begin(tx, copy_id, now))
    await asyncio.to_thread(kit.files.copy, original.id, copy_id)
    return await write(lambda tx: unattached.copied(tx, original, copy_id))


async def cleared(press: Press, came_with: str) -> str:
    """Take the files of a message or note out of Slack. Returns what is to be said of those that stay there."""
    kit = press.kit
    slack_ids = await kit.service.database.read(lambda tx: slack_copies.of(tx, came_with))
    left = await _out_of_slack(kit, slack_ids)
    return press.words("attach.inslack", n=left) if left else ""


async def _out_of_slack(kit: Kit, slack_ids: Sequence[str]) -> int:
    """What cannot be deleted now is tried again by the clock."""
    cleared = await kit.slack.files.clear(slack_ids)
    if cleared.done:
        await kit.service.database.write(lambda tx: slack_copies.gone(tx, cleared.done))
    return cleared.kept


def refusals(arrived: Sequence[Arrived], limits: FileLimits, words: Words) -> str:
    """Why those that were not taken were not, in one line; empty where all were."""
    return " ".join(_refusal(one, limits, words) for one in arrived if one.refused)


def _refusal(one: Arrived, limits: FileLimits, words: Words) -> str:
    """Of what Slack did not give, nothing is known that could be put right."""
    if one.refused == WITHHELD:
        return words("no.fetch", file=one.name)
    return not_taken(one.name, one.refused, limits, words)
