"""An invitation is one line in one form: what differs from it by a letter is none, and says why."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.enrolment import EnrolmentCode
from protocol.errors import ErrorCode, JinshuError
from protocol.invitation import MAX_LENGTH, Invitation, is_link, server_address
from protocol.text import Field, clean, faults

CODE = EnrolmentCode(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 64)))
WHOLE = Invitation.new(
    "https://10.0.0.1:8443", CODE, site="云江市", person="王建国", post="市发展改革委 文秘科文书"
)


def refused(text: str) -> ErrorCode:
    with pytest.raises(JinshuError) as caught:
        Invitation.parse(text)
    return caught.value.code


def test_a_link_reads_back_and_carries_the_root() -> None:
    assert Invitation.parse(WHOLE.link()) == WHOLE
    assert WHOLE.root_fingerprint == CODE.root_fingerprint


def test_the_form_of_a_link_stays() -> None:
    """Links on paper outlive the program that printed them."""
    assert Invitation.new("https://h:1", CODE, site="市", person="甲 乙").link() == (
        "jinshu://enrol/1?server=https%3A%2F%2Fh%3A1&site=%E5%B8%82&person=%E7%94%B2%20%E4%B9%99&post="
        f"&code={CODE.text().replace('-', '')}"
    )


@pytest.mark.parametrize(
    "carried",
    [
        lambda link: f"\ufeff{link}\r\n",
        lambda link: f"  {link[:90]}\r\n{link[90:]} ",
        lambda link: link.replace("&", "\n&"),
        lambda link: WHOLE.file().decode("ascii"),
    ],
)
def test_what_mail_and_editors_put_in_does_not_matter(carried: object) -> None:
    assert callable(carried)
    assert Invitation.parse(carried(WHOLE.link())) == WHOLE


def test_a_link_that_is_cut_anywhere_is_none() -> None:
    """A scanner types it letter by letter, and mail cuts it off: no piece of it is taken for another invitation."""
    link = WHOLE.link()
    for end in range(len(link)):
        refused(link[:end])


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (("/1?", "/2?"), ErrorCode.AUTH_INVITATION_LATER),
        (("/1?", "/0?"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("/1?", "/９?"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("jinshu://", "JINSHU://"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("https%3A", "http%3A"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("https%3A", "https:"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("10.0.0.1", "10.0.0.1%40evil.example"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("10.0.0.1", "10.0.0.1%2Fpath"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("10.0.0.1", "-a"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("10.0.0.1", "a..b"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("10.0.0.1", "A.example"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("8443", "0"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("8443", "65536"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("%E4%BA%91", "%e4%ba%91"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("%E4%BA%91", "%FF"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("%E4%BA%91", "%"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("%E4%BA%91", "%E2%80%AE"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("%E4%BA%91", "%0A"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("%E4%BA%91", "云"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("&post=", "&site=x&post="), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("&post=", "&more=1&post="), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("site=", "post="), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("code=jinshu1", "code=jinshu1-"), ErrorCode.AUTH_INVITATION_MALFORMED),
        (("code=jinshu1a", "code=jinshu1b"), ErrorCode.AUTH_ENROLMENT_CODE_CHECKSUM),
    ],
)
def test_no_other_form_is_taken(changed: tuple[str, str], code: ErrorCode) -> None:
    assert changed[0] in WHOLE.link()
    assert refused(WHOLE.link().replace(*changed, 1)) is code


def test_a_person_must_be_named() -> None:
    assert refused(dataclasses.replace(WHOLE, person="").link()) is ErrorCode.AUTH_INVITATION_MALFORMED


def test_no_more_is_read_than_an_invitation_can_be() -> None:
    longest = Invitation.new("https://" + "a" * 60, CODE, site="云" * 100, person="江" * 100, post="市" * 100)
    assert len(longest.link()) < MAX_LENGTH
    assert refused(WHOLE.link() + " " * MAX_LENGTH) is ErrorCode.AUTH_INVITATION_MALFORMED


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://jinshu.city", "https://jinshu.city:8443"),
        ("https://JINSHU.city:443/", "https://jinshu.city:443"),
        ("https://[0:0::1]:8443", "https://[::1]:8443"),
    ],
)
def test_an_operators_address_gets_its_one_form(typed: str, address: str) -> None:
    assert server_address(typed) == address


@pytest.mark.parametrize(
    "typed", ["", "jinshu.city", "https://", "https://[::g]", "https://a b", "https://a/b"]
)
def test_an_address_no_client_could_use_is_refused(typed: str) -> None:
    with pytest.raises(JinshuError):
        server_address(typed)


@given(st.text(max_size=40), st.text(max_size=40))
def test_names_come_back_as_they_were(person: str, post: str) -> None:
    fit = clean(person, Field.NAME)
    if not fit or faults(fit, Field.NAME) or faults(clean(post, Field.NAME), Field.NAME):
        return
    made = Invitation.new("https://h", CODE, site="市", person=person, post=post)
    assert Invitation.parse(made.link()) == made


def test_a_code_is_no_link() -> None:
    assert is_link(f"\ufeff {WHOLE.link()}")
    assert is_link("JINSHU://")
    assert not is_link(CODE.text())


def test_the_secret_hides_from_repr() -> None:
    assert CODE.secret.hex() not in repr(WHOLE)
    assert repr(CODE.secret) not in repr(WHOLE)
