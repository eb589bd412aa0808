"""Files that an applicant has: small, but real."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """A file to send: name, content and media type."""

    name: str
    content: bytes
    kind: str


def paper(name: str, text: str) -> Paper:
    """A file whose ending says what it is; `text` is what stands in it, or gives a picture its colours."""
    ending = name.rpartition(".")[2].lower()
    if ending == "pdf":
        return Paper(name, pdf(text.splitlines()), "application/pdf")
    if ending == "png":
        return Paper(name, png(text), "image/png")
    return Paper(name, text.encode(), "text/plain")


def pdf(lines: list[str]) -> bytes:
    """One A4 page with a heading and lines, in a letter every reader has."""
    operators = [
        f"BT /F1 18 Tf 60 770 Td ({_in_pdf(lines[0] if lines else '')}) Tj ET",
        "BT /F1 11 Tf 60 735 Td 16 TL",
    ]
    operators += [f"({_in_pdf(line)}) Tj T*" for line in lines[1:]] + ["ET"]
    content = "\n".join(operators).encode("cp1252", "replace")
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    return _pdf_file(parts)


def _in_pdf(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _pdf_file(parts: list[bytes]) -> bytes:
    file = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, part in enumerate(parts, start=1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    start, count = len(file), len(parts) + 1
    file += b"xref\n0 %d\n0000000000 65535 f \n" % count
    file += b"".join(b"%010d 00000 n \n" % place for place in places)
    file += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, start)
    return bytes(file)


WIDTH, HEIGHT = 320, 240


def png(seed: str) -> bytes:
    """A sky over a ground with a dark spot in it, in colours of its own for each seed."""
    shade = zlib.crc32(seed.encode())
    sky, ground = (150 + shade % 80, 180, 220), (110, 120 + shade // 7 % 60, 90)
    rows = b"".join(b"\x00" + _row(y, sky, ground) for y in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _row(y: int, sky: tuple[int, int, int], ground: tuple[int, int, int]) -> bytes:
    if y < HEIGHT // 2:
        return bytes(min(255, part + y // 4) for part in sky) * WIDTH
    half = max(0, 45 - abs(y - 180) * 2)
    side = bytes(ground) * (WIDTH // 2 - half)
    return side + bytes((45, 45, 50)) * (2 * half) + side


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
