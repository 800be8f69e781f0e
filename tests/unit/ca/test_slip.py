"""The slip of paper: one page of A5, with all that is typed by hand, and a QR code that a scanner reads."""

from __future__ import annotations

import io
import os

import numpy as np
import pypdfium2
import pytest

from protocol.enrolment import EnrolmentCode
from protocol.invitation import Invitation
from server_stub.ca.slip import qr_code, slip_pdf

UNTIL = 1_790_000_000_000  # 21 September 2026, 22:13 in China
_POINTS_A_MM = 72 / 25.4
_SCALE = 4.0


def invitation(person: str = "王建国", post: str = "市发展改革委 文秘科文书") -> Invitation:
    code = EnrolmentCode.new(b"root", os.urandom)
    return Invitation.new("https://jinshu.yunjiang.gov.cn", code, site="云江市", person=person, post=post)


def words(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        assert len(document) == 1
        width, height = document[0].get_size()
        assert (round(width / _POINTS_A_MM), round(height / _POINTS_A_MM)) == (148, 210)
        return "".join(document[0].get_textpage().get_text_bounded().split())


def test_everything_to_be_typed_stands_on_one_page() -> None:
    made = invitation()
    said = words(slip_pdf(made, UNTIL))
    for part in (made.person, made.server, made.code.text().replace("-", ""), made.root_fingerprint.hex()):
        assert part in said
    assert "2026年9月21日22:13" in said


@pytest.mark.parametrize("name", ["#set page()$x$", "阿卜杜热合曼·买买提艾力（财政局国库支付中心）", "䶮"])
def test_any_name_stays_on_its_page_as_it_is(name: str) -> None:
    """What is in a name is no command to the typesetter."""
    made = invitation(name, "市" * 40 + " " + "岗" * 40)
    assert name.replace(" ", "") in words(slip_pdf(made, UNTIL))


def test_the_same_invitation_gives_the_same_page() -> None:
    made = invitation()
    page = slip_pdf(made, UNTIL)
    assert page == slip_pdf(made, UNTIL)
    assert b"CreationDate" not in page  # nor does it tell when it was set


def test_the_qr_code_on_the_page_is_the_link() -> None:
    made = invitation("欧阳" * 5, "岗" * 40)
    matrix = np.array(qr_code(made).matrix, dtype=bool)
    with pypdfium2.PdfDocument(slip_pdf(made, UNTIL)) as document:
        page = np.asarray(document[0].render(scale=_SCALE, grayscale=True).to_pil()) < 128
    # The code is the only thing that is black in the right half of the page's upper half.
    top, left = page.shape[0] // 9, page.shape[1] // 2
    area = page[top : page.shape[0] // 2 - page.shape[0] // 12, left:]
    rows, columns = np.flatnonzero(area.any(axis=1)), np.flatnonzero(area.any(axis=0))
    picture = area[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    side = picture.shape[0]
    modules = len(matrix)
    places = ((np.arange(modules) + 0.5) * side / modules).astype(int)
    assert (picture[np.ix_(places, places)] == matrix).all()
    # A hand scanner wants a third of a millimetre; this is for one across a desk, and for worn-out toner.
    assert side / modules / _SCALE / _POINTS_A_MM >= 0.5


def test_the_qr_code_of_a_usual_invitation_fits_a_terminal() -> None:
    said = io.StringIO()
    qr_code(invitation(), "l").terminal(out=said, border=3, compact=True)
    # Each row begins with the colours and ends with their end.
    assert max(sum(letter in " ▀▄█" for letter in row) for row in said.getvalue().splitlines()) <= 80
