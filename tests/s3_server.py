"""A real S3 server (rclone's), and a network before it that can fail."""

from __future__ import annotations

import contextlib
import http.client
import secrets
import socket
import subprocess
import sysconfig
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bot.store.files.s3_storage import S3Place, S3Storage, S3Timing
from tests.conftest import PATIENCE

BUCKET, ACCESS_KEY, SECRET_KEY = "arenden", "AKIDARENDEBOT", "hemlig-nyckel-som-bara-testet-kan"
RCLONE = Path(sysconfig.get_path("scripts")) / "rclone"
PATIENT = S3Timing(connect_seconds=30, read_seconds=30, tries=2, pause_seconds=0)
ERROR = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code}</Message></Error>"


@dataclass
class S3Server:
    """The server's port, and the folder where it keeps each bucket as a folder."""

    port: int
    folder: Path

    def keys(self, prefix: str) -> set[str]:
        """What the names of the objects that begin so go on with."""
        begun = self.folder / BUCKET / prefix
        return {path.relative_to(begun).as_posix() for path in begun.rglob("*") if path.is_file()}


@dataclass
class Fault:
    """What goes wrong with the requests of a method, so many times: an answer instead, or changed bytes."""

    method: str
    times: int = 1000
    query: str = ""
    status: int = 0
    code: str = ""
    body: str = ""
    passes: bool = False
    """Counts the request, and lets it pass."""
    is_silent: bool = False
    is_cut: bool = False
    changes_request: bool = False
    changes_response: bool = False


@dataclass
class Network:
    """A proxy before the server, for files of its own there.

    `faults` are tried in order; `requests` and `headers` are of all that has come.
    """

    server: S3Server
    port: int = 0
    prefix: str = field(default_factory=lambda: f"filer-{secrets.token_hex(4)}/")
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    ended: threading.Event = field(default_factory=threading.Event)

    def storage(
        self, timing: S3Timing = PATIENT, secret_key: str = SECRET_KEY, encryption: str = ""
    ) -> S3Storage:
        """The storage as the program reaches it through this network."""
        endpoint = f"http://127.0.0.1:{self.port}"
        place = S3Place(BUCKET, endpoint, "eu-north-1", self.prefix, ACCESS_KEY, secret_key, encryption)
        return S3Storage(place, timing)

    def keys(self) -> set[str]:
        """The names of the objects, without the prefix."""
        return self.server.keys(self.prefix)

    def content_of(self, file_id: str) -> bytes:
        """The object of the file, as the server keeps it."""
        return (self.server.folder / BUCKET / self.prefix / file_id[:2] / file_id).read_bytes()

    def until(self, has_come: Callable[[], bool]) -> None:
        """Wait until what is looked for has come."""
        with self.arrived:
            assert self.arrived.wait_for(has_come, PATIENCE)

    def take_fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.method == method and fault.query in path and fault.times:
                fault.times -= 1
                return fault
        return None


def _changed(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:] if content else content


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    network: Network

    def _pass_on(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.network.arrived:
            self.network.requests.append((self.command, self.path))
            self.network.arrived.notify_all()
        self.network.headers.append({name.lower(): value for name, value in self.headers.items()})
        fault = self.network.take_fault(self.command, self.path)
        if fault is None or fault.passes:
            self._answer(*self._ask(content))
        elif fault.is_silent:
            self.network.ended.wait(PATIENCE)
            self.close_connection = True
        elif fault.status:
            body = fault.body or ERROR.format(code=fault.code)
            self._answer(fault.status, {"content-type": "application/xml"}, body.encode())
        else:
            self._spoil(fault, content)

    def _spoil(self, fault: Fault, content: bytes) -> None:
        status, headers, answer = self._ask(_changed(content) if fault.changes_request else content)
        if fault.changes_response:
            answer = _changed(answer)
        if fault.is_cut:
            headers["content-length"] = str(len(answer))
            answer, self.close_connection = answer[: len(answer) // 2], True
        self._answer(status, headers, answer)

    def _ask(self, content: bytes) -> tuple[int, dict[str, str], bytes]:
        server = http.client.HTTPConnection("127.0.0.1", self.network.server.port, timeout=PATIENCE)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
        with contextlib.closing(server):
            server.request(self.command, self.path, content, headers)
            answer = server.getresponse()
            kept = {name.lower(): value for name, value in answer.getheaders()}
            kept.pop("transfer-encoding", None)
            return answer.status, kept, answer.read()

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        if self.command != "HEAD":
            headers.setdefault("content-length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(ConnectionError):  # the other end had what it wanted
                self.wfile.write(content)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _pass_on

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def running_s3(folder: Path) -> Iterator[S3Server]:
    """The server, with an empty bucket."""
    (folder / BUCKET).mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        RCLONE,
        "serve",
        "s3",
        "--addr",
        f"127.0.0.1:{port}",
        "--auth-key",
        f"{ACCESS_KEY},{SECRET_KEY}",
    ]
    server = subprocess.Popen(
        [*command, "--config", "", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={
            "GOMAXPROCS": "1",
            "HOME": str(folder),
        },  # its threads would spin where the tests want the processor
    )
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if "Starting s3 server" in line:
                break
        else:
            raise AssertionError("rclone ended")
        threading.Thread(target=server.stdout.read, daemon=True).start()
        yield S3Server(port, folder)
    finally:
        server.kill()
        server.wait(PATIENCE)


@contextlib.contextmanager
def open_network(server: S3Server) -> Iterator[Network]:
    """A network before the server."""
    network = Network(server)
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"network": network}))
    proxy.daemon_threads = True
    network.port = proxy.server_address[1]
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield network
    finally:
        network.ended.set()
        proxy.shutdown()
        proxy.server_close()
