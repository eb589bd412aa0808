"""Case documents of our own making, in Open ePlatform's shape."""

from __future__ import annotations

import base64
from xml.sax.saxutils import escape

NS = "http://www.oeplatform.org/version/2.0/schemas/flowinstance"
FAMILY = 358

EVA = (
    "<Firstname><![CDATA[Eva]]></Firstname><Lastname><![CDATA[Ek]]></Lastname>"
    "<Email>eva@ek.example</Email><ID>7</ID>"
)
BO = "<Firstname>Bo</Firstname><Lastname>Ås</Lastname><ID>8</ID>"


def question(number: int, name: str, *children: str, element: str = "Fraga") -> str:
    inner = "".join(children)
    return f"<{element}><QueryID>{number}</QueryID><Name><![CDATA[{name}]]></Name>{inner}</{element}>"


def value(text: str) -> str:
    return f"<Value>{escape(text)}</Value>"


def file(name: str, content: bytes | None, *, size: int | None = None) -> str:
    data = "" if content is None else f"<EncodedData>{base64.encodebytes(content).decode()}</EncodedData>"
    stated = len(content or b"") if size is None else size
    return f"<File><ID>1</ID><Name>{escape(name)}</Name><Size>{stated}</Size>{data}</File>"


def case(
    *questions: str,
    id: int | str = 1001,
    family: int | str = FAMILY,
    people: str = f"<Poster>{EVA}</Poster><Owner>{EVA}</Owner>",
    submitted: str = "2026-10-09T13:04:14",
) -> str:
    first = f"<FirstSubmitted>{submitted}</FirstSubmitted>" if submitted else ""
    return (
        f'<FlowInstance xmlns="{NS}"><Header><Flow><FamilyID>{family}</FamilyID><Version>3</Version>'
        f"<FlowID>2295</FlowID><Name>Prov</Name></Flow><FlowInstanceID>{id}</FlowInstanceID>"
        f"<Status><ID>1</ID><Name>Klart</Name></Status>{people}"
        f"<Posted>2026-10-09T13:04:14</Posted>{first}<LastSubmitted>2026-10-09T13:04:14</LastSubmitted>"
        f"</Header><Values>{''.join(questions)}</Values></FlowInstance>"
    )


def encoded(document: str, encoding: str = "ISO-8859-1", version: str = "1.0") -> bytes:
    head = f'<?xml version="{version}" encoding="{encoding}" standalone="no"?>\n'
    return (head + document).encode(encoding)
