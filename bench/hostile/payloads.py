"""Bodies and texts that cost much to take in: what attackers, and what machines gone wrong, send."""

from __future__ import annotations

import base64
import io
import json
import random
import struct
import zipfile
from collections.abc import Iterator
from urllib.parse import urlencode

BOUNDARY = "hostile"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
URLENCODED = "application/x-www-form-urlencoded"
JSON = "application/json"

TEXT = 60_000
"""Bytes of one hostile text; three of them fit in a form."""

HOSTILE_TEXTS = {
    "one word": "x" * TEXT,
    "one compound": "sjukhus" * (TEXT // 7),
    "combining marks": "a" + "\u0301" * (TEXT // 2),
    "marks of falling classes": "a" + "\u0f74\u0f72\u0f71" * (TEXT // 9),
    "marks between letters": "a\u0327\u0301\u0323" * (TEXT // 7),
    "one letter that becomes eighteen": "\ufdfa" * (TEXT // 3),
    "syllables": "\u1112\u1161\u11ab" * (TEXT // 9),
    "digits": "1" * TEXT,
    "digits and spaces": "0 " * (TEXT // 2),
    "beginnings of phone numbers": "070-1" * (TEXT // 5),
    "beginnings of phone numbers, apart": "08/12 34 5 x " * (TEXT // 13),
    "birth dates": "19850314-456 " * (TEXT // 13),
    "at signs": "a@" * (TEXT // 2),
    "spaces": " " * TEXT + "x",
    "spaces before line breaks": (" " * 500 + "\n") * (TEXT // 501),
    "line breaks": "\r\n" * (TEXT // 2) + "x",
    "capitals": "Eva " * (TEXT // 4),
    "streets": "gatan " * (TEXT // 6),
    "hyphens": "a-" * (TEXT // 2),
    "hyphens and digits": "1-" * (TEXT // 2),
    "brackets": "(" * TEXT,
    "mentions": "<@U1|" * (TEXT // 5),
    "template tags": "{{" * (TEXT // 2),
    "invisible": "\u200b\u00ad" * (TEXT // 5),
    "bidi": "\u202e" * (TEXT // 3),
    "emoji": "👩‍👩‍👧‍👦" * (TEXT // 25),
    "markup": "<b>&amp;" * (TEXT // 8),
}


def urlencoded(fields: int, length: int) -> bytes:
    """So many fields of so many bytes."""
    return b"&".join(b"f%d=" % n + b"a" * length for n in range(fields))


def multipart(fields: dict[str, str], files: dict[str, tuple[str, bytes]] | None = None) -> bytes:
    """A form as a browser sends it."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, (filename, content) in (files or {}).items():
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def many_parts(count: int) -> bytes:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="f"\r\n\r\n\r\n'.encode() * count


def many_part_headers(count: int) -> bytes:
    """One part with so many headers, most of them empty."""
    return f"--{BOUNDARY}\r\n".encode() + b"a:b\r\n" * count + b"\r\n\r\n"


def near_boundaries(size: int) -> bytes:
    """A part that holds nothing but what may be the beginning of its end."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="f"\r\n\r\n'
    return head.encode() + f"\r\n--{BOUNDARY[:-1]}".encode() * (size // 11)


def archives() -> Iterator[tuple[str, bytes]]:
    """Packages that are more than they look, by name."""
    types = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    yield "bomb.docx", _zipped({"[Content_Types].xml": types.encode() + b" " * 200_000_000})
    yield "entities.xlsx", _zipped({"[Content_Types].xml": _entities() + types.encode()})
    elements = types.encode() + b"<Default/>" * 2_000_000
    yield "elements.xlsx", _zipped({"[Content_Types].xml": elements})
    yield "nested.docx", _zipped({"[Content_Types].xml": types.encode() + b"<a>" * 1_000_000})
    yield "parts.docx", _zipped({f"word/{n}.xml": b"" for n in range(3_990)})
    yield "directory.xlsx", _large_directory(500_000)
    yield "comments.xlsx", _zipped({"a": b""})[:-2] + struct.pack("<H", 65_000) + b"PK\x05\x06" * 16_250


def _zipped(parts: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def _entities() -> bytes:
    lines = [b"<!DOCTYPE Types [<!ENTITY a0 'aaaaaaaaaa'>"]
    lines += [b"<!ENTITY a%d '" % n + b"&a%d;" % (n - 1) * 10 + b"'>" for n in range(1, 10)]
    return b"".join(lines) + b"]>"


def _large_directory(entries: int) -> bytes:
    entry = b"PK\x01\x02" + b"\0" * 24 + b"\x01\0" + b"\0" * 16 + b"a"
    directory = entry * entries
    local = b"PK\x03\x04" + b"\0" * 26
    end = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, entries & 0xFFFF, entries & 0xFFFF, len(directory), 30, 0
    )
    return local + directory + end


def pdf(size: int) -> bytes:
    return b"%PDF-1.7\n" + random.Random(size).randbytes(size)


def case(number: object, answers: dict[str, object], **more: object) -> dict[str, object]:
    """A case for the API."""
    return {"service": "hostile", "external_id": f"h-{number}", "answers": answers, **more}


def large_cases() -> Iterator[bytes]:
    """Bodies for the API, each near what is read there."""
    deep = "[" * 100_000 + "]" * 100_000
    yield f'{{"service": "hostile", "external_id": "d", "answers": {deep}}}'.encode()
    lists = "[" + "[]," * 3_000_000 + "1]"
    yield f'{{"service": "hostile", "external_id": "l", "answers": {{"a": {lists}}}}}'.encode()
    numbers = "[" + "1," * 5_000_000 + "1]"
    yield f'{{"service": "hostile", "external_id": "n", "answers": {{"a": {numbers}}}}}'.encode()
    yield json.dumps(case("keys", {f"k{n}": n for n in range(500_000)})).encode()
    yield json.dumps(
        case("people", {}, people=[{"name": "x" * 100_000, "email": "é" * 100_000}] * 100)
    ).encode()
    yield json.dumps(case("text", {"a": "é" * 10_000_000}), ensure_ascii=False).encode()
    yield json.dumps(case("unknown", {}, **{f"k{n}": n for n in range(300_000)})).encode()
    yield f'{{"service": "hostile", "n": {"9" * 4_000_000}}}'.encode()
    file = base64.b64encode(pdf(9_000_000)).decode()
    yield json.dumps(
        case("files", {}, files=[{"field": "fil", "name": "a.pdf", "content": file}] * 2)
    ).encode()


def slack_payloads(user: str, team: str) -> Iterator[bytes]:
    """What only Slack, or who has its secret, can sign: near what is taken, in each shape."""
    about = {"user": {"id": user, "team_id": team}, "team": {"id": team}, "trigger_id": "1.1.hostile"}
    submitted = {"type": "view_submission", **about}
    yield _form({**submitted, "view": modal()})
    yield _form({**submitted, "view": modal(), "of": [[]] * 11_000})
    blocks = {f"b{n}": {f"b{n}": {"type": "plain_text_input", "value": "x"}} for n in range(13_000)}
    yield _form({**submitted, "view": {**modal(), "blocks": [], "state": {"values": blocks}}})
    press = {"type": "block_actions", **about, "state": {"values": {}}}
    yield _form({**press, "actions": [{"action_id": "case:take", "value": "x" * 4_000_000}]})
    yield _form({**press, "actions": [{"action_id": f"a{n}", "value": "x"} for n in range(19_500)]})
    yield _form({**press, "actions": [{"action_id": "x", "value": "y"}], "of": [[]] * 39_000})
    yield _form(
        {**press, "actions": [{"action_id": "x", "value": "y"}], "of": {f"{n}": n for n in range(39_000)}}
    )


def modal() -> dict[str, object]:
    """The largest view that Slack accepts, with all in it chosen, and as much typed as there are blocks to type in.

    250 kB of options, which have more values than anything else; then each block has 3,000 Arabic letters.
    """
    options = [{"text": {"type": "plain_text", "text": "x"}, "value": "x"} for _ in range(4_000)]
    chosen = {
        f"c{n}": {"c": {"type": "multi_static_select", "selected_options": options[n * 100 : n * 100 + 100]}}
        for n in range(40)
    }
    typed = {f"t{n}": {"t": {"type": "plain_text_input", "value": "ع" * 3_000}} for n in range(100)}
    elements = [
        {
            "type": "input",
            "block_id": f"c{n}",
            "element": {"type": "multi_static_select", "options": options[:100]},
        }
        for n in range(40)
    ]
    return {
        "id": "V1",
        "type": "modal",
        "callback_id": "case:note:submit",
        "hash": "1.a",
        "private_metadata": json.dumps({"case": "0" * 32, "form": "x"}),
        "blocks": elements,
        "state": {"values": {**chosen, **typed}},
    }


def _form(payload: dict[str, object]) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()
