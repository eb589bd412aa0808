"""Documents made to do harm: refused, in bounded time and memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalog.municipality import FileLimits
from bot.intake.open_eplatform import xml_tree
from bot.intake.open_eplatform.document import parse_document
from bot.intake.open_eplatform.frozen_form import FrozenForm, freeze_form
from bot.intake.open_eplatform.xml_tree import NotImportable, parse_xml
from tests.generated.strategies import examples
from tests.intake.conftest import intake_catalog
from tests.intake.documents import NS, case, file, question, value

SERVICE = intake_catalog().services["bygglov"]
ROOT = f'<FlowInstance xmlns="{NS}">'.encode()
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


BOUNDED_SECONDS = 20
"""Of the processor: what grows with the square of sixteen megabytes takes hours of it, on any machine."""


def refusal_of(chunks: Iterable[bytes]) -> str:
    with pytest.raises(NotImportable) as why:
        parse_xml(chunks, max_file=1024)
    return why.value.key


@pytest.mark.parametrize(
    "subset",
    [
        f'[<!ENTITY l0 "ha">{LAUGHS}]',
        '[<!ENTITY x SYSTEM "file:///etc/hostname">]',
        '[<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]',
        'SYSTEM "http://127.0.0.1:9/x.dtd"',
        "",
    ],
)
def test_a_document_type_is_refused_before_it_is_read(subset: str) -> None:
    document = f"<!DOCTYPE FlowInstance {subset}>" + case(question(1, "a", "<Value>&l11;</Value>"))
    assert refusal_of([document.encode()]) == "import.reason.doctype"


def test_an_entity_nobody_declared_is_no_xml() -> None:
    assert refusal_of([case(question(1, "a", "<Value>&x;</Value>")).encode()]) == "import.reason.xml"


def endless(piece: bytes) -> Iterator[bytes]:
    yield ROOT + b"<Values>"
    while True:
        yield piece * (64 * 1024 // len(piece))


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        (b"<a>", "import.reason.shape"),
        (b"<a/>", "import.reason.shape"),
        (b"x", "import.reason.shape"),
        (b"&#65;", "import.reason.shape"),
        (b"<!-- x -->", "import.reason.large"),
        (b"<?x y?>", "import.reason.large"),
    ],
)
def test_what_never_ends_is_refused_while_it_is_read(
    piece: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_tree, "MAX_BYTES", 16 * 1024**2)
    began = time.process_time()
    tracemalloc.start()
    assert refusal_of(endless(piece)) == reason
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - began < BOUNDED_SECONDS
    assert peak < 64 * 1024**2


@pytest.mark.parametrize("opening", [b"<!-- ", b"<![CDATA[", b"<a b='", b"<", b"<?x "])
def test_one_thing_that_never_ends_is_refused_in_bounded_time(
    opening: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_tree, "MAX_BYTES", 16 * 1024**2)
    began = time.process_time()
    stream = (opening if n == 0 else b"a" * 65536 for n in range(10**6))
    chunks = (piece if n else ROOT + b"<Values>" + piece for n, piece in enumerate(stream))
    assert refusal_of(chunks) in {"import.reason.large", "import.reason.xml", "import.reason.shape"}
    assert time.process_time() - began < BOUNDED_SECONDS


@pytest.mark.parametrize(
    ("before", "after"),
    [("<a b='", "'/>"), ("<", "/>"), ("<!-- ", " -->"), ("<?x ", "?>"), ("<a xmlns:b='", "'/>")],
    ids=["attribute", "name", "comment", "instruction", "namespace"],
)
def test_one_large_tag_is_refused_before_it_is_read_to_its_end(before: str, after: str) -> None:
    head, tail = case(before + "X" + after).encode().split(b"X", 1)
    read = 0

    def chunks() -> Iterator[bytes]:
        nonlocal read
        for chunk in chain([head], repeat(b"a" * 65536, 50 * 16), [tail]):
            read += len(chunk)
            yield chunk

    assert refusal_of(chunks()) == "import.reason.shape"
    assert read < 3 * 1024**2


def test_many_attributes_and_long_names_are_text_too() -> None:
    for one in (f"<a b='{'x' * 500_000}'/>", f"<{'x' * 500_000}/>"):
        assert refusal_of([case(one * 5).encode()]) == "import.reason.shape"


def test_a_file_beyond_the_limit_is_not_kept() -> None:
    root = parse_xml([case(question(1, "a", file("a.pdf", bytes(5000)))).encode()], max_file=1024)
    payload = root.find("Values").children[0].find("File").find("EncodedData").payload  # type: ignore[union-attr]
    assert payload is not None and payload.too_large
    assert list(payload.chunks()) == []


def test_a_large_case_is_still_a_case() -> None:
    questions = "".join(question(n, f"Fråga {n}", value("svar " * 20)) for n in range(2000))
    assert len(parse_xml([case(questions).encode()], max_file=1).find("Values").children) == 2000  # type: ignore[union-attr]


def test_a_file_of_many_megabytes_is_read() -> None:
    content = "<File><Name>a.pdf</Name><Size>1</Size><EncodedData><![CDATA["
    head, tail = (
        case(question(1, "a", content + "]]></EncodedData></File>")).encode().split(b"]]></EncodedData>")
    )
    pieces = chain([head], repeat(b"QUJD" * 16384, 200), [b"]]></EncodedData>" + tail])
    root = parse_xml(pieces, max_file=20 * 1024**2)
    payload = root.find("Values").children[0].find("File").find("EncodedData").payload  # type: ignore[union-attr]
    assert payload is not None and payload.size == 200 * 16384 * 3


WHOLE = case(
    question(1, "Vad?", value("Åäö")),
    question(2, "Vem?", "<Firstname>Eva</Firstname><Antal1>3</Antal1>"),
    question(3, "Bilaga", file("a.pdf", b"hej hej")),
).encode()


@given(
    place=st.integers(0, len(WHOLE)),
    gone=st.integers(0, 60),
    put=st.one_of(
        st.binary(max_size=20), st.sampled_from([b"<a>", b"</a>", b"&#1;", b"<Name/>", b"<!DOCTYPE x>", b"|"])
    ),
)
@examples(300)
def test_a_spoilt_document_is_a_case_or_is_refused_and_nothing_else(
    place: int, gone: int, put: bytes
) -> None:
    spoilt = WHOLE[:place] + put + WHOLE[place + gone :]
    with suppress(NotImportable):
        root = parse_xml([spoilt], max_file=1024)
        assert isinstance(freeze_form(parse_document(root), SERVICE, FileLimits()), FrozenForm)
