"""The attacks, each in a process of its own: `python -m bench.hostile.attacks NAME SECONDS PORT SECRET USER TEAM`.

Each connection comes from another address of this machine (127.0.0.0/8), as from a botnet, so that no limit of one
address hides what the attack costs.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import itertools
import json
import re
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from bench.hostile import payloads
from bench.hostile.payloads import JSON, MULTIPART, URLENCODED

SERVICE = "hostile"
TOKEN = "demo-token-lindsjo"

PATIENCE = 30.0
"""Seconds that an answer is waited for."""

BROKEN = (OSError, EOFError, asyncio.IncompleteReadError, ValueError)


@dataclass(frozen=True)
class Target:
    """The program under attack; `key` is of an opened form, `cookie` of a browser that has requested a code.

    `secret` is what Slack signs with; `user` is an officer in the workspace `team`.
    """

    port: int
    key: str
    cookie: str
    secret: str
    user: str
    team: str

    def signed(self, body: bytes, kind: str = URLENCODED) -> bytes:
        """A request as Slack signs it."""
        stamp = str(int(time.time()))
        signature = hmac.new(self.secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signature}"}
        return request("POST", "/slack/events", body, kind, **headers)

    def command(self, text: str) -> bytes:
        """A slash command of an officer's."""
        fields = {
            "command": "/arende",
            "user_id": self.user,
            "team_id": self.team,
            "trigger_id": "1.1.h",
            "text": text,
        }
        fields |= {"channel_id": "C0BENCH", "response_url": f"http://127.0.0.1:{self.port}/livez"}
        return self.signed(urlencode(fields).encode())

    def form(self, fields: dict[str, str], files: dict[str, tuple[str, bytes]] | None = None) -> bytes:
        """The application form, filled in."""
        return request(
            "POST",
            f"/e-tjanster/{SERVICE}",
            payloads.multipart({"key": self.key, **fields}, files),
            MULTIPART,
        )


@dataclass(frozen=True)
class Attack:
    """`requests` are sent again and again, `width` at once and `most` in all.

    Where it `drips`, nothing is read, and a byte more is sent each second until the connection is cut.
    """

    what: str
    requests: Callable[[Target], Iterable[bytes]]
    width: int = 6
    most: int = 100_000
    drips: bool = False


def request(method: str, path: str, body: bytes = b"", kind: str = "", **headers: str) -> bytes:
    """An HTTP request, after which the connection is to be closed."""
    head = {"Host": "127.0.0.1", "Connection": "close", **headers}
    if body or method == "POST":
        head |= {"Content-Length": str(len(body)), "Content-Type": kind}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def chunked(path: str, body: bytes, kind: str, **headers: str) -> bytes:
    """The same without saying beforehand how much comes."""
    head = {
        "Host": "x",
        "Connection": "close",
        "Content-Type": kind,
        "Transfer-Encoding": "chunked",
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"


def _huge_forms(target: Target) -> Iterator[bytes]:
    body = payloads.urlencoded(1, 3_900_000)
    for path in ("/mina-sidor/kod", "/mina-sidor/logga-in", f"/e-tjanster/{SERVICE}"):
        yield request("POST", path, body, URLENCODED)
        yield chunked(path, body, URLENCODED)


def _forms_at_their_limit(target: Target) -> Iterator[bytes]:
    fields = {f"svar-{name}": "Eva Ek, 070-123 45 67. " * 2_600 for name in ("a", "b", "c")}
    yield target.form(fields)
    yield target.form({**fields, "do": "send"})
    yield request(
        "POST", f"/e-tjanster/{SERVICE}", urlencode(fields | {"key": target.key}).encode(), URLENCODED
    )


def _tiny_fields(target: Target) -> Iterator[bytes]:
    for count in (600, 10_000):
        yield request("POST", f"/e-tjanster/{SERVICE}", payloads.urlencoded(count, 1), URLENCODED)
        yield request("POST", "/mina-sidor/kod", payloads.urlencoded(min(count, 800), 1), URLENCODED)
    yield target.form({f"svar-f{n}": "x" for n in range(590)})


def _parts(target: Target) -> Iterator[bytes]:
    bodies = (payloads.many_parts(599), payloads.many_parts(40_000), payloads.many_part_headers(30_000))
    for body in (*bodies, payloads.near_boundaries(180_000), payloads.near_boundaries(20_000_000)):
        yield request("POST", f"/e-tjanster/{SERVICE}", body, MULTIPART)


def _archives(target: Target) -> Iterator[bytes]:
    for name, content in payloads.archives():
        yield target.form({}, {"svar-fil": (name, content)})


def _uploads(target: Target) -> Iterator[bytes]:
    yield target.form({}, {"svar-fil": ("a.pdf", payloads.pdf(9_000_000))})


def _header_floods(target: Target) -> Iterator[bytes]:
    yield b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 10_000 + b"Connection: close\r\n\r\n"
    yield b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"a=b; " * 12_000 + b"\r\nConnection: close\r\n\r\n"
    yield (
        b"GET / HTTP/1.1\r\nHost: x\r\nAccept-Language: " + b"en," * 20_000 + b"\r\nConnection: close\r\n\r\n"
    )
    yield b"GET / HTTP/1.1\r\nHost: x\r\nContent-Type: " + b"a;" * 30_000 + b"\r\nConnection: close\r\n\r\n"
    yield b"GET / HTTP/1.1\r\n" + b"x" * 5_000_000


def _content_types(target: Target) -> Iterator[bytes]:
    for kind in (
        "multipart/form-data; " + "a=b; " * 12_000,
        'multipart/form-data; boundary="' + '\\"' * 30_000,
    ):
        yield request("POST", f"/e-tjanster/{SERVICE}", b"x", kind)
    yield request("POST", f"/e-tjanster/{SERVICE}", b"x", URLENCODED + ";" * 60_000)


def _long_addresses(target: Target) -> Iterator[bytes]:
    for path in (
        "/",
        "/e-tjanster/",
        "/m/",
        "/mina-sidor/arende/",
        "/handlaggare/in/",
        "/static/",
        "/api/v1/services/",
    ):
        yield request("GET", path + "a" * 60_000)
    yield request("GET", "/mina-sidor/logga-in?till=/mina-sidor" + "?ny=" * 15_000)
    yield request("GET", f"/e-tjanster/{SERVICE}?" + "lang=en&" * 7_000)
    yield request("GET", "/" + "%2e%2e%2f" * 6_000)
    yield request("GET", "/" + "/" * 60_000)


def _code_guesses(target: Target) -> Iterator[bytes]:
    for code in range(1000):
        yield request("POST", "/mina-sidor/kod", b"code=%06d" % code, URLENCODED, Cookie=target.cookie)


def _code_requests(target: Target) -> Iterator[bytes]:
    for number in range(2000):
        yield request("POST", "/mina-sidor/logga-in", b"address=eva%d@exempel.se" % number, URLENCODED)


def _api_wrong_tokens(target: Target) -> Iterator[bytes]:
    for number in range(100):
        yield request("POST", "/api/v1/cases", b"{}", JSON, Authorization=f"Bearer {number}")
    yield request("POST", "/api/v1/cases", b"[" * 10_000_000, JSON, Authorization="Bearer x")
    yield request("POST", "/api/v1/cases", b"{}", JSON, Authorization="Bearer " + "x" * 60_000)


def _api_large(target: Target) -> Iterator[bytes]:
    for body in payloads.large_cases():
        yield request("POST", "/api/v1/cases", body, JSON, Authorization=f"Bearer {TOKEN}")


def _api_texts(target: Target) -> Iterator[bytes]:
    for number, text in enumerate(payloads.HOSTILE_TEXTS.values()):
        body = payloads.case(f"t{number}-{time.time_ns()}", {"a": text[:100_000], "b": text[:500]})
        content = json.dumps(body, ensure_ascii=False).encode()
        yield request("POST", "/api/v1/cases", content, JSON, Authorization=f"Bearer {TOKEN}")


def _form_texts(target: Target) -> Iterator[bytes]:
    for text in payloads.HOSTILE_TEXTS.values():
        yield target.form({"svar-a": text, "svar-b": text[:400], "om-p0_name": text[:200]})
        yield target.form({"svar-a": text, "svar-b": "x", "do": "send"})
    for text in payloads.HOSTILE_TEXTS.values():
        yield request("POST", "/mina-sidor/logga-in", urlencode({"address": text[:600]}).encode(), URLENCODED)


def _slack_forged(target: Target) -> Iterator[bytes]:
    forger = replace(target, secret="another")
    for body in (
        b"payload=" + b"%7B" * 1_300_000,
        b"[" * 4_000_000,
        "é".encode() * 2_000_000,
        b"a=1&" * 1_000_000,
    ):
        yield forger.signed(body)
        yield chunked("/slack/events", body, URLENCODED)
    for number in range(200):
        yield forger.signed(b"payload=%d" % number)


def _slack_large(target: Target) -> Iterator[bytes]:
    for body in payloads.slack_payloads(target.user, target.team):
        yield target.signed(body)


def _searches(target: Target) -> Iterator[bytes]:
    for text in payloads.HOSTILE_TEXTS.values():
        for query in (f"sök {text[:10_000]}", f"ta {text[:10_000]}", text[:10_000]):
            yield target.command(query)
    for query in (
        "* OR *",
        '"' * 300,
        "NEAR(" * 100,
        "a b c d e f g h i j k l m n o p",
        "en och att det",
        "%" * 400,
    ):
        yield target.command(f"sök {query}")


def _pipelined(target: Target) -> Iterator[bytes]:
    one = b"GET /mina-sidor/logga-in HTTP/1.1\r\nHost: x\r\n\r\n"
    yield one * 300 + request("GET", "/livez")
    yield b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % quote("å").encode() * 300 + request("GET", "/livez")


def _slow_bodies(target: Target) -> Iterator[bytes]:
    head = f"Host: x\r\nContent-Type: {MULTIPART}\r\nContent-Length: 9000000\r\n\r\n"
    yield f"POST /e-tjanster/{SERVICE} HTTP/1.1\r\n{head}--{payloads.BOUNDARY}\r\n".encode()
    yield b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    yield b"POST /mina-sidor/kod HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n"


def _half_open(target: Target) -> Iterator[bytes]:
    yield b""
    yield b"GET / HT"
    yield b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 30_000


def _never_read(target: Target) -> Iterator[bytes]:
    yield b"GET /static/site.css HTTP/1.1\r\nHost: x\r\n\r\n" * 2_000


ATTACKS: dict[str, Attack] = {
    "rest": Attack("nothing", lambda target: ()),
    "huge-forms": Attack("forms of 4 MB, with and without their length", _huge_forms),
    "full-forms": Attack("forms as large as they may be", _forms_at_their_limit),
    "tiny-fields": Attack("600 and 10,000 fields of one letter", _tiny_fields),
    "parts": Attack("forms of many parts, headers and almost ends", _parts),
    "content-types": Attack("content types of 60 kB", _content_types),
    "archives": Attack("zip bombs and the like, as docx and xlsx", _archives, width=4),
    "uploads": Attack("files of 9 MB, six at once", _uploads, most=60),
    "form-texts": Attack("hostile texts in forms", _form_texts),
    "api-texts": Attack("hostile texts in cases that are opened", _api_texts, width=3, most=120),
    "searches": Attack("hostile texts in commands and searches", _searches, width=4),
    "codes-guessed": Attack("codes guessed", _code_guesses),
    "codes-asked": Attack("codes asked for", _code_requests),
    "api-tokens": Attack("the API with wrong tokens", _api_wrong_tokens),
    "api-large": Attack("the API with a token: deep, wide and large JSON", _api_large, width=2),
    "slack-forged": Attack("Slack's endpoint with false signatures", _slack_forged),
    "slack-large": Attack("Slack's endpoint, signed: 4 MB in odd shapes", _slack_large, width=2),
    "headers": Attack("floods of headers", _header_floods),
    "addresses": Attack("addresses of 60 kB", _long_addresses),
    "pipelined": Attack("300 requests in one", _pipelined),
    "slow": Attack("300 bodies, a byte a second", _slow_bodies, width=300, drips=True),
    "half-open": Attack("300 connections that never ask", _half_open, width=300, drips=True),
    "never-read": Attack("100 that ask and never read", _never_read, width=100, drips=True),
}


@dataclass
class Sender:
    """Sends an attack's requests for so many seconds, and counts the answers by status."""

    target: Target
    attack: Attack
    seconds: float
    answers: Counter[str] = field(default_factory=Counter)
    until: float = 0.0
    """The end, by the monotonic clock."""

    async def run(self) -> None:
        ready = list(self.attack.requests(self.target))
        print("ready", flush=True)
        self.until = time.monotonic() + self.seconds
        if not ready:
            await asyncio.sleep(max(self.until - time.monotonic(), 0))
            return
        waiting = itertools.islice(itertools.cycle(ready), self.attack.most)
        work = self._drip if self.attack.drips else self._ask
        await asyncio.gather(*(self._one(waiting, work) for _ in range(self.attack.width)))

    async def _one(self, waiting: Iterator[bytes], work: Callable[..., object]) -> None:
        for content in waiting:
            if time.monotonic() > self.until:
                return
            try:
                self.answers[str(await work(content))] += 1  # type: ignore[misc]
            except TimeoutError:
                self.answers["no answer"] += 1
            except BROKEN:
                self.answers["cut"] += 1

    async def _ask(self, content: bytes) -> str:
        """The last status that is answered."""
        async with asyncio.timeout(PATIENCE):
            reader, writer = await _connect(self.target.port)
            with contextlib.closing(writer):
                reading = asyncio.create_task(reader.read(-1))
                with contextlib.suppress(ConnectionError):  # it may be answered before it has come
                    writer.write(content)
                    await writer.drain()
                statuses = re.findall(rb"HTTP/1.1 (\d{3})", await reading)
        return statuses[-1].decode() if statuses else "cut"

    async def _drip(self, content: bytes) -> str:
        _, writer = await _connect(self.target.port)
        with contextlib.closing(writer):
            writer.write(content)
            while time.monotonic() < self.until and not writer.is_closing():
                await asyncio.sleep(1)
                writer.write(b"x")
            return "cut" if writer.is_closing() else "held"


_numbers = itertools.count(1)


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """From another address each time."""
    number = next(_numbers)
    address = f"127.{number // 62_500 % 250 + 1}.{number // 250 % 250}.{number % 250 + 1}"
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))


def aim(port: int, secret: str, user: str, team: str) -> Target:
    """Open a form, and ask for a code, as a browser does."""
    url = f"http://127.0.0.1:{port}"
    page = urllib.request.urlopen(f"{url}/e-tjanster/{SERVICE}").read().decode()
    key = re.search(r'name="key" value="([^"]+)"', page)
    browsing = urllib.request.Request(f"{url}/mina-sidor/logga-in", b"address=siv1@prov.example")
    answer = urllib.request.build_opener(_Stay).open(browsing)
    cookie = str(answer.headers["Set-Cookie"] or "").partition(";")[0]
    return Target(port, key[1] if key else "", cookie, secret, user, team)


class _Stay(urllib.request.HTTPRedirectHandler):
    """The redirect is the answer."""

    def http_error_303(self, _request: object, answer: object, *_: object) -> object:
        return answer


def main(name: str, seconds: str, port: str, *about: str) -> None:
    """Attack, and print the answers by status; before that a line when all is made ready."""
    sender = Sender(aim(int(port), *about), ATTACKS[name], float(seconds))
    asyncio.run(sender.run())
    print(json.dumps(sender.answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
