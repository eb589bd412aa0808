"""Checks of the S3-compatible storage of files."""

from __future__ import annotations

import asyncio
import hashlib
import io
import uuid

from bot.doctor.dependencies import DoctorDependencies
from bot.doctor.findings import Finding, note, ok, problem
from bot.store.files.file_store import FilesUnavailable
from bot.store.files.s3_storage import S3Storage

PROBE = b"python -m bot doctor\n"


async def check_storage(deps: DoctorDependencies) -> list[Finding]:
    """Write, read, find and remove a small file there; nothing where files are in the folder only."""
    if deps.storage is None:
        return []
    return await asyncio.to_thread(_check, deps.storage)


def _check(storage: S3Storage) -> list[Finding]:
    bucket, probe_id = storage.place.bucket, uuid.uuid4().hex
    step = "save"
    try:
        storage.save(probe_id, io.BytesIO(PROBE), hashlib.sha256(PROBE).hexdigest())
        step = "open"
        if b"".join(storage.open(probe_id)) != PROBE:
            return [problem("doctor.storage.failed", bucket=bucket, step=step, trouble="damaged")]
        is_encrypted = storage.is_encrypted(probe_id)
        step = "remove"
        storage.remove(probe_id)
        if storage.has(probe_id):
            return [problem("doctor.storage.failed", bucket=bucket, step=step, trouble="there")]
        step = "versions"
        keeps_versions = storage.keeps_versions()
    except FileNotFoundError:
        return [problem("doctor.storage.failed", bucket=bucket, step=step, trouble="gone")]
    except FilesUnavailable as error:
        return [
            problem(f"doctor.storage.{_sentence_of(error)}", bucket=bucket, step=step, trouble=error.trouble)
        ]
    findings = [ok("doctor.storage", bucket=bucket)]
    if keeps_versions:
        findings.append(problem("doctor.storage.versions", bucket=bucket))
    if not is_encrypted:
        findings.append(note("doctor.storage.plain", bucket=bucket))
    return findings


def _sentence_of(error: FilesUnavailable) -> str:
    return error.trouble if error.trouble in ("denied", "no_bucket", "unreachable") else "failed"
