"""Files in S3-compatible storage: one object for each, by a single request, with its checksum.

An object is written by one PUT, so that there is nothing of it before it is whole: no parts of an upload are left where
the program was killed. The storage verifies the MD5 and the signed SHA-256 of what it receives; what it returns is
verified here against the SHA-256 that was stored with it, and the last piece is given out only when that agrees.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import product
from typing import IO, Any

import structlog
from prometheus_client import Counter, Histogram

from bot.store.files.file_store import CHUNK_SIZE, FilesUnavailable

log = structlog.get_logger()

DENIED = frozenset(
    {
        "AccessDenied",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidToken",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    }
)
"""S3's codes for keys that are wrong, expired or may not do this, and for a clock that is wrong."""
CHANGED_ON_THE_WAY = frozenset({"BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch"})
OUTAGES = frozenset({"unreachable", "slow"})
TROUBLES = (*sorted(OUTAGES), "denied", "no_bucket", "damaged", "failed")
ACTIONS = ("save", "open", "read", "copy", "remove", "look", "list")
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where the files are: a bucket, its address (empty for AWS's own) and region, and what every name begins with.

    `encryption` is what S3 calls `x-amz-server-side-encryption`; where it is empty, the bucket's own setting holds.
    """

    bucket: str
    endpoint: str
    region: str
    prefix: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    encryption: str = ""
    encryption_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class S3Timing:
    """Seconds until a connection is opened, and until the next bytes come; how often a call is tried.

    After an outage each call fails at once for `pause_seconds`, so that who sends many files waits for one of them.
    """

    connect_seconds: float = 3.0
    read_seconds: float = 10.0
    tries: int = 3
    pause_seconds: float = 10.0
    clock: Callable[[], float] = time.monotonic


class S3Metrics:
    """What is measured of the calls. Created by `s3_metrics()`, since the registry accepts each name once."""

    def __init__(self) -> None:
        self.calls = Counter(
            "arendebot_file_storage", "Calls of the S3-compatible storage of files", ["action", "outcome"]
        )
        self.seconds = Histogram(
            "arendebot_file_storage_seconds",
            "How long a call of the S3-compatible storage of files took, with its retries",
            ["action"],
            buckets=BUCKETS,
        )
        # From zero: Prometheus sees no increase in a series that begins with its first failure.
        for action, trouble in product(ACTIONS, TROUBLES):
            self.calls.labels(action, trouble)


@cache
def s3_metrics() -> S3Metrics:
    """The single instance."""
    return S3Metrics()


class S3Storage:
    """The files in a bucket. May be used by several threads; every method waits for the network.

    Each raises FilesUnavailable where the storage does not do what it is asked.
    """

    def __init__(self, place: S3Place, timing: S3Timing = S3Timing()) -> None:
        self.place = place
        self._timing = timing
        self._client = _create_client(place, timing)
        self._paused_until = float("-inf")
        s3_metrics()
        self._encryption: dict[str, str] = {}
        if place.encryption:
            self._encryption["ServerSideEncryption"] = place.encryption
        if place.encryption_key:
            self._encryption["SSEKMSKeyId"] = place.encryption_key

    @property
    def is_reachable(self) -> bool:
        """Whether it was not found to be down within the last seconds. Asks nobody."""
        return self._timing.clock() >= self._paused_until

    def save(self, file_id: str, content: IO[bytes], sha256: str) -> None:
        """Store the whole content, which has that SHA-256 (hex), in the place of what the file had before."""
        md5 = hashlib.md5(usedforsecurity=False)
        while chunk := content.read(CHUNK_SIZE):
            md5.update(chunk)
        content.seek(0)
        with self._calling("save"):
            self._client.put_object(
                **self._object(file_id),
                Body=content,
                ContentMD5=base64.b64encode(md5.digest()).decode(),
                Metadata={"sha256": sha256},
                **self._encryption,
            )

    def open(self, file_id: str) -> Iterator[bytes]:
        """The file in chunks. Raises FileNotFoundError where it is gone.

        A file that is not as it was stored fails with FilesUnavailable, at once or before its last chunk.
        """
        with self._calling("open"):
            response = self._client.get_object(**self._object(file_id))
        chunks = self._verified(response)
        first = next(chunks, b"")
        return _chain(first, chunks)

    def _verified(self, response: dict[str, Any]) -> Iterator[bytes]:
        """The content, of which the last chunk is held back until the checksum agrees."""
        expected, digest, held = response["Metadata"].get("sha256"), hashlib.sha256(), b""
        with contextlib.closing(response["Body"]) as body, self._calling("read"):
            for chunk in body.iter_chunks(CHUNK_SIZE):
                digest.update(chunk)
                if held:
                    yield held
                held = chunk
            if expected is not None and digest.hexdigest() != expected:
                raise FilesUnavailable("damaged")
        if held:
            yield held

    def copy(self, file_id: str, copy_id: str) -> None:
        """Copy the file within the storage. Raises FileNotFoundError where it is gone."""
        source = self._object(file_id)
        with self._calling("copy"):
            self._client.copy_object(**self._object(copy_id), CopySource=source, **self._encryption)

    def remove(self, file_id: str) -> None:
        """Remove the file, if it exists."""
        with self._calling("remove"), contextlib.suppress(FileNotFoundError):
            self._client.delete_object(**self._object(file_id))

    def has(self, file_id: str) -> bool:
        """Whether the file is there."""
        try:
            with self._calling("look"):
                self._client.head_object(**self._object(file_id))
        except FileNotFoundError:
            return False
        return True

    def is_encrypted(self, file_id: str) -> bool:
        """Whether the storage says that it has encrypted the file. Raises FileNotFoundError where it is gone."""
        with self._calling("look"):
            found = self._client.head_object(**self._object(file_id))
        return bool(found.get("ServerSideEncryption"))

    def keeps_versions(self) -> bool:
        """Whether the bucket keeps what is removed from it, as earlier versions."""
        with self._calling("look"):
            found = self._client.get_bucket_versioning(Bucket=self.place.bucket)
        return bool(found.get("Status") == "Enabled")

    def list_ids(self) -> Iterator[tuple[str, datetime]]:
        """Ids of all files that are there, each with when it was written, by id."""
        pages = self._client.get_paginator("list_objects_v2")
        with self._calling("list"):
            for page in pages.paginate(Bucket=self.place.bucket, Prefix=self.place.prefix):
                for one in page.get("Contents", ()):
                    name = str(one["Key"]).rpartition("/")[2]
                    if one["Key"] == self._key(name):
                        yield name, one["LastModified"]

    def _key(self, file_id: str) -> str:
        return f"{self.place.prefix}{file_id[:2]}/{file_id}"

    def _object(self, file_id: str) -> dict[str, str]:
        if len(file_id) != 32 or not file_id.isalnum():
            raise ValueError("not a file id")
        return {"Bucket": self.place.bucket, "Key": self._key(file_id)}

    @contextlib.contextmanager
    def _calling(self, action: str) -> Iterator[None]:
        """Raise FileNotFoundError or FilesUnavailable for what botocore raises within; count and time the call."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415, as in _create_client

        metrics, begun, outcome = s3_metrics(), time.monotonic(), "done"
        try:
            if not self.is_reachable:
                raise FilesUnavailable("unreachable")
            yield
        except ClientError as error:
            if (trouble := _trouble_of(error.response)) == "gone":
                outcome = trouble
                raise FileNotFoundError(action) from None
            raise self._unavailable(action, outcome := trouble) from None
        except BotoCoreError as error:
            outcome = "slow" if "Timeout" in type(error).__name__ else "unreachable"
            raise self._unavailable(action, outcome) from None
        except FilesUnavailable as error:
            outcome = error.trouble
            log.warning("file_storage_failed", action=action, trouble=outcome)
            raise
        finally:
            metrics.calls.labels(action, outcome).inc()
            metrics.seconds.labels(action).observe(time.monotonic() - begun)

    def _unavailable(self, action: str, trouble: str) -> FilesUnavailable:
        log.warning("file_storage_failed", action=action, trouble=trouble)
        if trouble in OUTAGES:
            self._paused_until = self._timing.clock() + self._timing.pause_seconds
        return FilesUnavailable(trouble)


def _trouble_of(response: dict[str, Any]) -> str:
    """What is wrong, as a short key, by S3's code and the status."""
    code = str(response.get("Error", {}).get("Code", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "NoSuchBucket":
        return "no_bucket"
    if status == 404:
        return "gone"
    if code in DENIED or status in (401, 403):
        return "denied"
    return "damaged" if code in CHANGED_ON_THE_WAY else "failed"


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _create_client(place: S3Place, timing: S3Timing) -> Any:
    """A client of botocore's, which takes tens of megabytes of memory, and is loaded only where files are in S3."""
    import botocore.session  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    return botocore.session.get_session().create_client(
        "s3",
        endpoint_url=place.endpoint or None,
        region_name=place.region,
        aws_access_key_id=place.access_key,
        aws_secret_access_key=place.secret_key,
        config=Config(
            signature_version="s3v4",
            connect_timeout=timing.connect_seconds,
            read_timeout=timing.read_seconds,
            retries={"mode": "standard", "total_max_attempts": timing.tries},
            max_pool_connections=32,
            # Others than AWS know neither buckets as hosts nor its newer checksums.
            s3={
                "addressing_style": "path" if place.endpoint else "auto",
                "payload_signing_enabled": True,
            },
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
