"""What one person is handed on paper or as a file: the slip with its QR code, set with Typst, and the `.jinshu` file."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import segno

from protocol.invitation import SUFFIX, Invitation
from protocol.text import file_name
from server_stub.ca.durable import write_durably
from server_stub.ca.faults import CaError

RESOURCES: Final = Path(__file__).resolve().parents[2] / "resources"
_CHINA: Final = timezone(timedelta(hours=8))
_GROUP: Final = 4


def qr_code(invitation: Invitation, error: str = "m") -> segno.QRCode:
    """The link as a QR code. With error correction M a module of a usual link is 0.75 mm wide at 62 mm; with L the code still
    fits a terminal of 80 columns."""
    return segno.make(invitation.link(), error=error, micro=False)


def slip_pdf(invitation: Invitation, expires_at: int) -> bytes:
    """The slip as a PDF of one A5 page, in Chinese.

    Args:
        expires_at: when the code expires, Unix milliseconds; printed as the time in China.

    Raises:
        CaError: the page cannot be set.
    """
    import typst  # deferred: 70 MB that no other command of the CA needs

    try:
        pdf = typst.compile(
            str(RESOURCES / "slip" / "slip.typ"),
            root=str(RESOURCES / "slip"),
            font_paths=[str(RESOURCES / "fonts")],
            ignore_system_fonts=True,
            sys_inputs={"slip": json.dumps(_content(invitation, expires_at), ensure_ascii=False)},
        )
    except (typst.TypstError, RuntimeError) as error:
        raise CaError("登记单排不出来", "the slip cannot be set") from error
    assert isinstance(pdf, bytes)
    return pdf


def write_slip(folder: Path, invitation: Invitation, expires_at: int, owner: str) -> tuple[Path, Path]:
    """Write `NAME.jinshu` and `NAME.pdf` for nobody else on this machine to read; returns both paths.

    Args:
        owner: the person's id. Who has the same name as another gets its end behind the name.

    Raises:
        CaError: the page cannot be set.
        OSError: the folder cannot be written to.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = file_name(f"{invitation.person}-{owner[-6:]}")
    link, page = folder / f"{name}{SUFFIX}", folder / f"{name}.pdf"
    write_durably(link, invitation.file(), mode=0o600)
    write_durably(page, slip_pdf(invitation, expires_at), mode=0o600)
    return link, page


def _content(invitation: Invitation, expires_at: int) -> dict[str, object]:
    drawn = io.BytesIO()
    qr_code(invitation).save(drawn, kind="svg", border=4, xmldecl=False, svgns=True, omitsize=True)
    until = datetime.fromtimestamp(expires_at / 1000, _CHINA)
    fingerprint = invitation.root_fingerprint.hex()
    return {
        "title": f"锦书登记单 {invitation.person}",
        "heading": "锦书登记单",
        "site": invitation.site,
        "person": invitation.person,
        "post": invitation.post,
        "qr": drawn.getvalue().decode("utf-8"),
        "labels": {
            "person": "交给",
            "steps": "怎样使用",
            "by_hand": "没有文件和扫码枪时，照此手工填写",
            "server": "服务器地址",
            "code": "登记码",
            "fingerprint": "根证书指纹",
            "until": "有效期至",
        },
        "steps": [
            "安装并打开锦书。",
            f"双击管理员给您的 {SUFFIX} 文件，或把它拖到欢迎页；有扫码枪的，点“登记码”一栏，再扫右边的二维码。",
            "核对姓名和单位，点“加入”。",
            "设置只有您自己知道的口令，抄下恢复码。",
        ],
        "server": invitation.server,
        "groups": invitation.code.text().split("-"),
        "fingerprint": [fingerprint[at : at + _GROUP] for at in range(0, len(fingerprint), _GROUP)],
        "until": f"{until.year}年{until.month}月{until.day}日 {until:%H:%M}",
        "warning": (
            "只能使用一次。谁拿到本单或邀请文件，谁就能以您的名义登记：请当面领取，不要拍照、转发；"
            "遗失或提示“登记码已被使用”的，立即告知管理员。登记完成后请销毁本单。"
        ),
    }
