"""Files of cases in S3-compatible storage: there as in a folder, whatever the storage or the network does."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.catalog.municipality import FileLimits
from bot.store.files.file_store import CHUNK_SIZE, FileStore, FilesUnavailable
from bot.store.files.s3_files import S3FileStore
from bot.store.files.s3_storage import S3Timing
from tests.s3_server import Fault, Network, S3Server, open_network, running_s3

ID, OTHER = "a" * 32, "b" * 32
PDF = b"%PDF-1.7\n" + b"ritning " * 100
LARGE = os.urandom(3 * CHUNK_SIZE + 17)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with running_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def network(server: S3Server) -> Iterator[Network]:
    with open_network(server) as network:
        yield network


@pytest.fixture
def files(network: Network, tmp_path: Path) -> S3FileStore:
    return S3FileStore(tmp_path / "files", network.storage())


def read(files: FileStore, file_id: str) -> bytes:
    return b"".join(files.open(file_id))


def found_in(folder: Path) -> set[str]:
    """The files in the folder, without the notes about those in the storage."""
    names = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in names if path.parent.name != "unsaved"}


@pytest.mark.parametrize("content", [PDF, LARGE], ids=["small", "large"])
def test_a_file_is_given_back_as_it_came_and_leaves_nothing_in_the_folder(
    files: S3FileStore, network: Network, content: bytes
) -> None:
    assert files.write(ID, [content]) == (len(content), hashlib.sha256(content).hexdigest())
    assert read(files, ID) == content
    assert network.content_of(ID) == content and found_in(files.root) == set()


def test_a_file_of_another_kind_never_comes_to_the_storage(files: S3FileStore, network: Network) -> None:
    with files.receive(ID) as incoming:
        incoming.add(b"MZ\x90\x00 a program")
        assert incoming.validate("plan.pdf", FileLimits()).refusal_key
    assert network.keys() == set() and found_in(files.root) == set()


def test_a_file_is_removed_from_the_storage_and_a_second_time_too(
    files: S3FileStore, network: Network
) -> None:
    files.write(ID, [PDF])
    assert files.remove(ID) and files.remove(ID)
    assert network.keys() == set()
    with pytest.raises(FileNotFoundError):
        files.open(ID)


@pytest.mark.parametrize("way", ["copy", "share"])
def test_a_copy_lives_on_without_its_original(files: S3FileStore, network: Network, way: str) -> None:
    files.write(ID, [PDF])
    getattr(files, way)(ID, OTHER)
    files.remove(ID)
    assert read(files, OTHER) == PDF and network.keys() == {f"bb/{OTHER}"}
    with pytest.raises(FileNotFoundError):
        getattr(files, way)(ID, "c" * 32)


def test_a_file_is_sent_in_one_request_with_its_checksums_and_the_encryption_that_is_set(
    network: Network, tmp_path: Path
) -> None:
    storage = network.storage(encryption="AES256")
    S3FileStore(tmp_path, storage).write(ID, [LARGE])
    assert [one for one in network.requests if one[0] in ("PUT", "POST")] == [
        ("PUT", f"/arenden/{network.prefix}aa/{ID}")
    ]
    (sent,) = network.headers
    assert sent["x-amz-content-sha256"] == hashlib.sha256(LARGE).hexdigest() and sent["content-md5"]
    assert sent["x-amz-server-side-encryption"] == "AES256" and storage.is_encrypted(ID)


def test_a_storage_that_stumbles_once_is_not_noticed(files: S3FileStore, network: Network) -> None:
    for method in ("PUT", "GET", "DELETE"):
        network.faults.append(Fault(method, times=1, status=500, code="InternalError"))
    files.write(ID, [PDF])
    assert read(files, ID) == PDF and files.remove(ID)


FAULTS = [
    pytest.param(Fault("PUT", status=503, code="SlowDown"), "failed", id="overloaded"),
    pytest.param(Fault("PUT", status=400, code="ExpiredToken"), "denied", id="expired"),
    pytest.param(Fault("PUT", status=404, code="NoSuchBucket"), "no_bucket", id="no bucket"),
    pytest.param(Fault("PUT", changes_request=True), "damaged", id="changed on the way"),
]


@pytest.mark.parametrize(("fault", "trouble"), FAULTS)
def test_a_file_that_cannot_be_stored_is_refused_and_leaves_nothing(
    files: S3FileStore, network: Network, fault: Fault, trouble: str
) -> None:
    network.faults.append(fault)
    with pytest.raises(FilesUnavailable) as refused:
        files.write(ID, [PDF])
    assert refused.value.trouble == trouble
    assert network.keys() == set() and found_in(files.root) == set()


@pytest.mark.long
def test_a_storage_that_never_answers_is_given_up_and_others_do_not_wait_for_it(
    network: Network, tmp_path: Path
) -> None:
    now = [0.0]
    timing = S3Timing(30, 1, tries=1, pause_seconds=10, clock=lambda: now[0])
    files = S3FileStore(tmp_path, network.storage(timing))
    network.faults.append(Fault("PUT", is_silent=True))
    for _ in range(3):
        with pytest.raises(FilesUnavailable):
            files.write(ID, [PDF])
    assert len(network.requests) == 1 and not files.storage.is_reachable
    now[0] = 10.0
    assert files.storage.is_reachable
    with pytest.raises(FilesUnavailable):
        files.write(ID, [PDF])
    assert len(network.requests) == 2


def test_wrong_keys_and_a_closed_port_are_told_apart(
    server: S3Server, network: Network, tmp_path: Path
) -> None:
    wrong = S3FileStore(tmp_path, network.storage(secret_key="en-annan-nyckel-som-inte-galler-har"))
    network_down = Network(server, port=1)
    for files, trouble in ((wrong, "denied"), (S3FileStore(tmp_path, network_down.storage()), "unreachable")):
        for work in (lambda one: one.write(ID, [PDF]), lambda one: one.open(ID)):
            with pytest.raises(FilesUnavailable) as refused:
                work(files)
            assert refused.value.trouble == trouble and SECRETS.isdisjoint(str(refused.value).split())


SECRETS = {"AKIDARENDEBOT", "hemlig-nyckel-som-bara-testet-kan", "en-annan-nyckel-som-inte-galler-har"}


@pytest.mark.parametrize("content", [PDF, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("how", ["changes_response", "is_cut"])
def test_a_file_that_is_not_as_it_was_stored_is_never_given_whole(
    files: S3FileStore, network: Network, content: bytes, how: str
) -> None:
    files.write(ID, [content])
    network.faults.append(Fault("GET", **{how: True}))  # type: ignore[arg-type]
    given = bytearray()
    with pytest.raises(FilesUnavailable):
        for chunk in files.open(ID):
            given += chunk
    assert len(given) < len(content) and (content is LARGE or not given)


def test_a_file_is_found_wherever_it_is_and_new_ones_go_where_the_settings_say(
    files: S3FileStore, network: Network
) -> None:
    in_folder = S3FileStore(files.root, network.storage(), is_written=False)
    in_folder.write(OTHER, [b"i mappen"])
    files.write(ID, [PDF])
    assert found_in(files.root) == {f"bb/{OTHER}"} and network.keys() == {f"aa/{ID}"}
    for one in (files, in_folder):
        assert read(one, ID) == PDF and read(one, OTHER) == b"i mappen"
    in_folder.copy(ID, "c" * 32)
    files.share(OTHER, "d" * 32)
    in_folder.share(OTHER, "e" * 32)
    assert found_in(files.root) == {f"bb/{OTHER}", "cc/" + "c" * 32, "ee/" + "e" * 32}
    assert read(in_folder, "d" * 32) == b"i mappen"
    in_folder.remove(ID)
    files.remove(OTHER)
    assert network.keys() == {"dd/" + "d" * 32} and not files.path(OTHER).exists()


def test_what_cannot_be_removed_is_removed_later(files: S3FileStore, network: Network) -> None:
    files.write(ID, [PDF])
    files.forget(ID)
    network.faults.append(Fault("DELETE", times=2, status=503, code="SlowDown"))
    assert not files.remove(ID) and network.keys()
    assert files.list_unsaved() == [ID]
    assert files.remove(ID) and files.list_unsaved() == [] and network.keys() == set()


def test_a_file_that_came_lately_is_not_taken_for_a_forgotten_one(files: S3FileStore) -> None:
    files.write(ID, [PDF])
    assert files.list_unsaved() == []
    os.utime(files.root / "unsaved" / ID, (0, 0))
    assert files.list_unsaved() == [ID]


@pytest.mark.long
async def test_what_else_runs_in_threads_does_not_wait_for_a_silent_storage(
    network: Network, tmp_path: Path
) -> None:
    files = S3FileStore(tmp_path, network.storage())
    network.faults.append(Fault("GET", is_silent=True))
    waiting = [asyncio.create_task(files.run(files.open, ID)) for _ in range(20)]
    try:
        assert await asyncio.to_thread(lambda: "svar") == "svar"
        assert not any(one.done() for one in waiting)
    finally:
        network.ended.set()
        await asyncio.gather(*waiting, return_exceptions=True)
