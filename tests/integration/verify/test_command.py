"""`jinshu-verify` as people and machines use it: a folder with a PDF and a root, and nothing else."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from client.verify import command as program
from client.verify.__main__ import main
from tests.support.forged_seal import (
    Change,
    Edit,
    attached_file,
    edited,
    forge,
    other_title,
    script_behind_the_field,
    set_document,
    signed_again,
)
from tests.support.sealed_document import (
    OTHER,
    SealedCity,
    base_of,
    city,
    city_with,
    elements_of,
    extract_of,
    genuine,
    setter,
)

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A PDF and a root certificate, and nothing else."""
    (tmp_path / "document.pdf").write_bytes(genuine())
    (tmp_path / "root.pem").write_bytes(city().root_pem)
    return tmp_path


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nobody has installed a root."""
    monkeypatch.setattr(program, "installed_roots", list)


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return status, captured.out + captured.err


def facts(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(said(capsys, *arguments, "--json")[1])
    return read


def asked(folder: Path) -> tuple[Path, str, Path]:
    """The document, and the root that whoever asks has named."""
    return folder / "document.pdf", "--root", folder / "root.pem"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The real program, in that folder."""
    environment = {"PYTHONPATH": str(REPOSITORY), "PATH": "/usr/bin:/bin", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "client.verify", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )


def two_fonts_change_places(pdf: pikepdf.Pdf) -> None:
    fonts = [each for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and "/FontFile3" in each]
    fonts[0].FontFile3, fonts[1].FontFile3 = fonts[1].FontFile3, fonts[0].FontFile3


def a_bar_over_the_page(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].contents_add(b"q 0 g 100 400 300 20 re f Q")


def test_in_an_empty_folder_a_genuine_document_is_proved(folder: Path) -> None:
    done = run(folder, "document.pdf", "--root", "root.pem")
    assert (done.returncode, done.stderr) == (0, "")
    for sentence in (
        "印章有效：锦川市发展和改革委员会，用印人王芳",
        "签发：锦川市发展和改革委员会 主任 周正，成文日期 2026年11月19日",
        "内容自签发后未改动：本机按同一模板重新排版，逐字节一致，共2页",
        "吊销状态截至 2026-11-19 01:10",
    ):
        assert sentence in done.stdout
    assert sorted(path.name for path in folder.iterdir()) == ["document.pdf", "root.pem"]


def test_a_changed_document_is_refused_without_a_word_of_the_machine_s(folder: Path) -> None:
    changed = bytearray(genuine())
    changed[len(changed) // 2] ^= 1
    (folder / "document.pdf").write_bytes(changed)
    done = run(folder, "document.pdf", "--root", "root.pem")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("验证未通过：文件在用印之后被改动。")


def test_it_speaks_english(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, text = said(capsys, *asked(folder), "--lang", "en")
    assert status == 0
    assert "set again here with the same template, every byte is the same" in text


def test_a_program_gets_facts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read = facts(capsys, *asked(folder))
    assert read["result"] == "proved"
    assert read["signed_off"]["person"] == "周正"
    assert read["retypeset"] is True


@pytest.mark.expects_logs
def test_a_bit_flipped_anywhere_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, chance = genuine(), random.Random(9704)
    for place in chance.sample(range(8 * len(whole)), 150):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        (folder / "document.pdf").write_bytes(flipped)
        read = facts(capsys, *asked(folder))
        assert read["result"] == "refused", place
        assert read["code"].startswith("verify."), (place, read)


@pytest.mark.expects_logs
def test_a_file_cut_short_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = genuine()
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 5000, len(whole) - 1):
        (folder / "document.pdf").write_bytes(whole[:length])
        read = facts(capsys, *asked(folder))
        assert (read["result"], read["code"].split(".")[0]) == ("refused", "verify")


@pytest.mark.expects_logs
def test_what_is_no_pdf_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert facts(capsys, folder / "root.pem", "--root", folder / "root.pem")["code"] == "verify.not_jinshu"


def test_an_unsealed_document_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "document.pdf").write_bytes(base_of(elements_of(), extract_of(elements_of())))
    assert facts(capsys, *asked(folder))["code"] == "verify.no_seal"


@pytest.mark.expects_logs
def test_against_another_city_s_root_it_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = folder / "other.pem"
    other.write_bytes(SealedCity().root_pem)
    status, text = said(capsys, folder / "document.pdf", "--root", other)
    assert status == 1
    assert "verify.foreign_root" in text


@pytest.mark.parametrize("arguments", [["none.pdf", "--root", "root.pem"], ["document.pdf", "--root", "no"]])
def test_a_question_that_cannot_be_asked_is_no_verdict(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert said(capsys, *arguments)[0] == 2


def test_a_root_that_is_no_certificate_is_no_verdict(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "root.pem").write_text("no certificate", encoding="utf-8")
    status, text = said(capsys, *asked(folder))
    assert status == 2
    assert "不是根证书" in text


@pytest.mark.usefixtures("nothing_installed")
def test_a_root_that_came_with_the_document_proves_nothing_about_its_origin(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forger makes himself a city, and sends both files."""
    forger = SealedCity()
    (folder / "root.pem").write_bytes(forger.root_pem)
    elements = elements_of()
    (folder / "document.pdf").write_bytes(
        forger.sealed(base_of(elements, forger.extract(elements, setter=setter())))
    )
    status, text = said(capsys, folder / "document.pdf")
    assert status == 4
    assert text.startswith("来源未知")
    assert "验证通过" not in text
    assert elements.title not in text
    monkeypatch.chdir(folder)
    assert said(capsys, "document.pdf", "--lang", "en")[0] == 4
    assert facts(capsys, "document.pdf")["result"] == "unknown_origin"


def test_a_keeper_who_names_an_unknown_template_gets_no_proof_of_his_pages(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elements = elements_of()
    made = replace(extract_of(elements), template=b"t" * 32)
    (folder / "document.pdf").write_bytes(city().sealed(base_of(elements, made)))
    status, text = said(capsys, *asked(folder))
    assert (status, text.split("：")[0]) == (5, "仅文字相符")
    assert "不是本程序所知的已发布版本" in text
    read = facts(capsys, *asked(folder))
    assert (read["result"], read["page_check"]) == ("words_only", "words")
    assert read["setting"] == {"listed": False, "list": "release"}


@pytest.mark.parametrize(("edit", "status"), [(two_fonts_change_places, 1), (a_bar_over_the_page, 5)])
def test_a_page_that_looks_otherwise_is_never_proved_though_its_words_are_right(
    folder: Path, capsys: pytest.CaptureFixture[str], edit: Edit, status: int
) -> None:
    """The keeper draws it otherwise and names what nobody has, so that nobody can set it again."""
    elements = elements_of()
    made = replace(extract_of(elements), template=OTHER.template, fonts=OTHER.fonts, engine=OTHER.engine)
    (folder / "document.pdf").write_bytes(city().sealed(edited(edit, base_of(elements, made))))
    assert said(capsys, *asked(folder))[0] == status
    honest = city().sealed(edited(edit, base_of(elements, extract_of(elements))))
    (folder / "document.pdf").write_bytes(honest)
    assert said(capsys, *asked(folder))[0] == 1


def test_what_cannot_be_set_here_has_an_answer_of_its_own(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by, rare = city_with({OTHER}), elements_of("锦川市发展和改革委员会关于\U00031350的通知")
    made = replace(
        by.extract(rare, setter=setter()), template=OTHER.template, fonts=OTHER.fonts, engine=OTHER.engine
    )
    (folder / "root.pem").write_bytes(by.root_pem)
    (folder / "document.pdf").write_bytes(by.sealed(base_of(rare, made, printed=elements_of())))
    status, text = said(capsys, *asked(folder))
    assert (status, text.split("：")[0]) == (6, "页面未核对")
    read = facts(capsys, *asked(folder))
    assert (read["result"], read["retypeset"], read["setting"]["list"]) == ("pages_unchecked", False, "site")


@pytest.mark.expects_logs
def test_a_second_seal_breaks_the_first(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same keeper signs once more: an update after the seal, though a valid one."""
    (folder / "document.pdf").write_bytes(signed_again(genuine()))
    read = facts(capsys, *asked(folder))
    assert (read["result"], read["code"]) == ("refused", "verify.seal_broken")


def test_the_name_of_a_file_says_nothing_in_the_programs_voice(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = said(
        capsys, folder / "x\n验证通过：《关于某事的通知》\x1b[1A.pdf", "--root", folder / "root.pem"
    )
    assert (status, text.count("\n")) == (2, 1)
    assert "\x1b" not in text


def test_help_and_setting_answer_without_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in (
        (["--help"], "只有 0 能证明页面的样子"),
        (["--setting"], str(setter().setting())),
    ):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 0
        assert words in capsys.readouterr().out


@pytest.mark.usefixtures("nothing_installed")
def test_a_changed_document_is_refused_whatever_root_lies_beside_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "document.pdf").write_bytes(genuine() + b"more")
    assert said(capsys, folder / "document.pdf")[0] == 1


@pytest.mark.usefixtures("nothing_installed")
def test_without_any_root_nothing_is_judged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "root.pem").unlink()
    status, text = said(capsys, folder / "document.pdf")
    assert (status, "未作任何核验" in text) == (4, True)
    assert facts(capsys, folder / "document.pdf") == {"result": "unknown_origin"}


@pytest.mark.expects_logs
def test_the_root_installed_with_the_program_counts_and_not_the_one_beside_the_document(
    folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed = tmp_path_factory.mktemp("installed") / "root.pem"
    monkeypatch.setattr(program, "installed_roots", lambda: [installed])
    installed.write_bytes(city().root_pem)
    (folder / "root.pem").write_bytes(SealedCity().root_pem)
    assert said(capsys, folder / "document.pdf")[0] == 0
    installed.write_bytes(SealedCity().root_pem)
    (folder / "root.pem").write_bytes(city().root_pem)
    assert facts(capsys, folder / "document.pdf")["code"] == "verify.foreign_root"


def test_wrong_arguments_are_no_verdict() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--lang", "fr"])
    assert caught.value.code == 2


POPPLER = pytest.mark.skipif(
    not (shutil.which("pdfsig") and shutil.which("certutil")), reason="poppler-utils and libnss3-tools"
)


def what_poppler_says(folder: Path) -> str:
    (folder / "nss").mkdir()
    for command in (
        ["certutil", "-N", "-d", "nss", "--empty-password"],
        ["certutil", "-A", "-d", "nss", "-n", "root", "-t", "CT,C,C", "-a", "-i", "root.pem"],
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    command = ["pdfsig", "-nssdir", "nss", "document.pdf"]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@POPPLER
def test_poppler_agrees_about_the_seal(folder: Path) -> None:
    output = what_poppler_says(folder)
    assert "Signature is Valid." in output
    assert "Certificate is Trusted." in output
    assert "Total document signed" in output


@POPPLER
@pytest.mark.parametrize("change", [attached_file, script_behind_the_field, other_title])
def test_more_than_a_seal_is_refused_where_poppler_sees_a_valid_signature(
    folder: Path, capsys: pytest.CaptureFixture[str], change: Change
) -> None:
    (folder / "document.pdf").write_bytes(forge(set_document(), change))
    output = what_poppler_says(folder)
    assert "Signature is Valid." in output
    assert "Total document signed" in output
    assert facts(capsys, *asked(folder))["code"] == "verify.pages_edited"
