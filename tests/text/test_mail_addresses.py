"""Two addresses are one mailbox only where the mail system takes them to the same place."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.mail_addresses import LookAlike, NotAnAddress, envelope, mailbox_of, read_address

ALIKE = {
    "s": "ſѕ𝐬ｓ",
    "ss": "ßẞ",
    "k": "\u212aĸкⓚ",
    "i": "ıİіⅰ",
    "fi": "ﬁ",
    "st": "ﬆﬅ",
    "a": "аαª",
    "e": "еｅ℮",
    "o": "оοº",
    "2": "²２",
    "å": "\u212bÅ",
    "ö": "Ö",
}
"""What looks or folds like the letters, in other scripts and forms."""

_LETTERS = string.ascii_lowercase + string.digits
LOCALS = st.text(_LETTERS, min_size=1, max_size=12)
LABELS = st.text(string.ascii_lowercase + "åäöüéß", min_size=1, max_size=12)
DOMAINS = LABELS.map(lambda label: f"{label}.example")


@st.composite
def look_alikes(draw: st.DrawFn) -> tuple[str, str]:
    """An address, and one where a sign of its local part is another that looks like it."""
    plain = draw(st.sampled_from(sorted(ALIKE)))
    before, after, domain = draw(LOCALS), draw(LOCALS), draw(DOMAINS)
    other = draw(st.sampled_from(ALIKE[plain]))
    return f"{before}{plain}{after}@{domain}", f"{before}{other}{after}@{domain}"


@given(look_alikes())
def test_a_look_alike_is_another_mailbox_or_is_refused_or_was_that_very_letter(pair: tuple[str, str]) -> None:
    mine, theirs = pair
    assert mailbox_of(theirs) != mailbox_of(mine)
    try:
        taken = read_address(theirs)
    except LookAlike:
        return
    # Unicode has one letter twice (the sign of kelvin is K): it is written as that letter, also on the envelope.
    same = mailbox_of(taken) == mailbox_of(mine)
    assert same == (_but_for_case(envelope(taken)) == _but_for_case(envelope(mine)))


@given(st.text(max_size=30), st.text(max_size=30))
def test_addresses_with_one_key_have_one_envelope_but_for_the_case_of_a_to_z(one: str, other: str) -> None:
    try:
        sent = envelope(f"{one}@{other}")
    except NotAnAddress:
        return
    assert mailbox_of(f"{one}@{other}") == _but_for_case(sent)


@given(LOCALS, DOMAINS)
def test_case_of_a_to_z_and_the_writing_of_the_domain_make_no_other_mailbox(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    in_ascii = domain.encode("idna") if "ß" not in domain else envelope(address).rpartition("@")[2].encode()
    for same in (
        f"{local.upper()}@{domain}",
        f"  {address} ",
        f"{local}@{in_ascii.decode()}",
        f"{local}@{in_ascii.decode().upper()}",
        f"{local}@{domain.replace('.', '。')}",
    ):
        assert mailbox_of(same) == mailbox_of(address)
        assert mailbox_of(read_address(same.strip())) == mailbox_of(address)


@pytest.mark.parametrize(
    ("domain", "sent"),
    [
        ("straße.example", "xn--strae-oqa.example"),
        ("STRASSE.example", "strasse.example"),
        ("EKSTRÖM.example", "xn--ekstrm-0xa.example"),
        ("ｅｋ.example", "ek.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),
    ],
)
def test_a_domain_is_written_as_the_rules_of_2008_say(domain: str, sent: str) -> None:
    assert envelope(f"Eva@{domain}") == f"Eva@{sent}"
    assert mailbox_of(f"Eva@{domain}") == f"eva@{sent}"


@given(st.text(max_size=60))
def test_whatever_is_written_has_a_mailbox_of_its_own_writing(written: str) -> None:
    assert mailbox_of(mailbox_of(written)) == mailbox_of(written)


def test_the_sign_that_is_refused_is_told() -> None:
    with pytest.raises(LookAlike) as caught:
        read_address("haſſe@exempel.example")
    assert caught.value.sign == "ſ"


def test_a_letter_and_its_mark_written_apart_are_the_letter() -> None:
    assert read_address("a\u030asa@ek.example") == "åsa@ek.example"


def _but_for_case(address: str) -> str:
    """Without the case of A to Z, which is all that bytes know of."""
    return address.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
