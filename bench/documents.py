"""Case documents to import, which differ in their numbers only."""

from __future__ import annotations

from pathlib import Path

CASE = """<?xml version="1.0" encoding="ISO-8859-1" standalone="no"?>
<FlowInstance xmlns="http://www.oeplatform.org/version/2.0/schemas/flowinstance">
<Header><Flow><FamilyID>358</FamilyID><Version>1</Version><FlowID>2295</FlowID><Name>Kundfaktura</Name></Flow>
<FlowInstanceID>{number}</FlowInstanceID><Status><ID>1</ID><Name>Inskickat</Name></Status>
<Poster><Firstname>Siv</Firstname><Lastname>Prov</Lastname><Email>siv{number}@prov.example</Email><ID>{number}</ID></Poster>
<Posted>2026-10-09T13:04:14</Posted><FirstSubmitted>2026-10-09T13:04:14</FirstSubmitted>
<LastSubmitted>2026-10-09T13:04:14</LastSubmitted></Header>
<Values>{values}</Values></FlowInstance>"""

VALUE = "<Fraga{n}><QueryID>{n}</QueryID><Name>Fråga nummer {n}</Name><Value>Ett svar på fråga {n}</Value></Fraga{n}>"


def write(folder: Path, first: int, count: int) -> Path:
    """A folder of `count` documents of 16 answers each, numbered from `first`."""
    target = folder / f"documents-{first}"
    target.mkdir()
    values = "".join(VALUE.format(n=n) for n in range(1, 17))
    for number in range(first, first + count):
        text = CASE.format(number=number, values=values)
        (target / f"{number}.xml").write_bytes(text.encode("iso-8859-1"))
    return target
